"""The user whose turn it is not: nobody signs in by the password that was there before."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from infra.host.agent.database_user import NAME, SHUT_OUT, WRONG_NAME
from infra.host.agent.kind import AgentError, Kind
from infra.host.agent.postgres_session import PostgresSession

_QUESTION = "SELECT 1 FROM pg_roles WHERE rolname = :'user' AND rolcanlogin;\n"


@dataclass(frozen=True, kw_only=True)
class RetiredDatabaseUser(Kind):
    """A database user who was let in until every service signed in as the other one; its sessions are ended."""

    IDENTITY: ClassVar[tuple[str, ...]] = ("container", "name")

    container: str
    name: str
    """The role that both users act for."""
    user: str
    """Who may not sign in."""

    def read(self) -> dict[str, Any] | None:
        """Return that the user is let in, where it is; of a database that does not answer nothing can be told."""
        session = PostgresSession(self.container)
        if not session.exists:
            return None
        try:
            is_let_in = any(session.rows(_QUESTION, user=self.user))
        except AgentError:
            return {}
        return {"user": f"{self.user}, who may sign in"} if is_let_in else {}

    def apply(self) -> None:
        """Let the user in no more, and end what it has open."""
        session = PostgresSession(self.container)
        if any(session.rows(_QUESTION, user=self.user)):
            list(session.rows(SHUT_OUT, user=self.user))

    def remove(self) -> None:
        """Leave it as it is."""

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield a name that would have to be escaped."""
        if not NAME.fullmatch(self.user):
            yield "user", WRONG_NAME
