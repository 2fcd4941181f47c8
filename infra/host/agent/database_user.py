"""A user of a PostgreSQL server by whom a service signs in, with the password that its file has."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from infra.host.agent.kind import Kind
from infra.host.agent.postgres_session import DatabaseAwayError, PostgresSession
from infra.host.agent.scram import proves, verifier

_NAME = re.compile(r"[^\x00-\x1f'\"\\|]{1,63}")
"""Names that psql puts into a statement as they are; 63 letters are the most that PostgreSQL keeps."""
_WRONG_NAME = "must have at most 63 letters, without quotes, backslashes and bars"
_DIFFERENT = "another one"
_QUESTION = """\
SELECT coalesce(pg_authid.rolpassword, ''), role.rolcanlogin,
       coalesce((SELECT substr(each, 6) FROM unnest(role.rolconfig) AS each WHERE each LIKE 'role=%'), ''),
       :'database' = '' OR EXISTS (SELECT FROM pg_database WHERE datname = :'database')
FROM pg_authid JOIN pg_roles AS role ON role.oid = pg_authid.oid WHERE role.rolname = :'user';
"""
_MADE_WHERE_MISSING = """\
SELECT format('CREATE ROLE %I', name) FROM unnest(ARRAY[:'role', :'user']) AS name
WHERE name <> '' AND NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \\gexec
"""
_LET_IN = """\
ALTER ROLE :"user" LOGIN PASSWORD :'verifier';
"""
_ACTS_FOR = """\
GRANT :"role" TO :"user";
ALTER ROLE :"user" SET role = :'role';
SELECT format('CREATE DATABASE %I OWNER %I', :'database', :'role')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \\gexec
"""
_SHUT_OUT = """\
ALTER ROLE :"user" NOLOGIN PASSWORD NULL;
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = :'user';
"""


@dataclass(frozen=True, kw_only=True)
class DatabaseUser(Kind):
    """A database user who may sign in, and acts for a role that owns all it makes.

    The role, and the database, are made where they are not there yet and otherwise left as they are. A user without
    a role is one that the server itself has made; of that the password alone is set.
    """

    IDENTITY: ClassVar[tuple[str, ...]] = ("container", "user")

    container: str
    user: str
    """Who signs in."""
    password: str
    role: str = ""
    database: str = ""

    def read(self) -> dict[str, Any] | None:
        """Return what differs; of a database that does not answer nothing can be told."""
        session = PostgresSession(self.container)
        if not session.exists:
            return None
        try:
            found = self._found(session)
        except DatabaseAwayError:
            return {}
        if not found:
            return None
        ((kept, may_sign_in, acts_for, has_database),) = found
        differing: dict[str, Any] = {}
        if may_sign_in == "f":
            differing["user"] = f"{self.user}, who may not sign in"
        if not proves(kept, self.password):
            differing["password"] = _DIFFERENT
        if acts_for != self.role:
            differing["role"] = acts_for
        if has_database == "f":
            differing["database"] = ""
        return differing

    def apply(self) -> None:
        """Make role, user and database, as far as they are missing, and set the password."""
        statements = _MADE_WHERE_MISSING + _LET_IN + (_ACTS_FOR if self.role else "")
        names = {"user": self.user, "role": self.role, "database": self.database}
        PostgresSession(self.container).rows(statements, verifier=verifier(self.password), **names)

    def remove(self) -> None:
        """Let the user in no more, and end what it has open; what it has made belongs to the role, and stays."""
        session = PostgresSession(self.container)
        if self.role and session.is_running and self._found(session):
            session.rows(_SHUT_OUT, user=self.user)

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield names that would have to be escaped, and one of role and database without the other."""
        if bool(self.role) != bool(self.database):
            yield "database", "must be given with `role`, which owns it"
        given = {field: value for field in ("role", "database") if (value := getattr(self, field))}
        yield from names_that_do_not_fit(user=self.user, **given)

    def _found(self, session: PostgresSession) -> list[list[str]]:
        return session.rows(_QUESTION, user=self.user, database=self.database)


def names_that_do_not_fit(**names: str) -> Iterator[tuple[str, str]]:
    """Yield the fields whose names would have to be escaped in a statement, and the sentence."""
    for field, name in names.items():
        if not _NAME.fullmatch(name):
            yield field, _WRONG_NAME
