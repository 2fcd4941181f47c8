"""Files that are nobody's but a resource's own: root's, open to all for reading, and exactly of its content."""

import stat
from collections.abc import Mapping
from pathlib import Path

from infra.host.agent import files

_MODE = 0o644
_OTHERWISE = "<has another owner or mode on the server>"


def is_intact(path: Path, content: str) -> bool:
    """Return whether a file is as it was written."""
    try:
        return _is_ours(path) and path.read_bytes() == content.encode()
    except (FileNotFoundError, NotADirectoryError):
        return False


def differences(path: Path, content: str, prefixes: Mapping[str, str]) -> dict[str, str] | None:
    """Return by field what a file says other than it was written; nothing at all when it is not there.

    Args:
        path: the file.
        content: what was written.
        prefixes: field to how the line that holds it begins; the first one also tells what no such line does.
    """
    try:
        found = path.read_bytes().decode(errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        return None
    told = {
        field: ", then ".join(_values(found, prefix)) or "<none>"
        for field, prefix in prefixes.items()
        if _values(found, prefix) != _values(content, prefix)
    }
    # After a refresh what is wanted may be what was told: then it must not look as if the rest were as it was written.
    unknown = _OTHERWISE in content or files.DIFFERS in content
    if not unknown and (told or is_intact(path, content)):
        return told
    return {next(iter(prefixes)): _OTHERWISE if found == content else files.difference(found.encode())}


def write(path: Path, content: str) -> bool:
    """Write a file unless it is intact; return whether it was not."""
    if is_intact(path, content):
        return False
    files.write(path, content.encode(), mode=_MODE)
    return True


def remove(path: Path) -> None:
    """Delete a file; succeed when it is already gone."""
    path.unlink(missing_ok=True)


def _is_ours(path: Path) -> bool:
    status = path.lstat()
    return (status.st_mode, status.st_uid, status.st_gid) == (stat.S_IFREG | _MODE, 0, 0)


def _values(content: str, prefix: str) -> list[str]:
    return [line.removeprefix(prefix).strip() for line in content.splitlines() if line.startswith(prefix)]
