"""The SSH server: what its configuration means to itself, and having it read that anew."""

import re
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from infra.host.agent import accounts, places, ssh_session
from infra.host.agent.commands import last_words, must, run
from infra.host.agent.request import current

Meaning = dict[str, list[str]]
"""Keyword in lower case to its values, as `sshd -T` prints them."""

UNIT = "ssh.service"
SOCKET = "ssh.socket"
"""Where it is active, as on Ubuntu, systemd listens in the place of sshd."""
RELOAD = ("systemctl", "reload", UNIT)
"""Only ever this: a restart would end the connections there are, and with a bad configuration none could follow."""
# Keywords that `sshd -T` prints under their present name only.
_FORMER_NAMES = {
    "challengeresponseauthentication": "kbdinteractiveauthentication",
    "skeyauthentication": "kbdinteractiveauthentication",
    "pubkeyacceptedkeytypes": "pubkeyacceptedalgorithms",
    "hostbasedacceptedkeytypes": "hostbasedacceptedalgorithms",
    "hostbasedkeytypes": "hostbasedacceptedalgorithms",
}
_LINE = re.compile(r"\s*([A-Za-z][A-Za-z0-9]*)(?:\s*=\s*|\s+)(.*?)\s*")
_FROM_HERE = ("127.0.0.1", "127.0.0.1", 22)
_LISTENING = "0A"
_RELOAD_SECONDS = 30
"""Whoever signs in too early finds nobody, and a good change is put back. Reached where sshd does not begin anew."""
_POLL_SECONDS = 0.02


def main_config() -> Path:
    """Return the file that sshd starts from."""
    return places.SSHD / "sshd_config"


def folder() -> Path:
    """Return the folder whose files Debian's main file includes first."""
    return places.SSHD / "sshd_config.d"


def keyword(line: str) -> str:
    """Return the keyword of a line in lower case, or nothing when it sets none."""
    parsed = split(line)
    return parsed[0].lower() if parsed else ""


def split(line: str) -> tuple[str, str] | None:
    """Return keyword and value of a line as they are written, or nothing when it sets none."""
    matched = _LINE.fullmatch(line)
    return (matched[1], matched[2]) if matched else None


def meaning(config: Path) -> Meaning | None:
    """Return what a configuration means for the connection in use, or nothing when sshd refuses it."""
    session = ssh_session.in_use()
    address, own, port = (session.client, session.server, session.port) if session else _FROM_HERE
    # All of it, because sshd gives up on a Match whose condition it is not told about.
    about = f"user={accounts.signed_in()},host={address},addr={address},laddr={own},lport={port},rdomain="
    result = run(["sshd", "-T", "-C", about, "-f", str(config)])
    if result.code:
        return None
    found: Meaning = {}
    for line in result.output.splitlines():
        name, _, value = line.partition(" ")
        found.setdefault(name, []).append(value)
    return found


def meaning_of(lines: Iterable[str]) -> Meaning | None:
    """Return what lines mean on their own."""
    with TemporaryDirectory() as temporary:
        config = Path(temporary) / "sshd_config"
        config.write_text("".join(f"{line}\n" for line in lines))
        return meaning(config)


def values(meaning: Mapping[str, list[str]], name: str) -> list[str] | None:
    """Return the values of a keyword, sorted, or nothing when `sshd -T` tells none."""
    lower = name.lower()
    found = meaning.get(_FORMER_NAMES.get(lower, lower))
    return None if found is None else sorted(found)


def complaint(config: Path) -> str:
    """Return why sshd refuses a configuration, or nothing."""
    result = run(["sshd", "-t", "-f", str(config)])
    return last_words(result) or f"exit code {result.code}" if result.code else ""


def is_running() -> bool:
    """Tell whether there is a server to reload; where systemd starts one for each connection there is none."""
    return _is_active(UNIT)


def reload() -> None:
    """Have sshd read its configuration, and wait until it listens again.

    It starts itself anew, and for a moment nobody listens: whoever confirms the change must not come in that moment.
    """
    if not is_running():
        return
    ports = {int(port) for port in (meaning(main_config()) or {}).get("port", [])}
    before = set() if _is_active(SOCKET) else _listening(ports)
    must(RELOAD, finish=True)
    deadline = time.monotonic() + _RELOAD_SECONDS
    while before and time.monotonic() < deadline:
        after = _listening(ports)
        # Sockets of other programs on these ports are in both.
        if before - after and after - before:
            return
        current().pause(_POLL_SECONDS)


def _is_active(unit: str) -> bool:
    return run(["systemctl", "is-active", "--quiet", unit]).code == 0


def _listening(ports: set[int]) -> set[str]:
    """Return the inodes of the sockets that listen on the given ports."""
    found = set()
    for table in ("tcp", "tcp6"):
        path = places.PROC / "net" / table
        for line in path.read_text().splitlines()[1:] if path.exists() else ():
            fields = line.split()
            if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) in ports:
                found.add(fields[9])
    return found
