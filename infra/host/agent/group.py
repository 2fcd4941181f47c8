"""A group of users."""

import grp
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from infra.host.agent import accounts
from infra.host.agent.commands import must
from infra.host.agent.kind import Kind


@dataclass(frozen=True, kw_only=True)
class Group(Kind):
    """A group; who is in it is said by each `User`."""

    IDENTITY: ClassVar[tuple[str, ...]] = ("name",)
    COMPUTED: ClassVar[tuple[str, ...]] = ("gid",)

    name: str
    system: bool = False
    gid: int | None = None

    def read(self) -> dict[str, Any] | None:
        """Return the group's number."""
        try:
            return {"gid": grp.getgrnam(self.name).gr_gid}
        except KeyError:
            return None

    def apply(self) -> None:
        """Add the group, or give it its number."""
        with accounts.changing:
            found = self.read()
            number = [] if self.gid is None else ["--gid", str(self.gid)]
            if found is None:
                must(["groupadd", *(["--system"] if self.system else []), *number, self.name], finish=True)
            elif number and found["gid"] != self.gid:
                must(["groupmod", *number, self.name], finish=True)

    def remove(self) -> None:
        """Delete the group."""
        with accounts.changing:
            if self.read() is not None:
                must(["groupdel", self.name], finish=True)

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield a name that Debian refuses."""
        yield from accounts.name_mistakes(self.name)
