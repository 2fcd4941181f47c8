"""A dump made into a database beside the one that serves, and the switch between them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.backups.program.postgres import Server, connection_to, identifier, literal
from infra.backups.program.restic import Repository
from infra.backups.program.trouble import TroubleError

_ROLE = re.compile(r'^(?:CREATE|ALTER) ROLE ("(?:[^"]|"")+"|\S+?)(?: |;)')
_NAME_BYTES = 63
_SEND_AWAY = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :'name';"
_PROVIDERS = {"i": " LOCALE_PROVIDER icu ICU_LOCALE {}", "b": " LOCALE_PROVIDER builtin BUILTIN_LOCALE {}"}
"""What sorts texts where it is not the system's library."""
_GUARDED = re.compile(r"[a-z_][a-z0-9_.]*", re.IGNORECASE)


@dataclass(frozen=True)
class Restored:
    """A database that was made of a dump."""

    server: Server
    name: str
    """What it is a copy of."""
    beside: str
    """What it is called so far."""

    def switch(self, aside: str) -> None:
        """Put it in the place of the one that serves, which is kept under another name.

        Nobody gets in between: whoever is connected is sent away, and finds the new one when connecting again.
        """
        serving = self.name in self.server.all_databases()
        begin = f"{_shut(self.name)}ALTER DATABASE {identifier(self.name)} RENAME TO {identifier(aside)};\n"
        end = f"ALTER DATABASE {identifier(self.beside)} RENAME TO {identifier(self.name)};\n"
        try:
            self.server.ask(f"{begin if serving else ''}{end}", "template1")
        except TroubleError:
            if serving:
                self.put_back(aside)
            raise

    def put_back(self, aside: str) -> None:
        """Have the former database serve again."""
        there = self.server.all_databases()
        statements = ""
        if self.name in there and aside in there:
            statements += (
                f"{_shut(self.name)}ALTER DATABASE {identifier(self.name)} RENAME TO {identifier(self.beside)};\n"
            )
        if aside in there:
            statements += f"ALTER DATABASE {identifier(aside)} RENAME TO {identifier(self.name)};\n"
        statements += f"ALTER DATABASE {identifier(self.name)} WITH ALLOW_CONNECTIONS true;\n"
        self.server.ask(statements, "template1")

    def drop(self) -> None:
        """Remove it again."""
        self.server.ask(f"DROP DATABASE IF EXISTS {identifier(self.beside)};", "template1")


def make(server: Server, repository: Repository, dump: Mapping[str, Any], beside: str) -> Restored:
    """Make a database of a dump, and compare it with what was written down when the dump was made.

    Args:
        server: where it is made.
        repository: what keeps the dump.
        dump: what the manifest says of it.
        beside: name of the database that is made.

    Raises:
        TroubleError: the dump is damaged, or is not whole; no trace of it is left.
    """
    restored = Restored(server, dump["database"], beside)
    restored.drop()
    server.ask(_creation(dump, beside), "template1")
    try:
        target = f"--dbname={connection_to(beside)}"
        repository.send(
            dump["snapshot"], dump["path"], server.command("pg_restore", "--exit-on-error", "--no-password", target)
        )
        server.ask(f"SET client_min_messages = error; ANALYZE; {_rights(dump, beside)}", beside)
        compare(dump["counts"], server.counts(beside), dump["database"])
    except TroubleError:
        restored.drop()
        raise
    return restored


def make_roles(server: Server, script: str) -> None:
    """Make the roles that the server does not have; those that it has keep their passwords of today."""
    there = set(server.ask("SELECT quote_ident(rolname) FROM pg_roles;"))
    lines = []
    for line in script.splitlines():
        found = _ROLE.match(line)
        if found and found[1] not in there:
            lines.append(line)
    server.ask("\n".join(["SET client_min_messages = error;", *lines]))
    for line in script.splitlines():
        # Memberships, also of roles that were there: one more is no harm, and a dump may need it.
        if re.match(r"^GRANT \S+ TO ", line):
            server.ask(f"SET client_min_messages = error;\n{re.sub(r' GRANTED BY .*;', ';', line)}")


def compare(expected: Mapping[str, int], found: Mapping[str, int], database: str) -> None:
    """Refuse a database that does not have the rows that were counted when it was dumped.

    Raises:
        TroubleError: a table is missing, or has another number of rows.
    """
    for table, rows in expected.items():
        if table not in found:
            text = f"database {database} has no table {table}, which was there when it was dumped"
            raise TroubleError(text)
        if found[table] != rows:
            text = f"table {table} of database {database} has {found[table]} rows, and had {rows} when it was dumped"
            raise TroubleError(text)


def require_checks(server: Server, names: Mapping[str, str], checks: Sequence[Sequence[str]]) -> None:
    """Ask what the product itself has said makes its data whole.

    Args:
        server: the server.
        names: database → what it is called here.
        checks: database, empty where the server has one of the product's own only, and SQL.

    Raises:
        TroubleError: an answer is not `t`.
    """
    own = [name for name in names if name != "postgres"]
    for said, check in checks:
        database = said or (own[0] if len(own) == 1 else "postgres")
        if database not in names:
            text = f"there is no database {database}, which check `{check}` is for"
            raise TroubleError(text)
        answers = server.ask(f"BEGIN READ ONLY;\n{check.rstrip().rstrip(';')};\nROLLBACK;", names[database])
        if answers != ["t"]:
            text = f"check `{check}` of database {database} answers {', '.join(answers) or 'nothing'}, not t"
            raise TroubleError(text)


def beside(name: str, label: str) -> str:
    """Return the name of a database that belongs to another one."""
    ending = f"_{label}"
    return name.encode()[: _NAME_BYTES - len(ending)].decode(errors="ignore") + ending


def _creation(dump: Mapping[str, Any], name: str) -> str:
    said = (
        f"ENCODING {literal(dump['encoding'])} LC_COLLATE {literal(dump['collate'])} LC_CTYPE {literal(dump['ctype'])}"
    )
    if dump["provider"] in _PROVIDERS:
        said += _PROVIDERS[dump["provider"]].format(literal(dump["locale"]))
    owner = identifier(dump["owner"])
    return f"CREATE DATABASE {identifier(name)} WITH OWNER {owner} TEMPLATE template0 {said};"


def _rights(dump: Mapping[str, Any], name: str) -> str:
    """Return what a dump itself does not hold: settings of the database, and who may connect."""
    lines = []
    for setting in dump["settings"]:
        key, _, value = setting.partition("=")
        if _GUARDED.fullmatch(key):
            lines.append(f"ALTER DATABASE {identifier(name)} SET {key} TO {literal(value)};")
    if dump["has_grants"]:
        lines.append(f"REVOKE ALL ON DATABASE {identifier(name)} FROM PUBLIC;")
    for privilege, role, grantable in dump["grants"]:
        to = "PUBLIC" if role == "PUBLIC" else identifier(role)
        option = " WITH GRANT OPTION" if grantable else ""
        lines.append(f"GRANT {privilege} ON DATABASE {identifier(name)} TO {to}{option};")
    return "\n".join(lines)


def _shut(database: str) -> str:
    """Return what sends everybody away from a database, and keeps them out."""
    shut = f"ALTER DATABASE {identifier(database)} WITH ALLOW_CONNECTIONS false;"
    return "\n".join([shut, f"\\set name {_quoted(database)}", _SEND_AWAY, ""])


def _quoted(text: str) -> str:
    """Return a text as psql takes it for a variable."""
    return "'{}'".format(text.replace("\\", r"\\").replace("'", "''"))
