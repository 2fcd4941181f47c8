"""The public keys that may sign in as a user."""

import os
import pwd
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from infra.host.agent import accounts, files, ownership, places, public_key
from infra.host.agent.kind import AgentError, Kind
from infra.host.agent.public_key import PublicKey
from infra.host.agent.request import current
from infra.host.agent.rescue import Rescue

_BEGIN = "# BEGIN slipway: what is between these lines is overwritten"
_END = "# END slipway"
_FOLDER_MODE = 0o700


class _Found(NamedTuple):
    """A file of keys, taken apart."""

    before: list[str]
    """Lines above our block."""
    block: list[str]
    """Lines between its marks."""
    after: list[str]
    """Lines below it."""

    @property
    def foreign(self) -> list[str]:
        """What is not in our block."""
        return [*self.before, *self.after]


@dataclass(frozen=True, kw_only=True)
class AuthorizedKeys(Kind):
    """A block of keys in `~/.ssh/authorized_keys`, exactly these; other lines stay unless it is `exclusive`.

    `options` stand before each key, as in `restrict`. A line outside the block that holds one of the keys goes: sshd
    takes the first one, whatever the options of the second.
    """

    IDENTITY: ClassVar[tuple[str, ...]] = ("user",)
    COMPUTED: ClassVar[tuple[str, ...]] = ("undeclared",)

    user: str
    keys: tuple[str, ...]
    options: str = ""
    exclusive: bool = False
    mode: str = "0600"

    def read(self) -> dict[str, Any] | None:
        """Return the keys there are in the block, and as `undeclared` those outside by type, fingerprint and comment.

        A key with other options is shown with these and a mark, one of ours outside the block with another. A text in
        place of the mode tells another owner.
        """
        path = self._path()
        status = path and _status(path)
        if not path or not status or not stat.S_ISREG(status.st_mode):
            return None
        found = _taken_apart(path)
        if not found.block and not self._strays(found):
            return None
        outside = [f"<outside the block> {line}" for line in self._strays(found)]
        surplus = self._others(found) if self.exclusive else []
        return {
            "keys": (*map(self._shown, found.block), *outside, *surplus),
            "mode": ownership.described_mode(status, owner=self.user),
            "undeclared": [_described(line) for line in self._others(found)],
        }

    def apply(self) -> None:
        """Write the block where it is, or at the end; take lines out that hold one of its keys.

        Raises:
            AgentError: when there is no such user, or a link leads elsewhere.
        """
        path = self._path()
        if path is None:
            message = f"there is no user {self.user} on {current().host} to take keys for"
            raise AgentError(message)
        self._make_folder(path.parent)
        found = _Found([], [], []) if self.exclusive else _taken_apart(path)
        block = [_BEGIN, *(self._line(key) for key in self.keys), _END]
        strays = set(self._strays(found))
        before, after = ([line for line in part if line not in strays] for part in (found.before, found.after))
        self._write(path, [*before, *block, *after])

    def remove(self) -> None:
        """Delete the block; the file goes, too, when nothing else is in it.

        Raises:
            AgentError: when the user who is signed in would be left without a key.
        """
        path = self._path()
        if path is None or not (found := _taken_apart(path)).block:
            return
        if self.user == accounts.signed_in() and not any(map(public_key.parse_with_options, found.foreign)):
            message = f"{self.user} is signed in to {current().host} by the last of these keys: they are not removed"
            raise AgentError(message)
        if any(line.strip() for line in found.foreign):
            self._write(path, found.foreign)
        else:
            path.unlink()

    def rescue(self) -> Rescue | None:
        """Return the file: whoever signs in by it could no longer undo anything."""
        path = self._path()
        return Rescue(files=(str(path),)) if path else None

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield no keys at all, each that does not parse or comes twice, and options and a mode that sshd refuses."""
        if not self.keys:
            yield "keys", f"must hold at least one key: nobody could sign in as {self.user} any more"
        seen: dict[str, int] = {}
        for number, line in enumerate(self.keys, 1):
            try:
                key = _single(line)
            except ValueError as error:
                yield "keys", f"line {number} {error}"
                continue
            if seen.setdefault(key.encoded, number) != number:
                yield "keys", f"line {number} holds the same key as line {seen[key.encoded]}"
        yield from ownership.loose_mode(self.mode)
        if not public_key.are_options(self.options):
            yield "options", 'must be separated by commas and quoted where they hold spaces, as in `restrict,from="…"`'

    def _path(self) -> Path | None:
        """Return the file, or nothing when there is no such user."""
        try:
            return Path(pwd.getpwnam(self.user).pw_dir) / places.AUTHORIZED_KEYS
        except KeyError:
            return None

    def _line(self, key: str) -> str:
        return f"{self.options} {key.strip()}".strip()

    def _shown(self, line: str) -> str:
        """Return a line of the block as a field has it."""
        declared = {self._line(key): key for key in self.keys}
        if line in declared:
            return declared[line]
        prefix = f"{self.options} " if self.options else ""
        bare = line.removeprefix(prefix)
        is_ours = line.startswith(prefix) and public_key.is_bare(bare)
        return bare if is_ours else f"<with other options> {line}"

    def _strays(self, found: _Found) -> list[str]:
        """Return the lines outside the block that hold one of the keys."""
        ours = {public_key.parse(key).encoded for key in self.keys}
        return [line for line in found.foreign if (key := _key(line)) and key.encoded in ours]

    def _others(self, found: _Found) -> list[str]:
        """Return the lines outside the block that hold a key of somebody else, or something that is no comment."""
        strays = set(self._strays(found))
        lines = (line.strip() for line in found.foreign if line not in strays)
        return [line for line in lines if line and not line.startswith("#")]

    def _make_folder(self, folder: Path) -> None:
        account = pwd.getpwnam(self.user)
        with suppress(FileExistsError):
            folder.mkdir(mode=_FOLDER_MODE)
            ownership.apply(folder, mode=f"{_FOLDER_MODE:04o}", owner=self.user, group=str(account.pw_gid))
        if folder.is_symlink():
            message = f"{folder} is a link: keys written there could go anywhere"
            raise AgentError(message)

    def _write(self, path: Path, lines: list[str]) -> None:
        account = pwd.getpwnam(self.user)
        content = "".join(f"{line}\n" for line in lines).encode(errors="surrogateescape")
        files.write(path, content, mode=int(self.mode, 8), owner=account.pw_uid, group=account.pw_gid)


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _taken_apart(path: Path) -> _Found:
    """Return what is in a file; a mark without its counterpart is dropped, and several blocks are taken for one."""
    try:
        text = files.read_of_others(path).decode(errors="surrogateescape")
    except FileNotFoundError:
        text = ""
    found, held, inside = _Found([], [], []), list[str](), False
    for line in text.splitlines():
        if line == _BEGIN:
            _foreign(found).extend(held)
            held, inside = [], True
        elif line == _END:
            found.block.extend(held)
            held, inside = [], False
        elif inside:
            held.append(line)
        else:
            _foreign(found).append(line)
    _foreign(found).extend(held)
    return found


def _foreign(found: _Found) -> list[str]:
    return found.after if found.block else found.before


def _single(line: str) -> PublicKey:
    if len(line.splitlines()) != 1:
        message = "must be one line"
        raise ValueError(message)
    return public_key.parse(line)


def _key(line: str) -> PublicKey | None:
    return None if line.lstrip().startswith("#") else public_key.parse_with_options(line)


def _described(line: str) -> str:
    key = _key(line)
    return key.described() if key else "a line that holds no key"
