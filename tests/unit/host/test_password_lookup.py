"""How a pooler looks passwords up, by a docker that hands statements to a psql that remembers them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from infra.host.agent.kind import AgentError
from infra.host.agent.password_lookup import PasswordLookup
from tests.unit.host.conftest import lines
from tests.unit.host.docker_engine import DockerEngine

DB = "dev-shop-db"
LOOKUP = PasswordLookup(container=DB, database="shop", role="pooler")
ANSWERS = """\
statements=$(cat)
printf '%s' "$statements" >> {told}
case "$statements" in
*pg_proc*) {function} ;;
*pg_database*) {database} ;;
esac
"""


class Server:
    """What psql was told, and what it answers with."""

    def __init__(self, folder: Path, engine: DockerEngine, command: Callable[[str, str], Path]) -> None:
        self._engine, self._told, self._command = engine, folder / "told", command
        self._told.touch()
        self.runs()
        self.answers()

    def runs(self, *, running: bool = True) -> None:
        """Have the container."""
        self._engine.container(DB, {"Running": running}, environment=[])

    def answers(self, database: str = "echo shop", function: str = ":") -> None:
        """Answer whether there is such a database, and whether the function is as wanted."""
        self.log = self._command("docker", ANSWERS.format(told=self._told, database=database, function=function))

    def told(self) -> str:
        """Return all statements."""
        return self._told.read_text()


@pytest.fixture
def server(tmp_path: Path, docker_engine: DockerEngine, command: Callable[[str, str], Path]) -> Server:
    """Return a server with the database and without the function."""
    return Server(tmp_path, docker_engine, command)


def test_a_function_that_is_not_there_is_made_in_its_database(server: Server) -> None:
    assert LOOKUP.read() is None
    LOOKUP.apply()
    assert "CREATE OR REPLACE FUNCTION" in server.told()
    assert "--dbname=shop" in lines(server.log)[-1]


def test_a_function_as_wanted_differs_in_nothing(server: Server) -> None:
    server.answers(function="echo t")
    assert LOOKUP.read() == {}


def test_a_function_that_somebody_changed_is_drift(server: Server) -> None:
    server.answers(function="echo f")
    assert LOOKUP.read() == {"role": "pooler, by a function that somebody changed"}


def test_without_its_database_there_is_nothing_to_read_or_to_remove(server: Server) -> None:
    server.answers(database=":")
    assert LOOKUP.read() is None
    LOOKUP.remove()
    assert "DROP" not in server.told()


def test_without_a_container_there_is_nothing_to_read_or_to_remove(server: Server) -> None:
    absent = PasswordLookup(container="gone", database="shop", role="pooler")
    assert absent.read() is None
    absent.remove()
    assert server.told() == ""


def test_of_a_server_that_does_not_answer_nothing_is_told(server: Server) -> None:
    server.runs(running=False)
    assert LOOKUP.read() == {}
    LOOKUP.remove()
    with pytest.raises(AgentError, match=r"dev-shop-db on server\.test does not run"):
        LOOKUP.apply()


def test_a_function_that_goes_takes_an_empty_schema_along(server: Server) -> None:
    LOOKUP.remove()
    assert "DROP FUNCTION IF EXISTS" in server.told()
    assert "DROP SCHEMA" in server.told()


@pytest.mark.parametrize("name", ["", "a'b", 'a"b', "a" * 64])
def test_names_that_a_statement_would_not_hold_are_refused(name: str) -> None:
    wrong = PasswordLookup(container=DB, database=name, role=name)
    assert [field for field, _ in wrong.mistakes()] == ["database", "role"]
