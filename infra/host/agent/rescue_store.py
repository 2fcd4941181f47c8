"""Trials: what is saved before a change that could lock people out, and the timer and boot unit that put it back.

There is one trial at a time on a server; `infra.host.agent.put_back` says how its files look.
"""

import json
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any, cast

from infra.host.agent import files, own_file, places, put_back, ssh_session
from infra.host.agent.commands import must, run
from infra.host.agent.kind import AgentError
from infra.host.agent.put_back import Outcome
from infra.host.agent.rescue import Rescue

if TYPE_CHECKING:
    from importlib.abc import InspectLoader

WINDOW_SECONDS = 100
"""How long a change may go unconfirmed. Undoing takes a loaded server 13 s more, and access is to be back in 140 s."""
_PROGRAM = "put_back.py"
_UNIT = "slipway-rescue"
_BOOT_UNIT = f"{_UNIT}.service"
_WANTED_BY = "multi-user.target"


def arm(rescue: Rescue) -> str:
    """Save what a change could spoil, start the timer that puts it back, and return the name of the trial.

    Raises:
        AgentError: when it cannot be saved, or there is nothing that would put it back; nothing is on trial then.
    """
    name = token_hex(4)
    _prepare()
    _save(rescue, places.RESCUE / name)
    with put_back.locked(places.RESCUE):
        put_back.begin(places.RESCUE, name)
    try:
        must(_timer_command(name), finish=True)
    except AgentError:
        keep(name)
        raise
    return name


def is_changed(name: str) -> bool:
    """Tell whether something is not as it was when the trial began."""
    return put_back.differs(places.RESCUE, name)


def keep(name: str) -> bool:
    """End a trial and keep the change; return whether it was still on trial."""
    with put_back.locked(places.RESCUE):
        if put_back.pending(places.RESCUE) != name:
            return False
        put_back.end(places.RESCUE)
    _discard(name)
    return True


def undo(name: str) -> Outcome:
    """Put back what was saved, even when the timer has done so; what fails is left for the timer to try again."""
    with put_back.locked(places.RESCUE):
        outcome = put_back.put_back(places.RESCUE, name, is_last=False)
    if not outcome.stuck and not outcome.unloaded:
        _discard(name)
    return outcome


def is_pending() -> bool:
    """Tell whether a change is on trial, of this agent or another."""
    return bool(put_back.pending(places.RESCUE))


def settle() -> None:
    """Put back what an agent left on trial that is gone; call it only while no agent changes anything.

    Raises:
        AgentError: when something could not be put back.
    """
    if not is_pending():
        return
    with put_back.locked(places.RESCUE):
        name = put_back.pending(places.RESCUE)
        outcome = put_back.put_back(places.RESCUE, name) if name else Outcome([], [], [])
    if outcome.stuck:
        message = f"an earlier change that nobody has confirmed cannot be put back: {'; '.join(outcome.stuck)}"
        raise AgentError(message)
    if name:
        _discard(name)


def _prepare() -> None:
    """Lay out the program and the boot unit, and clear away what earlier trials left."""
    places.RESCUE.mkdir(mode=0o700, parents=True, exist_ok=True)
    places.RESCUE.chmod(0o700)
    for folder in places.RESCUE.iterdir():
        if folder.is_dir():
            shutil.rmtree(folder)
    loader = cast("InspectLoader", put_back.__loader__)
    own_file.write(places.RESCUE / _PROGRAM, cast("str", loader.get_source(put_back.__name__)))
    own_file.write(places.UNITS / _BOOT_UNIT, _boot_unit())
    if not (places.UNITS / f"{_WANTED_BY}.wants" / _BOOT_UNIT).is_symlink():
        must(["systemctl", "enable", "--quiet", _BOOT_UNIT], finish=True)


def _boot_unit() -> str:
    # Without default dependencies, as ufw.service: what comes before the network must not wait for the basic system.
    return f"""\
[Unit]
Description=Put back what Slipway changed and nobody has confirmed
ConditionPathExists={places.RESCUE / put_back.PENDING}
DefaultDependencies=no
RequiresMountsFor={places.RESCUE}
After=local-fs.target
Wants=network-pre.target
Before=network-pre.target ssh.service ssh.socket ufw.service slipway-firewall.service fail2ban.service
Conflicts=shutdown.target
Before=shutdown.target

[Service]
Type=oneshot
ExecStart={sys.executable} -I {places.RESCUE / _PROGRAM}

[Install]
WantedBy={_WANTED_BY}
"""


def _timer_command(name: str) -> list[str]:
    # Without AccuracySec systemd may be a minute late.
    return [
        *("systemd-run", "--quiet", "--collect", f"--unit={_UNIT}-{name}"),
        *(f"--on-active={WINDOW_SECONDS}", "--timer-property=AccuracySec=1s"),
        *(sys.executable, "-I", str(places.RESCUE / _PROGRAM), name),
    ]


def _discard(name: str) -> None:
    """Stop the timer and forget what was saved."""
    run(["systemctl", "stop", f"{_UNIT}-{name}.timer"], finish=True)
    shutil.rmtree(places.RESCUE / name, ignore_errors=True)


def _save(rescue: Rescue, folder: Path) -> None:
    folder.mkdir(mode=0o700)
    session = ssh_session.in_use()
    plan = {
        "files": [_saved(Path(path), folder / str(number)) for number, path in enumerate(rescue.files)],
        "accounts": [line for name in rescue.accounts for line in _account(name)],
        "reload": rescue.reload,
        "client": str(session.client) if session else "",
    }
    files.write(folder / put_back.PLAN, json.dumps(plan).encode(), mode=0o600)


def _saved(path: Path, copy: Path) -> dict[str, Any]:
    """Copy a file and return how it is put back."""
    try:
        status = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        missing = [str(folder) for folder in path.parents if not folder.exists()]
        return {"path": str(path), "type": "absent", "folders": missing}
    if stat.S_ISLNK(status.st_mode):
        return {"path": str(path), "type": "link", "target": str(path.readlink())}
    if not stat.S_ISREG(status.st_mode):
        message = f"{path} is neither a file nor a link and cannot be saved: it is not changed"
        raise AgentError(message)
    files.write(copy, path.read_bytes(), mode=0o600)
    return {
        "path": str(path),
        "type": "file",
        "copy": copy.name,
        "mode": stat.S_IMODE(status.st_mode),
        "owner": status.st_uid,
        "group": status.st_gid,
        "modified": status.st_mtime_ns,
    }


def _account(name: str) -> Iterator[dict[str, Any]]:
    """Yield a user's lines and memberships, database by database."""
    for database in (*put_back.KEYED, *put_back.MEMBERSHIPS):
        path = places.ACCOUNTS / database
        if not path.exists():
            continue
        lines = path.read_bytes().decode(errors="surrogateescape").splitlines()
        mine = [number for number, line in enumerate(lines) if line.partition(":")[0] == name]
        own, place = [lines[number] for number in mine], mine[0] if mine else len(lines)
        saved: dict[str, Any] = {"path": str(path), "name": name, "lines": own, "place": place}
        if database in put_back.MEMBERSHIPS:
            members = {line.partition(":")[0]: line.rpartition(":")[2].split(",") for line in lines}
            saved["memberships"] = {group: listed.index(name) for group, listed in members.items() if name in listed}
        yield saved
