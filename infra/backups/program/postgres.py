"""A PostgreSQL server in its own running container, spoken to as its superuser."""

import json
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import IO, Any, Self

from infra.backups.program import containers, processes
from infra.backups.program.trouble import TroubleError

_SUPERUSER = "postgres"
# Set to nothing is not the same: clients look for a service of that name.
_BY_THE_SOCKET = ("env", *(f"-u{name}" for name in ("PGHOST", "PGHOSTADDR", "PGSERVICE", "PGOPTIONS")))
"""Whatever the image says to its own clients."""
_END = "slipway-end-of-answer"
_DATABASES = "SELECT to_json(datname) FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY datname;"
_COUNTS = """\
SELECT format('SELECT json_build_array(%L, count(*)) FROM ONLY %I.%I', nspname || '.' || relname, nspname, relname)
FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE relkind = 'r' AND relpersistence IN ('p', 'u') AND nspname NOT IN ('pg_catalog', 'information_schema')
  AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')
ORDER BY nspname, relname \\gexec
"""
_DESCRIPTION = """\
SELECT json_build_object(
  'owner', pg_get_userbyid(datdba), 'encoding', pg_encoding_to_char(encoding),
  'collate', datcollate, 'ctype', datctype, 'provider', to_jsonb(pg_database) ->> 'datlocprovider',
  'locale', coalesce(to_jsonb(pg_database) ->> 'datlocale', to_jsonb(pg_database) ->> 'daticulocale'),
  'major', current_setting('server_version_num')::int / 10000,
  'settings', (SELECT coalesce(json_agg(setting ORDER BY setting), '[]')
               FROM pg_db_role_setting, unnest(setconfig) setting
               WHERE setdatabase = pg_database.oid AND setrole = 0),
  'grants', (SELECT coalesce(json_agg(json_build_array(privilege_type, coalesce(rolname, 'PUBLIC'), is_grantable)
                                      ORDER BY privilege_type, rolname), '[]')
             FROM aclexplode(datacl) LEFT JOIN pg_roles ON pg_roles.oid = grantee),
  'has_grants', datacl IS NOT NULL)
FROM pg_database WHERE datname = current_database();
"""


@dataclass(frozen=True)
class Server:
    """A database server."""

    container: str
    account: str
    """User in the container whom the server lets in by its socket."""
    superuser: str
    image: str
    """What the container was made of."""

    @classmethod
    def of(cls, container: str) -> Self:
        """Return the server in a container.

        Raises:
            TroubleError: it does not run.
        """
        described = containers.running(container)
        return cls(
            container=container,
            account=described["Config"].get("User") or _SUPERUSER,
            superuser=containers.environment(described).get("POSTGRES_USER") or _SUPERUSER,
            image=described["Image"],
        )

    def command(self, program: str, *words: str) -> list[str]:
        """Return the command that runs a program beside the server."""
        beside = ("docker", "exec", "--interactive", f"--user={self.account}", self.container, *_BY_THE_SOCKET)
        return [*beside, program, f"--username={self.superuser}", *words]

    def psql(self, database: str = "postgres") -> list[str]:
        """Return the command that reads statements, and prints what they answer."""
        settings = ("--no-psqlrc", "--no-password", "--quiet", "--no-align", "--tuples-only", "--set=ON_ERROR_STOP=1")
        return self.command("psql", *settings, f"--dbname={connection_to(database)}")

    def ask(self, statements: str, database: str = "postgres") -> list[str]:
        """Run statements, and return the lines that they answer with.

        Raises:
            TroubleError: the server refuses one, in its own words.
        """
        result = processes.run(self.psql(database), text=statements)
        if result.code:
            text = f"the database in container {self.container} refused: {result.last_words}"
            raise TroubleError(text)
        return result.output.splitlines()

    def databases(self) -> list[str]:
        """Return the names of all databases but templates."""
        return [json.loads(line) for line in self.ask(_DATABASES)]

    def all_databases(self) -> set[str]:
        """Return the names of all databases, those included that nobody may connect to."""
        return {json.loads(line) for line in self.ask("SELECT to_json(datname) FROM pg_database;", "template1")}

    def major(self) -> int:
        """Return the major version."""
        (number,) = self.ask("SELECT current_setting('server_version_num')::int / 10000;")
        return int(number)

    def counts(self, database: str) -> dict[str, int]:
        """Return table → rows of a database."""
        return dict(json.loads(line) for line in self.ask(_COUNTS, database))

    def globals(self) -> list[str]:
        """Return the command that prints roles and tablespaces."""
        return self.command("pg_dumpall", "--globals-only", "--no-password")

    @contextmanager
    def held(self, database: str) -> Iterator["Held"]:
        """Hold one moment of a database: what is asked and what is dumped are then of the same."""
        with _Conversation(self.psql(database), self.container) as conversation:
            (moment,) = conversation.ask(
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT pg_export_snapshot();"
            )
            (description,) = conversation.ask(_DESCRIPTION)
            counts = dict(json.loads(line) for line in conversation.ask(_COUNTS))
            name = f"--dbname={connection_to(database)}"
            dump = ("--format=custom", "--compress=0", "--no-password", f"--snapshot={moment}", name)
            yield Held(self.command("pg_dump", *dump), {**json.loads(description), "counts": counts})


@dataclass(frozen=True)
class Held:
    """One moment of a database."""

    dump: list[str]
    """Command that prints it."""
    description: dict[str, Any]
    """Owner, encoding, settings, grants, rows by table."""


class _Conversation:
    """A psql that goes on between questions."""

    def __init__(self, command: Sequence[str], container: str) -> None:
        self._command = command
        self._container = container
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Begin it."""
        self._complaints: IO[bytes] = self._stack.enter_context(tempfile.TemporaryFile())
        self._psql = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._complaints, text=True
        )
        self._stack.callback(self._psql.wait)
        self._stack.callback(self._psql.kill)
        return self

    def __exit__(self, *_: object) -> None:
        """End it, and the moment that it holds."""
        for pipe in (self._psql.stdin, self._psql.stdout):
            if pipe:
                pipe.close()
        self._stack.close()

    def ask(self, statements: str) -> list[str]:
        """Return the lines that statements answer with.

        Raises:
            TroubleError: the server refuses one, or is gone.
        """
        lines: list[str] = []
        if self._psql.stdin and self._psql.stdout:
            self._psql.stdin.write(f"{statements}\n\\echo {_END}\n")
            self._psql.stdin.flush()
            for line in self._psql.stdout:
                if line.strip() == _END:
                    return lines
                lines.append(line.rstrip("\n"))
        self._complaints.seek(0)
        words = processes.last_line(self._complaints.read().decode(errors="replace")) or "it ended"
        text = f"the database in container {self._container} refused: {words}"
        raise TroubleError(text)


def connection_to(database: str) -> str:
    """Return how a database is named where a name with `=` would be taken for more than that."""
    quoted = database.replace("\\", r"\\").replace("'", r"\'")
    return f"dbname='{quoted}'"


def identifier(name: str) -> str:
    """Return a name as SQL takes it."""
    return '"{}"'.format(name.replace('"', '""'))


def literal(text: str) -> str:
    """Return a text as SQL takes it."""
    quoted = text.replace("\\", r"\\").replace("'", "''")
    return f" E'{quoted}'" if "\\" in text else f"'{quoted}'"
