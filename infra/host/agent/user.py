"""A user account."""

import grp
import pwd
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar

from infra.host.agent import accounts, places
from infra.host.agent.commands import last_words, must, run
from infra.host.agent.kind import AgentError, Kind
from infra.host.agent.request import current
from infra.host.agent.rescue import Rescue

_LOCKED = "locked"
_IN_USE = 8
"""How userdel ends when the user runs something."""
_ATTEMPTS = 20
_PAUSE_SECONDS = 0.25


@dataclass(frozen=True, kw_only=True)
class User(Kind):
    """A user; removing it keeps its home.

    `groups` are added to those it is in, or are all of them when `exclusive_groups` is set. A `password` can only be
    `locked`; without it the password is not managed, and a new user has none.
    """

    IDENTITY: ClassVar[tuple[str, ...]] = ("name",)
    COMPUTED: ClassVar[tuple[str, ...]] = ("uid", "home", "undeclaredGroups")

    name: str
    uid: int | None = None
    shell: str = "/bin/bash"
    groups: tuple[str, ...] = ()
    home: str | None = None
    system: bool = False
    exclusive_groups: bool = False
    password: str | None = None

    def read(self) -> dict[str, Any] | None:
        """Return number, home, shell, whether the password is locked, and the supplementary groups.

        Groups that are not declared are told as `undeclaredGroups`, and among the others when these are exclusive.
        """
        try:
            account = pwd.getpwnam(self.name)
        except KeyError:
            return None
        groups = {
            entry.gr_name for entry in grp.getgrall() if self.name in entry.gr_mem and entry.gr_gid != account.pw_gid
        }
        if lost := set(self.groups) - groups:
            self._warn_of(lost)
        undeclared = groups - set(self.groups)
        counted = groups if self.exclusive_groups else groups - undeclared
        return {
            "uid": account.pw_uid,
            "home": account.pw_dir,
            "shell": account.pw_shell,
            "groups": self.groups if counted == set(self.groups) else tuple(sorted(counted)),
            **({} if self.password is None else {"password": _password_state(self.name)}),
            "undeclaredGroups": sorted(undeclared),
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
        """Delete the user, whose sessions and programs are ended first; its home stays."""
        with accounts.changing:
            found = self.read()
            if found is None:
                return
            # The agent may run through this very account, and would end itself.
            if accounts.signed_in() == self.name:
                must(["userdel", "--force", self.name], finish=True)
                return
            result = run(["userdel", self.name], finish=True)
            # Under the number of root there runs the whole system.
            if result.code == _IN_USE and found["uid"]:
                self._end_sessions()
                must(["userdel", self.name], finish=True)
            elif result.code:
                message = f"{self.name} could not be removed from {current().host}: {last_words(result)}"
                raise AgentError(message)

    def rescue(self) -> Rescue | None:
        """Return the user's account: without its shell or a group it may not get in. A new one locks nobody out."""
        return None if self.read() is None else Rescue(accounts=(self.name,))

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield a name that Debian refuses, and a password, which would lie open in the state."""
        yield from accounts.name_mistakes(self.name)
        if self.password not in {None, _LOCKED}:
            yield "password", f"can only be `{_LOCKED}`: people sign in by key"

    def _end_sessions(self) -> None:
        """End what the user runs; userdel refuses as long as there is anything."""
        current().warn(f"{self.name} was signed in to {current().host}: all that ran there as {self.name} was ended")
        # The sessions first: their manager would start again what is killed. There may be no logind.
        with suppress(AgentError):
            run(["loginctl", "terminate-user", self.name], finish=True)
        for _ in range(_ATTEMPTS):
            # It finds nothing any more once all have ended. Containers may run under the same number: they live on.
            if run(["pkill", "-KILL", "--ns", "1", "--nslist", "pid", "--uid", self.name], finish=True).code:
                return
            current().pause(_PAUSE_SECONDS)

    def _warn_of(self, lost: set[str]) -> None:
        """Say what to do where the one who is signed in has lost a group: what is read as this user may be closed."""
        request = current()
        if self.name == accounts.signed_in() and request.message.get("op") == "read":
            request.warn(
                f"{self.name} is no longer in {' and '.join(sorted(lost))} on {request.host}. Where that keeps "
                "something from being read, as Docker without its group, run `PULUMI_RUN_PROGRAM=true pulumi up` "
                "once: it puts this right before it reads what depends on it"
            )

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
        options = [
            word
            for name, (option, value) in wanted.items()
            if value is not None and (found is None or found[name] != getattr(self, name))
            for word in (option, value)
        ]
        if found is None:
            # A new user's password is locked anyway.
            return options
        if "--groups" in options and not self.exclusive_groups:
            options.append("--append")
        if self.password and found["password"] != self.password:
            options.append("--lock")
        return options


def _password_state(name: str) -> str:
    """Return whether somebody can sign in with a password; nothing of the password itself."""
    for line in (places.ACCOUNTS / "shadow").read_bytes().decode(errors="replace").splitlines():
        user, _, rest = line.partition(":")
        if user == name:
            password = rest.partition(":")[0]
            return _LOCKED if password.startswith(("!", "*")) else "in use" if password else "empty"
    return "in use"
