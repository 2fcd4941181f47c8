"""Settings of the SSH server."""

import re
import stat
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from infra.host.agent import accounts, files, ownership, sshd, sshd_admission, text_file
from infra.host.agent.kind import AgentError, Kind
from infra.host.agent.request import current
from infra.host.agent.rescue import Rescue
from infra.host.agent.sshd import Meaning
from infra.host.agent.sshd_draft import Draft

_HEADER = (
    "# Written by Slipway. For a keyword that is set more than once sshd takes the first one, so this file comes first."
)
_KEYWORD = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_BLOCKS = frozenset({"match", "include"})
_ONE_A_LINE = frozenset({"hostkey", "hostcertificate", "listenaddress", "port"})
"""Keywords that take one word a line and count as often as they are set."""
_UNSET = "not set"


@dataclass(frozen=True, kw_only=True)
class SshConfig(Kind):
    """A drop-in of sshd whose settings are in effect: what elsewhere defeats them is put aside as a comment."""

    IDENTITY: ClassVar[tuple[str, ...]] = ("name",)

    name: str = "00-slipway"
    settings: Mapping[str, str]
    mode: str = "0600"

    def read(self) -> dict[str, Any] | None:
        """Return the settings by what is in effect, besides others that the file holds, and the file's mode.

        A setting whose line is missing is left out, and all are where sshd would not start with what is there. A text
        in place of the mode tells another owner.
        """
        try:
            status = self._path.lstat()
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(status.st_mode):
            return None
        effective = sshd.meaning(sshd.main_config())
        settings = {} if effective is None else self._found(effective)
        return {"settings": settings, "mode": ownership.described_mode(status, owner="root")}

    def preview(self) -> dict[str, Any] | None:
        """Return what `read` does; while there is no drop-in, the settings by what is in effect without it."""
        found = self.read()
        if found is not None:
            return found
        effective = sshd.meaning(sshd.main_config())
        if effective is None or sshd.meaning_of(self._lines()) is None:
            # One of them cannot be read, so they cannot be compared.
            return None
        return {"settings": {**self.settings, **self._defeated(effective)}}

    def apply(self) -> None:
        """Write the drop-in, put aside what defeats it, and have sshd reload.

        Raises:
            AgentError: before anything is touched, with what sshd says of it, what defeats a setting, or what somebody
                else wrote that would lock people out.
        """
        draft = Draft()
        draft.put(self._path, self._lines())
        defeated = self._defeated(draft.meaning())
        if defeated:
            draft.put_aside({name.lower() for name in defeated}, besides=self._path)
            defeated = self._defeated(draft.meaning())
        if defeated:
            raise AgentError(self._verdict(draft, defeated))
        self._require_way_in(draft, but={name.lower() for name in self.settings})
        draft.write(besides=self._path)
        content = "".join(f"{line}\n" for line in self._lines()).encode()
        files.write(self._path, content, mode=int(self.mode, 8))
        sshd.reload()

    def remove(self) -> None:
        """Delete the drop-in, bring back what was put aside for it, and have sshd reload."""
        if not self._path.exists():
            return
        draft = Draft()
        draft.take(self._path)
        self._require_way_in(draft, but=frozenset())
        draft.write(besides=self._path)
        self._path.unlink()
        sshd.reload()

    def rescue(self) -> Rescue:
        """Return the whole configuration: what would defeat a setting is put aside in other files, too."""
        paths = {sshd.main_config(), self._path, *sshd.folder().glob("*.conf")}
        return Rescue(files=tuple(map(str, sorted(paths))), reload=(sshd.RELOAD,) if sshd.is_running() else ())

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield a name or mode that sshd passes over or refuses, and what is no single setting."""
        if not _NAME.fullmatch(self.name):
            yield "name", "must consist of letters, digits, `-` and `_`, without `.conf`"
        yield from ownership.loose_mode(self.mode)
        seen: set[str] = set()
        for name, value in self.settings.items():
            if not _KEYWORD.fullmatch(name) or name.lower() in _BLOCKS:
                yield (
                    "settings",
                    f"{name!r} is no setting: it must be a keyword of sshd_config(5), not Match or Include",
                )
            if name.lower() in seen:
                yield "settings", f"{name} is there twice: sshd takes capital and small letters for the same"
            if not value.strip() or len(value.splitlines()) != 1:
                yield "settings", f"{name} must have a value of one line"
            seen.add(name.lower())

    @property
    def _path(self) -> Path:
        return sshd.folder() / f"{self.name}.conf"

    def _lines(self) -> list[str]:
        """Return the lines of the drop-in."""
        settings = [
            f"{name} {value}"
            for name, joined in sorted(self.settings.items())
            for value in (joined.split() if name.lower() in _ONE_A_LINE else [joined.strip()])
        ]
        return [_HEADER, *settings]

    def _found(self, effective: Meaning) -> dict[str, str]:
        """Return what there is of the settings: by what is in effect where that differs, else by the drop-in."""
        names = {name.lower(): name for name in self.settings}
        written: dict[str, list[str]] = {}
        for name, value in filter(None, map(sshd.split, text_file.read(self._path) or [])):
            written.setdefault(names.setdefault(name.lower(), name), []).extend(value.split())
        found = {name: " ".join(words) for name, words in written.items()}
        same = {name: wanted for name, wanted in self.settings.items() if written.get(name) == wanted.split()}
        return found | same | self._defeated(effective)

    def _defeated(self, effective: Meaning) -> dict[str, str]:
        """Return the settings that are not in effect, with what is.

        Values are compared as sshd prints them, ours too: `2m` is 120, and `^aes256-ctr` a long list. What it does not
        print, as Debian's own keywords, counts as in effect.
        """
        own = sshd.meaning_of(self._lines())
        return {
            name: ", ".join(real) if real else _UNSET
            for name in self.settings
            if own is not None
            and (wanted := sshd.values(own, name)) is not None
            and (real := sshd.values(effective, name)) != wanted
        }

    def _require_way_in(self, draft: Draft, *, but: Collection[str]) -> None:
        """Refuse to have sshd read what somebody wrote and it has not read yet, and what would lock people out.

        Putting back what was there would not help against that: it is there already. What the settings themselves do
        is found by a new connection, after which they can be put back.

        Raises:
            AgentError: before anything is touched, with the keywords and their files.
        """
        obstacles = [name for name in sshd_admission.obstacles(draft.meaning()) if name not in but]
        cases = [f"{name} in {path}" for name in obstacles for path in draft.setting(name, besides=self._path)]
        if cases:
            message = (
                f"{self.label()} was left as it is on {current().host}: sshd has not read yet what would keep "
                f"{accounts.signed_in()} out as soon as it does: {', '.join(cases)}. Put that right there first"
            )
            raise AgentError(message)

    def _verdict(self, draft: Draft, defeated: Mapping[str, str]) -> str:
        """Return what defeats settings and cannot be put aside."""
        cases = "; ".join(
            f"{name} stays {value} by {' and '.join(draft.setting(name.lower(), besides=self._path)) or 'sshd itself'}"
            for name, value in defeated.items()
        )
        return f"{self.label()} would not be in effect on {current().host} and was not written: {cases}"
