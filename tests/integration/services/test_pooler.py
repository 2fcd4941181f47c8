"""A real PgBouncer before a real PostgreSQL, with the configuration that a container gets."""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import pytest

from infra.compose.databases import Pooler
from infra.compose.poolers import Pooling
from infra.compose.project import SecretFile
from infra.host.agent.database_user import DatabaseUser
from infra.host.agent.password_lookup import PasswordLookup
from infra.services.poolers import configuration, users_file
from infra.services.secret import DatabaseAccess
from tests.integration.services.database_container import CONTAINER, enter_container
from tests.integration.services.postgres_server import ACCOUNT, SUPERUSER, PostgresServer, running
from tests.ports import free_ports
from tests.tiers import require_packages
from tests.unit.services.test_container import service

SIZE = 3
PATIENCE_SECONDS = 300
WORKERS = 4
WAITS = "SELECT pg_advisory_xact_lock_shared(1)"
ENOUGH = 20
"""Logins by which a rotation that locks somebody out would have shown, and looks by which one too many would."""
PROGRAM = "/usr/sbin/pgbouncer"
LOOKUP = PasswordLookup(container=CONTAINER, database="shop", role="pooler")
ONLY_BY_PASSWORD = f"local all {SUPERUSER} trust\nlocal all all scram-sha-256\n"


def shop_user(number: int) -> DatabaseUser:
    return DatabaseUser(
        container=CONTAINER, user=f"shop_{number}", password=f"secret{number}", role="shop", database="shop"
    )


def own_user(number: int) -> DatabaseUser:
    return DatabaseUser(
        container=CONTAINER, user=f"pooler_{number}", password=f"own{number}", role="pooler", database="postgres"
    )


@dataclass(frozen=True, slots=True)
class RunningPooler:
    """A PgBouncer that listens."""

    server: PostgresServer
    port: int
    process: subprocess.Popen[bytes]
    log: Path

    def run(self, user: str, password: str, *statements: str) -> subprocess.CompletedProcess[str]:
        """Run statements through it, by a connection of their own."""
        with self.begin(user, password, *statements) as client:
            output, errors = client.communicate()
        return subprocess.CompletedProcess(client.args, client.returncode, output, errors)

    def begin(self, user: str, password: str, *statements: str) -> subprocess.Popen[str]:
        """Begin to run statements."""
        words = [str(self.server.programs / "psql"), "--no-psqlrc", "-qAt", "--set=ON_ERROR_STOP=1"]
        words += ["--host=127.0.0.1", f"--port={self.port}", f"--username={user}", "--dbname=shop"]
        words += [word for statement in statements for word in ("--command", statement)]
        environment = {"PATH": os.environ["PATH"], "PGPASSWORD": password}
        return subprocess.Popen(words, text=True, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.fixture(scope="module")
def shared() -> Iterator[PostgresServer]:
    """Run one server for all tests, which lets nobody but its own user in without a password."""
    if not Path(PROGRAM).exists():
        require_packages("pgbouncer")
    with running() as server:
        (server.folder / "data" / "pg_hba.conf").write_text(ONLY_BY_PASSWORD)
        server.ask("SELECT pg_reload_conf()")
        yield server


@pytest.fixture
def server(shared: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PostgresServer:
    """Return the server in a container, with a user of the shop's and one of the pooler's."""
    enter_container(shared, tmp_path, monkeypatch)
    shared.ask("DROP DATABASE IF EXISTS shop WITH (FORCE)", database="postgres")
    shared.ask("DROP ROLE IF EXISTS shop_1, shop_2, shop, pooler_1, pooler_2, pooler", database="postgres")
    for user in (shop_user(1), own_user(1)):
        user.apply()
    LOOKUP.apply()
    return shared


@contextmanager
def pooling(
    server: PostgresServer, number: int = 1, mode: Literal["transaction", "session"] = "transaction"
) -> Iterator[RunningPooler]:
    """Run PgBouncer with what a container would get, but by the server's socket and on a free port."""
    users, written, log = (server.folder / f"{name}-{number}" for name in ("users", "pgbouncer", "log-of-pooler"))
    users.write_text(users_file(f"pooler_{number}", f"own{number}"))
    pooler = Pooler(database="db", mode=mode, size=SIZE, clients=50)
    described = service(name="pool", pooler=pooler, secrets=(SecretFile(name="own", path=str(users)),))
    access = DatabaseAccess(service="db", role="pooler", database="postgres", user=f"pooler_{number}")
    text = configuration(Pooling(described, pooler, "own"), access, ("shop",))
    (port,) = free_ports(1)
    here = text.replace("host=db", f"host={server.folder}").replace("listen_port = 5432", f"listen_port = {port}")
    written.write_text(here)
    # It refuses to run as root.
    account = ["setpriv", "--reuid", ACCOUNT, "--regid", ACCOUNT, "--init-groups"] if os.geteuid() == 0 else []
    words = [*account, PROGRAM, str(written)]
    with log.open("wb") as lines, subprocess.Popen(words, stderr=lines, stdout=lines, cwd="/") as process:
        try:
            _wait_for(port, process, log)
            yield RunningPooler(server, port, process, log)
        finally:
            process.kill()


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    while process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.02)
        else:
            return
    pytest.fail(log.read_text(encoding="utf-8"))


@pytest.mark.parametrize("mode", ["transaction", "session"])
def test_who_may_sign_in_to_the_database_may_through_the_pooler(
    server: PostgresServer, mode: Literal["transaction", "session"]
) -> None:
    with pooling(server, mode=mode) as pooler:
        done = pooler.run("shop_1", "secret1", "CREATE TABLE orders (id int)", "SELECT current_user")
        assert (done.stdout.strip(), done.stderr) == ("shop", "")
    (owner,) = server.ask("SELECT tableowner FROM pg_tables WHERE tablename = 'orders'", database="shop")
    assert owner == "shop"


def test_a_wrong_password_and_the_servers_own_user_are_refused(server: PostgresServer) -> None:
    server.ask(f"ALTER ROLE {SUPERUSER} PASSWORD 'known'", database="postgres")
    with pooling(server) as pooler:
        for user, password in (("shop_1", "guessed"), ("nobody", "secret1"), (SUPERUSER, "known")):
            assert pooler.run(user, password, "SELECT 1").returncode != 0, user
        assert pooler.run("shop_1", "secret1", "SELECT 1").returncode == 0


def test_a_password_that_has_expired_lets_nobody_in(server: PostgresServer) -> None:
    server.ask("ALTER ROLE shop_1 VALID UNTIL '2020-01-01'", database="postgres")
    with pooling(server) as pooler:
        assert pooler.run("shop_1", "secret1", "SELECT 1").returncode != 0


def test_nobody_but_the_pooler_looks_passwords_up(server: PostgresServer) -> None:
    with pooling(server) as pooler:
        refused = pooler.run("shop_1", "secret1", "SELECT * FROM pooler.verifier_of('shop_1')")
        assert "permission denied" in refused.stderr
        assert "rolpassword" not in pooler.run("shop_1", "secret1", "SELECT 1").stderr
    assert "secret" not in pooler.log.read_text(encoding="utf-8")
    assert "own1" not in pooler.log.read_text(encoding="utf-8")


def test_a_rotation_under_load_fails_no_login_and_changes_nothing_of_the_pooler(server: PostgresServer) -> None:
    signs_in_as, stop = [1], threading.Event()
    failed: list[str] = []
    done: list[int] = []

    under_way = [1] * WORKERS

    def work(pooler: RunningPooler, worker: int) -> None:
        while not stop.is_set():
            number = under_way[worker] = signs_in_as[-1]
            one = pooler.run(f"shop_{number}", f"secret{number}", "SELECT pg_sleep(0.01)")
            if one.returncode:
                failed.append(one.stderr)
            else:
                done.append(number)

    with pooling(server) as pooler:
        workers = [threading.Thread(target=work, args=(pooler, number)) for number in range(WORKERS)]
        for worker in workers:
            worker.start()
        try:
            _until(lambda: done.count(1) > ENOUGH)
            shop_user(2).apply()
            signs_in_as.append(2)
            _until(lambda: done.count(2) > ENOUGH and 1 not in under_way)
            shop_user(1).remove()
            later = len(done)
            _until(lambda: len(done) > later + ENOUGH)
        finally:
            stop.set()
            for worker in workers:
                worker.join()
        assert failed == []
        assert pooler.run("shop_1", "secret1", "SELECT 1").returncode != 0, "the former user is shut out"


def test_clients_wait_instead_of_taking_more_connections_than_there_may_be(server: PostgresServer) -> None:
    shop_user(2).apply()
    with pooling(server) as pooler, held_up(server) as let_go:
        clients = [
            pooler.begin(f"shop_{number}", f"secret{number}", WAITS) for number in (1, 2) for _ in range(3 * SIZE)
        ]
        _until(lambda: connections(server) >= SIZE)
        # Those who wait leave no line in its log. Had they one too many, it would stay until they are let go.
        most = max(connections(server) for _ in range(ENOUGH))
        let_go()
        while any(client.poll() is None for client in clients):
            most = max(most, connections(server))
        assert {client.wait() for client in clients} == {0}
        assert most <= SIZE + 1
        for client in clients:
            client.communicate()


def test_who_asks_for_its_health_is_answered_and_leaves_no_line_in_its_log(server: PostgresServer) -> None:
    with pooling(server) as pooler:
        # As in its container: by an account without a name.
        nameless = ["setpriv", "--reuid=65532", "--clear-groups"] if os.geteuid() == 0 else []
        asked = [str(server.programs / "pg_isready"), "--host=127.0.0.1", f"--port={pooler.port}"]
        words = [*nameless, *asked, "--username=pooler_1", "--dbname=shop"]
        assert subprocess.run(words, capture_output=True, check=False).returncode == 0
        assert pooler.run("shop_1", "secret1", "SELECT 1").returncode == 0
        assert "127.0.0.1" not in pooler.log.read_text(encoding="utf-8"), "it would be there every few seconds"


def test_a_transaction_that_is_open_ends_before_the_pooler_does(server: PostgresServer) -> None:
    with pooling(server) as pooler, held_up(server) as let_go:
        client = pooler.begin("shop_1", "secret1", f"BEGIN; {WAITS}; CREATE TABLE kept (id int); COMMIT")
        _until(lambda: server.ask("SELECT pid FROM pg_stat_activity WHERE wait_event = 'advisory'") != [])
        pooler.process.send_signal(signal.SIGINT)
        _until(lambda: "SIGINT" in pooler.log.read_text(encoding="utf-8"))
        let_go()
        assert pooler.process.wait(PATIENCE_SECONDS) == 0
        client.communicate()
    assert server.ask("SELECT count(*) FROM kept", database="shop") == ["0"]


def test_the_poolers_own_password_changes_with_its_release(server: PostgresServer) -> None:
    with pooling(server) as former:
        assert former.run("shop_1", "secret1", "SELECT 1").returncode == 0
        own_user(2).apply()
        with pooling(server, number=2) as pooler:
            assert former.run("shop_1", "secret1", "SELECT 1").returncode == 0
            former.process.send_signal(signal.SIGINT)
            former.process.wait(PATIENCE_SECONDS)
            own_user(1).remove()
            assert pooler.run("shop_1", "secret1", "SELECT 1").returncode == 0


@pytest.mark.parametrize(
    "harm",
    [
        "GRANT EXECUTE ON FUNCTION pooler.verifier_of(text) TO PUBLIC",
        "REVOKE ALL ON FUNCTION pooler.verifier_of(text) FROM pooler",
        "REVOKE ALL ON SCHEMA pooler FROM pooler",
        "ALTER FUNCTION pooler.verifier_of(text) SECURITY INVOKER",
        "ALTER FUNCTION pooler.verifier_of(text) OWNER TO shop",
        "ALTER FUNCTION pooler.verifier_of(text) RESET search_path",
    ],
)
def test_what_somebody_did_to_the_function_is_drift_and_is_healed(server: PostgresServer, harm: str) -> None:
    assert LOOKUP.read() == {}
    server.ask(harm, database="shop")
    assert LOOKUP.read() == {"role": "pooler, by a function that somebody changed"}
    LOOKUP.apply()
    assert LOOKUP.read() == {}


def test_the_function_goes_and_leaves_what_others_keep_beside_it(server: PostgresServer) -> None:
    schemas = "SELECT nspname FROM pg_namespace WHERE nspname = 'pooler'"
    server.ask("CREATE TABLE pooler.notes (id int)", database="shop")
    LOOKUP.remove()
    assert LOOKUP.read() is None
    assert server.ask(schemas, database="shop") == ["pooler"]
    server.ask("DROP TABLE pooler.notes", database="shop")
    LOOKUP.apply()
    LOOKUP.remove()
    LOOKUP.remove()
    assert server.ask(schemas, database="shop") == []


@pytest.mark.usefixtures("server")
def test_a_database_that_is_not_there_has_no_function() -> None:
    absent = replace(LOOKUP, database="elsewhere")
    assert absent.read() is None
    absent.remove()


@contextmanager
def held_up(server: PostgresServer) -> Iterator[Callable[[], None]]:
    """Hold up in the database `shop` whoever says `WAITS`, until the function is called that this gives."""
    words = [*server.client, "--dbname", "shop"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdin
        assert holder.stdout
        print("SELECT pg_advisory_lock(1), 'held';", file=holder.stdin, flush=True)
        assert "held" in holder.stdout.readline()

        def let_go() -> None:
            holder.communicate()

        yield let_go


def connections(server: PostgresServer) -> int:
    """Return how many connections to the database `shop` the pooler has."""
    asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'shop' AND usename <> :'superuser'"
    (count,) = server.ask(asked, database="postgres", superuser=SUPERUSER)
    return int(count)


def _until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if reached():
            return
        time.sleep(0.01)
    pytest.fail("what was waited for has not come")
