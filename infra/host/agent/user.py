"""A user account."""

import grp
import os
import pwd
from dataclasses import dataclass
from typing import Any, ClassVar

from infra.host.agent import accounts
from infra.host.agent.commands import must
from infra.host.agent.kind import Kind


@dataclass(frozen=True, kw_only=True)
class User(Kind):
    """A user without a password; removing it keeps its home."""

    IDENTITY: ClassVar[tuple[str, ...]] = ("name",)
    COMPUTED: ClassVar[tuple[str, ...]] = ("uid", "home")

    name: str
    uid: int | None = None
    shell: str = "/bin/bash"
    groups: tuple[str, ...] = ()
    home: str | None = None
    system: bool = False

    def read(self) -> dict[str, Any] | None:
        """Return number, home, shell and the supplementary groups."""
        try:
            account = pwd.getpwnam(self.name)
        except KeyError:
            return None
        groups = {
            entry.gr_name for entry in grp.getgrall() if self.name in entry.gr_mem and entry.gr_gid != account.pw_gid
        }
        return {
            "uid": account.pw_uid,
            "home": account.pw_dir,
            "shell": account.pw_shell,
            "groups": self.groups if groups == set(self.groups) else tuple(sorted(groups)),
        }

    def apply(self) -> None:
        """Add the user, or change what differs."""
        for group in self.groups:
            accounts.group_number(group)
        with accounts.changing:
            found = self.read()
            if found is None:
                must(["useradd", *self._creation(), *self._options(), self.name], finish=True)
            elif changed := self._options(found):
                must(["usermod", *changed, self.name], finish=True)

    def remove(self) -> None:
        """Delete the user; its home stays."""
        with accounts.changing:
            if self.read() is None:
                return
            # The agent may run through this very account: only then a user that is signed in is removed.
            force = ["--force"] if os.environ.get("SUDO_USER") == self.name else []
            must(["userdel", *force, self.name], finish=True)

    def _creation(self) -> list[str]:
        own_group = any(entry.gr_name == self.name for entry in grp.getgrall())
        return [
            "--create-home",
            *(["--system"] if self.system else []),
            *(["--gid", self.name] if own_group else ["--user-group"]),
        ]

    def _options(self, found: dict[str, Any] | None = None) -> list[str]:
        """Return the options for what differs from `found`, or for everything."""
        wanted = {
            "uid": ("--uid", None if self.uid is None else str(self.uid)),
            "home": ("--home", self.home),
            "shell": ("--shell", self.shell),
            "groups": ("--groups", ",".join(self.groups)),
        }
        return [
            word
            for name, (option, value) in wanted.items()
            if value is not None and (found is None or found[name] != getattr(self, name))
            for word in (option, value)
        ]
