"""Mode, owner and group of files and folders."""

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from infra.host.agent import accounts


def read(status: os.stat_result, *, owner: str, group: str) -> dict[str, str]:
    """Return mode, owner and group as a kind's fields have them; `owner` and `group` are the wanted ones."""
    return {
        "mode": f"{stat.S_IMODE(status.st_mode):04o}",
        "owner": accounts.user_called(status.st_uid, owner),
        "group": accounts.group_called(status.st_gid, group),
    }


def described_mode(status: os.stat_result, *, owner: str) -> str:
    """Return the mode, and the owner besides where that is another than the wanted one."""
    mode, found = f"{stat.S_IMODE(status.st_mode):04o}", accounts.user_called(status.st_uid, owner)
    return mode if found == owner else f"{mode}, owned by {found}"


def apply(path: Path, *, mode: str, owner: str, group: str) -> None:
    """Put right what differs; the owner first, because a change of owner clears set-user-id bits."""
    status = path.stat()
    wanted = (accounts.user_number(owner), accounts.group_number(group))
    if (status.st_uid, status.st_gid) != wanted:
        os.chown(path, *wanted)
    if stat.S_IMODE(path.stat().st_mode) != int(mode, 8):
        path.chmod(int(mode, 8))


def mistakes(path: str, mode: str) -> Iterator[tuple[str, str]]:
    """Yield a path that is not absolute and a mode that is none."""
    if not path.startswith("/") or path != os.path.normpath(path):
        yield "path", "must be an absolute path without `.`, `..` or a slash at its end"
    if not re.fullmatch(r"[0-7]{4}", mode):
        yield "mode", 'must be four octal digits, as in "0644"'


def loose_mode(mode: str) -> Iterator[tuple[str, str]]:
    """Yield a mode that is none, or lets others than the owner write: sshd and sudo refuse such files."""
    if not re.fullmatch(r"0[0-7]{3}", mode) or int(mode, 8) & 0o022:
        yield "mode", 'must be four octal digits that let nobody but the owner write, as in "0600"'
