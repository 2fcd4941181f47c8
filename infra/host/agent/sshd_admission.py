"""Whether sshd would let in whoever is signed in, as far as its configuration alone tells."""

import grp
import os
import pwd
from collections.abc import Iterator
from fnmatch import fnmatchcase
from ipaddress import ip_address

from infra.host.agent import accounts, ssh_session, sshd
from infra.host.agent.ssh_session import SshSession
from infra.host.agent.sshd import Meaning


def obstacles(meaning: Meaning) -> Iterator[str]:
    """Yield the keywords, in lower case, by which a configuration would keep out whoever is signed in.

    What depends on the client's address or name is left to the new connection, which is made in any case.
    """
    user = accounts.signed_in()
    yield from _lists(meaning, "users", [user])
    yield from _lists(meaning, "groups", _groups(user))
    if meaning.get("pubkeyauthentication") == ["no"]:
        yield "pubkeyauthentication"
    session = ssh_session.in_use()
    if session and sshd.is_running() and not _listens(meaning, session):
        yield from ("port", "listenaddress")


def _lists(meaning: Meaning, what: str, names: list[str]) -> Iterator[str]:
    denied, allowed = meaning.get(f"deny{what}", []), meaning.get(f"allow{what}", [])
    if any(_is_about(pattern, name) for pattern in denied if "@" not in pattern for name in names):
        yield f"deny{what}"
    if allowed and not any(_is_about(pattern.partition("@")[0], name) for pattern in allowed for name in names):
        yield f"allow{what}"


def _is_about(pattern: str, name: str) -> bool:
    """Return whether a pattern of sshd's, which knows `*` and `?`, is about a name."""
    return fnmatchcase(name, pattern.replace("[", "[[]"))


def _groups(user: str) -> list[str]:
    first = next((entry.pw_gid for entry in pwd.getpwall() if entry.pw_name == user), None)
    numbers = [] if first is None else os.getgrouplist(user, first)
    return [entry.gr_name for entry in grp.getgrall() if entry.gr_gid in numbers]


def _listens(meaning: Meaning, session: SshSession) -> bool:
    """Return whether sshd would still listen where the connection in use came to."""
    for place in meaning.get("listenaddress", []):
        address, _, port = place.rpartition(":")
        listening = ip_address(address.strip("[]").partition("%")[0])
        if int(port) == session.port and (listening.is_unspecified or listening == session.server):
            return True
    return False
