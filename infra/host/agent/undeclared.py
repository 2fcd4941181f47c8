"""What is on a server that nobody has declared."""

import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from infra.host.agent import accounts, docker, files, people, places, public_key, ufw_state
from infra.host.agent.commands import must
from infra.host.agent.kind import AgentError, Kind
from infra.host.agent.people import Account
from infra.host.agent.request import current
from infra.host.agent.rescue import Rescue

USERS = "users"
PARTS = (USERS, "keys", "firewall")
_OURS = "slipway-"
"""How the names of our own files of sudo rules begin."""
_LABEL = "slipway.product"
_READ_BY_SUDO = re.compile(r"[^.~]+")
_ENDED = "1"
"""A day long ago, in days since 1970: usermod(8) wants it for an account that is to be shut."""
_RECORD = "accounts.json"
_LOOPBACK = ("127.", "::1")


@dataclass(frozen=True, kw_only=True)
class Undeclared(Kind):
    """What somebody has set up by hand beside what is declared: it is told, and left alone.

    Where `exclusive` names the users, those that are people's and not declared are locked and expired: nobody gets in
    as one of them any more, whatever the way, and their homes stay. Root and users of the system are left alone, and so
    are the `spared` and whoever has signed in. A user who is declared later, or is no longer to go, gets back what it
    had.
    """

    IDENTITY: ClassVar[tuple[str, ...]] = ()

    users: tuple[str, ...]
    spared: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    firewall: bool = False
    exclusive: tuple[str, ...] = ()

    def read(self) -> dict[str, Any] | None:
        """Return the parts that are exclusive, without those where there is something else."""
        return {"exclusive": tuple(part for part in self.exclusive if part != USERS or not self._intruders())}

    def preview(self) -> dict[str, Any]:
        """Return what there is, part by part, as people know it."""
        own, of_others = self._foreign_keys()
        return {
            "users": [account.name for account in self._strangers()],
            "sudoers": list(_sudoers()),
            "keys": own,
            "keys_of_others": of_others,
            "rules": list(_rules()) if self.firewall else [],
            "ports": list(_published()),
        }

    def apply(self) -> None:
        """Shut the accounts that are not declared, where that is asked for; give back those that it is not, or no more.

        Raises:
            AgentError: when an account cannot be changed.
        """
        with accounts.changing:
            if shut := self._intruders():
                for account in shut:
                    _shut(account)
                names = ", ".join(account.name for account in shut)
                current().warn(f"locked and expired on {current().host}: {names}; who is signed in stays so")
            for name in _kept():
                if name in self.users or USERS not in self.exclusive:
                    _give_back(name, password=name not in self.users)

    def remove(self) -> None:
        """Give back every account that was shut."""
        with accounts.changing:
            for name in _kept():
                _give_back(name, password=True)

    def rescue(self) -> Rescue | None:
        """Return the accounts that are to be shut: one of them may be the way in after all."""
        names = tuple(account.name for account in self._intruders())
        return Rescue(accounts=names) if names else None

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield a part that there is not."""
        if unknown := sorted({*self.exclusive} - {*PARTS}):
            yield "exclusive", f"has no part {', '.join(unknown)}; there are {', '.join(PARTS)}"

    def identity(self) -> str:
        """Return the one id there is on a server."""
        return "undeclared"

    def _strangers(self) -> list[Account]:
        """Return the people nobody has declared, and who get in."""
        return [each for each in people.accounts() if each.is_person and not each.is_expired and not self._knows(each)]

    def _intruders(self) -> list[Account]:
        """Return those of them that are to be shut."""
        return self._strangers() if USERS in self.exclusive else []

    def _knows(self, account: Account) -> bool:
        return account.name in {*self.users, *self.spared, accounts.signed_in()}

    def _foreign_keys(self) -> tuple[list[str], list[str]]:
        """Return the keys of declared users that nobody has declared, and all those of others."""
        declared = {key.encoded for line in self.keys if (key := public_key.parse_with_options(line))}
        own, of_others = list[str](), list[str]()
        for account in people.accounts():
            keys = list(_keys(account))
            if account.name in self.users:
                own += [f"{account.name}: {key.described()}" for key in keys if key.encoded not in declared]
            else:
                of_others += [f"{account.name}: {key.described()}" for key in keys]
        return own, of_others


def _keys(account: Account) -> Iterator[public_key.PublicKey]:
    """Yield the keys that may sign in as a user."""
    try:
        # sshd follows links.
        path = Path(os.path.realpath(account.home / places.AUTHORIZED_KEYS))
        text = files.read_of_others(path).decode(errors="replace")
    except OSError:
        return
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    yield from filter(None, map(public_key.parse_with_options, lines))


def _sudoers() -> Iterator[str]:
    """Yield the files of sudo rules that are not ours, and that sudo reads."""
    with suppress(FileNotFoundError):
        for path in sorted(places.SUDOERS.iterdir()):
            name = path.name
            if _READ_BY_SUDO.fullmatch(name) and name != "README" and not name.startswith(_OURS):
                yield name


def _rules() -> Iterator[str]:
    with ufw_state.changing:
        state = ufw_state.read()
    if state is not None and state.settings.enabled:
        yield from ufw_state.undeclared(state)


def _published() -> Iterator[str]:
    """Yield the ports that containers of others publish beyond the loopback."""
    try:
        containers = docker.find("/containers/json") or []
    except AgentError:
        return
    for container in containers:
        if _LABEL in (container.get("Labels") or {}):
            continue
        name = (container.get("Names") or ["/?"])[0].removeprefix("/")
        ports = {
            f"{port['PublicPort']}/{port['Type']}"
            for port in container.get("Ports") or []
            if port.get("PublicPort") and not port.get("IP", "").startswith(_LOOPBACK)
        }
        yield from (f"{port} of {name}" for port in sorted(ports))


def _kept() -> dict[str, dict[str, Any]]:
    """Return what the accounts were that have been shut, by name."""
    try:
        kept = json.loads((places.FORMER / _RECORD).read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _keep(kept: dict[str, dict[str, Any]]) -> None:
    files.write(places.FORMER / _RECORD, json.dumps(kept, sort_keys=True).encode(), mode=0o600)


def _shut(account: Account) -> None:
    """Lock an account and let it end; what it was is on record before."""
    kept = _kept()
    kept.setdefault(account.name, {"expires": account.expires, "locked": account.is_locked})
    _keep(kept)
    must(["usermod", "--lock", "--expiredate", _ENDED, account.name], finish=True)


def _give_back(name: str, *, password: bool) -> None:
    """Make an account what it was, unless it is gone or somebody has changed it since.

    Args:
        name: the user.
        password: whether its password is unlocked, too, if it was not locked before.
    """
    kept = _kept()
    former = kept[name]
    account = next((each for each in people.accounts() if each.name == name), None)
    if account is not None and account.expires == _ENDED:
        unlock = ["--unlock"] if password and not former["locked"] else []
        must(["usermod", *unlock, "--expiredate", former["expires"], name], finish=True)
    del kept[name]
    _keep(kept)
