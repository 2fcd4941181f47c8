"""Users of a database, by a real PostgreSQL server that a `docker exec` leads to."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.host.agent.database_user import DatabaseUser
from tests.integration.services.database_container import CONTAINER, enter_container
from tests.integration.services.postgres_server import SUPERUSER, PostgresServer, running

CANARY = "canary-of-a-user"


@pytest.fixture(scope="module")
def shared() -> Iterator[PostgresServer]:
    """Run one server for all tests, which writes down every statement."""
    with running("-c", "log_statement=all") as server:
        yield server


@pytest.fixture
def server(shared: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PostgresServer:
    """Return the server in a container of that name, with nobody but its own user."""
    enter_container(shared, tmp_path, monkeypatch)
    shared.ask("DROP DATABASE IF EXISTS shop", database="postgres")
    shared.ask("DROP ROLE IF EXISTS shop_1, shop_2, shop", database="postgres")
    return shared


def user(number: int = 1, password: str = CANARY) -> DatabaseUser:
    return DatabaseUser(container=CONTAINER, user=f"shop_{number}", password=password, role="shop", database="shop")


def sign_in(server: PostgresServer, name: str, statement: str) -> subprocess.CompletedProcess[str]:
    """Run a statement as a database user who comes by its socket, where the server lets everybody in who may."""
    words = [str(server.folder / "psql"), "--no-psqlrc", "-qAt", "--set=ON_ERROR_STOP=1", "-U", name, "-d", "shop"]
    return subprocess.run([*words, "-c", statement], text=True, capture_output=True, check=False)


@pytest.mark.usefixtures("server")
def test_what_is_missing_is_made_and_then_nothing_differs() -> None:
    wanted = user()
    assert wanted.read() is None
    wanted.apply()
    assert wanted.read() == {}
    wanted.apply()
    assert wanted.read() == {}


def test_both_users_work_on_the_same_tables(server: PostgresServer) -> None:
    user(1).apply()
    user(2).apply()
    assert sign_in(server, "shop_1", "CREATE TABLE orders (id int); INSERT INTO orders VALUES (7)").returncode == 0
    changed = sign_in(server, "shop_2", "ALTER TABLE orders ADD note text; SELECT id FROM orders")
    assert (changed.stdout.strip(), changed.stderr) == ("7", "")
    (owner,) = server.ask("SELECT tableowner FROM pg_tables WHERE tablename = 'orders'", database="shop")
    assert owner == "shop"


def test_neither_of_them_may_do_everything(server: PostgresServer) -> None:
    user().apply()
    refused = sign_in(server, "shop_1", "CREATE ROLE intruder")
    assert "permission denied" in refused.stderr


@pytest.mark.parametrize(
    ("harm", "differing"),
    [
        ("ALTER ROLE shop_1 PASSWORD 'of-somebody'", {"password": "another one"}),
        ("ALTER ROLE shop_1 NOLOGIN", {"user": "shop_1, who may not sign in"}),
        ("ALTER ROLE shop_1 RESET role", {"role": ""}),
        ("DROP DATABASE shop", {"database": ""}),
    ],
)
def test_what_somebody_did_is_drift_and_is_healed(server: PostgresServer, harm: str, differing: dict[str, str]) -> None:
    user().apply()
    server.ask(harm, database="postgres")
    assert user().read() == differing
    user().apply()
    assert user().read() == {}


@pytest.mark.usefixtures("server")
def test_another_password_is_another_one() -> None:
    user().apply()
    assert user(password="next").read() == {"password": "another one"}
    user(password="next").apply()
    assert user(password="next").read() == {}


def test_who_goes_is_shut_out_and_leaves_what_there_is(server: PostgresServer) -> None:
    user(1).apply()
    user(2).apply()
    sign_in(server, "shop_1", "CREATE TABLE orders (id int)")
    user(1).remove()
    user(1).remove()
    assert "not permitted to log in" in sign_in(server, "shop_1", "SELECT 1").stderr
    assert sign_in(server, "shop_2", "SELECT count(*) FROM orders").stdout.strip() == "0"


@pytest.mark.usefixtures("server")
def test_the_password_of_the_servers_own_user_is_set_and_nothing_else() -> None:
    own = DatabaseUser(container=CONTAINER, user=SUPERUSER, password="canary-of-all")
    own.apply()
    assert own.read() == {}
    own.remove()
    assert own.read() == {}


def test_no_password_is_in_the_log_of_a_server_that_logs_all(server: PostgresServer) -> None:
    user().apply()
    log = (server.folder / "log").read_text(encoding="utf-8")
    assert "ALTER ROLE" in log
    assert "canary" not in log
