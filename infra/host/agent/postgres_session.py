"""A PostgreSQL server in a container of this server, spoken to from inside as the user that may do everything."""

from typing import Any

from infra.host.agent import docker
from infra.host.agent.commands import last_words, run
from infra.host.agent.kind import AgentError
from infra.host.agent.request import current

_SUPERUSER = "postgres"
_ANY_DATABASE = "postgres"
"""One that every server has."""
# Set to nothing is not the same: clients look for a service of that name.
_BY_THE_SOCKET = ("env", *(f"-u{name}" for name in ("PGHOST", "PGHOSTADDR", "PGSERVICE", "PGOPTIONS")))
"""Whatever the image says to its own clients."""
_NO_CONNECTION = 2
"""Exit code of psql when it could not reach the server."""


class DatabaseAwayError(AgentError):
    """A database cannot be asked just now."""


class PostgresSession:
    """Runs statements through `psql` in the container itself: what they hold is on no command line and in no log."""

    def __init__(self, container: str, database: str = _ANY_DATABASE) -> None:
        self._described = docker.container(container)
        self._container = container
        self._database = database

    @property
    def exists(self) -> bool:
        """Whether there is such a container."""
        return self._described is not None

    @property
    def is_running(self) -> bool:
        """Whether it runs."""
        return self._described is not None and bool(self._described["State"]["Running"])

    @property
    def superuser(self) -> str:
        """The database user that the image has made the data with."""
        return self._environment().get("POSTGRES_USER") or _SUPERUSER

    def rows(self, statements: str, **variables: str) -> list[list[str]]:
        """Run statements in one go, and return the rows that they answer with.

        Args:
            statements: SQL and commands of psql, one or more lines.
            variables: what `:'name'` and `:"name"` in them stand for; without quotes and backslashes.

        Raises:
            DatabaseAwayError: when the server does not run, or does not answer.
            AgentError: when it refuses; the words are the server's own.
        """
        if not self.is_running:
            raise DatabaseAwayError(self._message("does not run"))
        settings = ("--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--set=ON_ERROR_STOP=1")
        psql = ("psql", *settings, f"--username={self.superuser}", f"--dbname={self._database}")
        given = "".join(f"\\set {name} '{value}'\n" for name, value in variables.items())
        beside = ("docker", "exec", "--interactive", f"--user={self._account()}", self._container, *_BY_THE_SOCKET)
        result = run((*beside, *psql), text=f"{given}{statements}")
        if result.code == _NO_CONNECTION:
            raise DatabaseAwayError(self._message(f"does not answer: {last_words(result)}"))
        if result.code != 0:
            raise AgentError(self._message(f"refused: {last_words(result)}"))
        return [line.split("|") for line in result.output.splitlines()]

    def _message(self, trouble: str) -> str:
        return f"the database in container {self._container} on {current().host} {trouble}"

    def _account(self) -> str:
        """Return the account in the container whom the server lets in by its socket."""
        return str(self._described["Config"].get("User") or _SUPERUSER) if self._described else _SUPERUSER

    def _environment(self) -> dict[str, Any]:
        lines = (self._described or {}).get("Config", {}).get("Env") or []
        return dict(line.split("=", 1) for line in lines if "=" in line)
