"""A PostgreSQL server of Debian's, on a socket of its own, for as long as a test needs it."""

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.integration.backups.docker_standin import WAITING
from tests.tiers import require_packages

PROGRAMS = Path("/usr/lib/postgresql")
ACCOUNT = "postgres"
"""The server refuses to run as root."""
SUPERUSER = "app"


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running server."""

    programs: Path
    folder: Path
    """Holds its socket, and a `psql` that finds it."""

    @property
    def client(self) -> list[str]:
        """Return the words that run a client."""
        return [str(self.folder / "psql"), "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "-U", SUPERUSER]

    def ask(self, statements: str, database: str = SUPERUSER, **variables: str) -> list[str]:
        """Run SQL, in which variables are written as psql has them, and return the lines it answers.

        Raises:
            subprocess.CalledProcessError: a statement fails.
        """
        given = (word for name, value in variables.items() for word in ("--set", f"{name}={value}"))
        words = [*self.client, "--set", "ON_ERROR_STOP=1", *given, "--dbname", database]
        done = subprocess.run(words, input=statements, text=True, capture_output=True, check=True)
        return done.stdout.splitlines()

    def read_by_a_shell(self, script: str) -> subprocess.CompletedProcess[str]:
        """Have a shell read a script, as in the server's container."""
        path = f"{self.folder}:{os.environ['PATH']}"
        environment = {"PATH": path, "POSTGRES_USER": SUPERUSER, "PGHOST": "192.0.2.1"}
        return subprocess.run(["sh"], input=script, text=True, capture_output=True, env=environment, check=False)


@contextmanager
def running(*settings: str) -> Iterator[PostgresServer]:
    """Start a server with one empty database.

    Args:
        settings: words of its command line.
    """
    if not [*PROGRAMS.glob("*/bin/postgres")]:
        require_packages("postgresql")
    with tempfile.TemporaryDirectory(prefix="slipway-postgres-") as name:
        folder, programs = Path(name), max(PROGRAMS.glob("*/bin/postgres")).parent
        if os.geteuid() == 0:
            shutil.chown(folder, ACCOUNT, ACCOUNT)
        client = folder / "psql"
        client.write_text(f'#!/bin/sh\nexec {programs}/psql --host {folder} "$@"\n')
        client.chmod(0o755)
        folder.chmod(0o755)
        data = str(folder / "data")
        _run(programs / "initdb", "--pgdata", data, "--username", SUPERUSER, "--auth", "trust", "--no-sync")
        own = ("listen_addresses=", f"unix_socket_directories={folder}", "fsync=off", "TimeZone=America/New_York")
        options = shlex.join([*settings, *(word for each in own for word in ("-c", each))])
        log = str(folder / "log")
        _run(programs / "pg_ctl", "--pgdata", data, "--log", log, "--options", options, *WAITING, "start")
        try:
            server = PostgresServer(programs, folder)
            server.ask(f"CREATE DATABASE {SUPERUSER}", database="postgres")
            yield server
        finally:
            _run(programs / "pg_ctl", "--pgdata", data, "--mode", "immediate", *WAITING, "stop")


def _run(program: Path, *arguments: str) -> None:
    account = ["setpriv", "--reuid", ACCOUNT, "--regid", ACCOUNT, "--init-groups"] if os.geteuid() == 0 else []
    done = subprocess.run([*account, str(program), *arguments], stdout=subprocess.DEVNULL, cwd="/", check=False)
    assert done.returncode == 0, f"{program.name} failed"
