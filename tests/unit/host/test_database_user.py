"""Users of a PostgreSQL server, by a docker that hands statements to a psql that remembers them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.host.agent import scram
from infra.host.agent.database_user import DatabaseUser
from infra.host.agent.kind import AgentError
from tests.unit.host.conftest import lines
from tests.unit.host.docker_engine import DockerEngine

DB = "dev-shop-db"
SECRET = "canary-of-the-database"
USER = DatabaseUser(container=DB, user="shop_2", password=SECRET, role="shop", database="shop")


class Database:
    """What psql was told, and what it answers with."""

    def __init__(self, folder: Path, engine: DockerEngine, command: Callable[[str, str], Path]) -> None:
        self._engine, self._told, self._answer = engine, folder / "told", folder / "answer"
        self._told.touch()
        self.answers()
        self.runs()
        self.log = command("docker", f"cat >> {self._told}; . {self._answer}")

    def runs(self, environment: tuple[str, ...] = (), *, running: bool = True) -> None:
        """Have the container."""
        self._engine.container(DB, {"Running": running}, environment=list(environment))

    def answers(self, *columns: str, refusal: str = "", code: int = 3) -> None:
        """Answer with one row, with none, or with a refusal."""
        row = f"echo '{'|'.join(columns)}'\n" if columns else ""
        self._answer.write_text(row + (f"echo '{refusal}' >&2; exit {code}\n" if refusal else ""))

    def told(self) -> str:
        """Return all statements."""
        return self._told.read_text()


@pytest.fixture
def database(tmp_path: Path, docker_engine: DockerEngine, command: Callable[[str, str], Path]) -> Database:
    """Return a database that runs and knows nobody."""
    return Database(tmp_path, docker_engine, command)


def as_it_is(**changes: str) -> list[str]:
    """Return what the server answers about the user as it is wanted."""
    found = {"kept": scram.verifier(SECRET), "sign_in": "t", "acts_for": "shop", "database": "t"}
    return list({**found, **changes}.values())


def test_a_user_as_wanted_differs_in_nothing(database: Database) -> None:
    database.answers(*as_it_is())
    assert USER.read() == {}


@pytest.mark.parametrize(
    ("found", "differing"),
    [
        ({"kept": scram.verifier("former")}, {"password": "another one"}),
        ({"kept": ""}, {"password": "another one"}),
        ({"sign_in": "f"}, {"user": "shop_2, who may not sign in"}),
        ({"acts_for": ""}, {"role": ""}),
        ({"database": "f"}, {"database": ""}),
    ],
)
def test_what_somebody_changed_is_named_and_no_password_told(
    database: Database, found: dict[str, str], differing: dict[str, Any]
) -> None:
    database.answers(*as_it_is(**found))
    assert USER.read() == differing


def test_a_user_that_is_not_there_is_made(database: Database) -> None:
    assert USER.read() is None
    database.answers()
    USER.apply()
    told = database.told()
    assert "\\set user 'shop_2'" in told
    assert 'ALTER ROLE :"user" LOGIN PASSWORD' in told
    assert "CREATE DATABASE" in told


def test_the_password_is_neither_in_a_statement_nor_on_a_command_line(database: Database) -> None:
    database.answers(*as_it_is())
    USER.apply()
    assert SECRET not in database.told()
    assert scram.proves(database.told().partition("\\set verifier '")[2].partition("'")[0], SECRET)
    assert all(word not in line for line in lines(database.log) for word in (SECRET, "SCRAM"))


def test_the_server_is_asked_as_the_user_that_made_its_data(database: Database) -> None:
    USER.read()
    database.runs(("POSTGRES_USER=admin",))
    USER.read()
    first, second = lines(database.log)
    assert "--user=postgres" in first
    assert "--username=postgres" in first
    assert "--username=admin" in second


def test_an_image_says_nothing_about_where_its_server_is_found(database: Database) -> None:
    USER.read()
    (line,) = lines(database.log)
    assert f" {DB} env -uPGHOST -uPGHOSTADDR -uPGSERVICE -uPGOPTIONS psql " in line, "libpq refuses an empty PGSERVICE"


def test_of_the_servers_own_user_the_password_alone_is_set(database: Database) -> None:
    own = DatabaseUser(container=DB, user="postgres", password=SECRET)
    own.apply()
    assert "GRANT" not in database.told()
    own.remove()
    assert "NOLOGIN" not in database.told()


def test_a_user_that_goes_is_shut_out_and_keeps_what_it_owns(database: Database) -> None:
    database.answers(*as_it_is())
    USER.remove()
    assert "NOLOGIN PASSWORD NULL" in database.told()
    assert "pg_terminate_backend" in database.told()
    assert "DROP" not in database.told()


def test_without_a_container_there_is_nothing_to_read_or_to_remove(database: Database) -> None:
    absent = DatabaseUser(container="gone", user="shop_1", password=SECRET, role="shop", database="shop")
    assert absent.read() is None
    absent.remove()
    assert lines(database.log) == []


def test_of_a_database_that_does_not_answer_nothing_is_told(database: Database) -> None:
    database.runs(running=False)
    assert USER.read() == {}
    database.runs()
    database.answers(refusal="connection refused", code=2)
    assert USER.read() == {}
    with pytest.raises(AgentError, match=r"dev-shop-db on server\.test does not answer: connection refused"):
        USER.apply()


def test_a_question_that_the_server_refuses_is_told(database: Database) -> None:
    database.answers(refusal="column does not exist")
    with pytest.raises(AgentError, match=r"dev-shop-db on server\.test refused: column does not exist"):
        USER.read()


@pytest.mark.parametrize("name", ["", "a'b", 'a"b', "a\\b", "a|b", "a" * 64, "a\nb"])
def test_names_that_a_statement_would_not_hold_are_refused(name: str) -> None:
    wrong = DatabaseUser(container=DB, user=name, password=SECRET)
    assert [field for field, _ in wrong.mistakes()] == ["user"]


def test_a_role_without_a_database_is_refused() -> None:
    wrong = DatabaseUser(container=DB, user="shop_1", password=SECRET, role="shop")
    assert [field for field, _ in wrong.mistakes()] == ["database"]
