"""A function by which a pooler looks up what a PostgreSQL server keeps of the passwords of those it lets in."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from infra.host.agent.database_user import names_that_do_not_fit
from infra.host.agent.kind import Kind
from infra.host.agent.postgres_session import DatabaseAwayError, PostgresSession

# One line without quotes, as psql takes it into a variable. Who may do everything is not let in by a pooler.
_BODY = (
    "SELECT rolname, CASE WHEN rolvaliduntil < now() THEN NULL ELSE rolpassword END FROM pg_authid "
    "WHERE rolname = wanted AND rolcanlogin AND NOT rolsuper AND NOT rolreplication"
)
_DATABASES = "SELECT datname FROM pg_database WHERE datname = :'database';\n"
_QUESTION = """\
SELECT prosrc = :'body' AND prosecdef AND proconfig = '{search_path=pg_catalog}' AND owner.rolsuper
       AND has_schema_privilege(role.oid, pronamespace, 'USAGE')
       AND has_function_privilege(role.oid, proc.oid, 'EXECUTE')
       AND NOT has_function_privilege('public', proc.oid, 'EXECUTE')
FROM pg_proc AS proc JOIN pg_roles AS owner ON owner.oid = proowner JOIN pg_roles AS role ON role.rolname = :'role'
WHERE proc.oid = to_regprocedure(format('%I.verifier_of(text)', :'role'));
"""
_MADE = """\
BEGIN;
CREATE SCHEMA IF NOT EXISTS :"role";
CREATE OR REPLACE FUNCTION :"role".verifier_of(wanted text) RETURNS TABLE (name name, verifier text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS :'body';
ALTER FUNCTION :"role".verifier_of(text) OWNER TO CURRENT_USER;
REVOKE ALL ON FUNCTION :"role".verifier_of(text) FROM PUBLIC;
GRANT USAGE ON SCHEMA :"role" TO :"role";
GRANT EXECUTE ON FUNCTION :"role".verifier_of(text) TO :"role";
COMMIT;
"""
_REMOVED = """\
BEGIN;
DROP FUNCTION IF EXISTS :"role".verifier_of(text);
SELECT format('REVOKE ALL ON SCHEMA %I FROM %I', nspname, nspname) FROM pg_namespace WHERE nspname = :'role' \\gexec
SELECT format('DROP SCHEMA %I', nspname) FROM pg_namespace AS made WHERE nspname = :'role'
AND NOT EXISTS (SELECT FROM pg_depend WHERE refclassid = 'pg_namespace'::regclass AND refobjid = made.oid) \\gexec
COMMIT;
"""


@dataclass(frozen=True, kw_only=True)
class PasswordLookup(Kind):
    """A function of a database that answers a role with the verifier of whom it is asked for.

    It answers for those only who may sign in and do not do everything, and its role alone may call it.
    """

    IDENTITY: ClassVar[tuple[str, ...]] = ("container", "database", "role")

    container: str
    database: str
    role: str
    """Who may call it; the schema that it is in has the same name."""

    def read(self) -> dict[str, Any] | None:
        """Return what differs; of a database that does not answer nothing can be told."""
        try:
            if not self._exists():
                return None
            found = self._session.rows(_QUESTION, body=_BODY, role=self.role)
        except DatabaseAwayError:
            return {}
        if not found:
            return None
        return {} if found == [["t"]] else {"role": f"{self.role}, by a function that somebody changed"}

    def apply(self) -> None:
        """Make schema and function, and let the role alone call it."""
        self._session.rows(_MADE, body=_BODY, role=self.role)

    def remove(self) -> None:
        """Remove the function, and the schema unless somebody keeps something there."""
        if self._session.is_running and self._exists():
            self._session.rows(_REMOVED, role=self.role)

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield names that would have to be escaped."""
        yield from names_that_do_not_fit(database=self.database, role=self.role)

    @property
    def _session(self) -> PostgresSession:
        return PostgresSession(self.container, self.database)

    def _exists(self) -> bool:
        """Tell whether there is such a database, where the server is there at all."""
        server = PostgresSession(self.container)
        return server.exists and bool(server.rows(_DATABASES, database=self.database))


def query(role: str) -> str:
    """Return how a pooler looks up who signs in: name and verifier of `$1`, as PgBouncer asks for them."""
    return " ".join(["SELECT name, verifier FROM", f'"{role}".verifier_of($1)'])
