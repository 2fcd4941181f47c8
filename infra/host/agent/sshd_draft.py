"""The whole configuration of the SSH server as it would be, tried by sshd before any of it is touched."""

from collections.abc import Callable, Collection
from pathlib import Path
from tempfile import TemporaryDirectory

from infra.host.agent import sshd, text_file
from infra.host.agent.kind import AgentError
from infra.host.agent.request import current
from infra.host.agent.sshd import Meaning

_ASIDE = "# put aside by slipway: "
_INCLUDE = "include"
_MATCH = "match"


class Draft:
    """Main file and drop-ins, by path, as lines."""

    def __init__(self) -> None:
        paths = [sshd.main_config(), *sorted(sshd.folder().glob("*.conf"))]
        self._former = {path: text_file.read(path) or [] for path in paths}
        self._lines = dict(self._former)

    def put(self, path: Path, lines: list[str]) -> None:
        """Have a drop-in consist of these lines, the main file include it, and nothing put aside any more."""
        self._bring_back()
        self._lines[path] = lines
        main = self._lines[sshd.main_config()]
        if not any(sshd.keyword(line) == _INCLUDE and sshd.folder().name in line for line in main):
            self._lines[sshd.main_config()] = [f"Include {sshd.folder()}/*.conf", *main]

    def take(self, path: Path) -> None:
        """Have no such drop-in, and bring back what was put aside for it."""
        self._lines.pop(path, None)
        self._bring_back()

    def put_aside(self, keywords: Collection[str], *, besides: Path) -> None:
        """Turn every line but those of one drop-in that sets one of the keywords for everybody into a comment."""
        for path, lines in self._lines.items():
            if path != besides:
                self._lines[path] = _without(keywords, lines)

    def meaning(self) -> Meaning:
        """Return what it means.

        Raises:
            AgentError: with what sshd says, when it refuses it.
        """
        with TemporaryDirectory() as temporary:
            main = self._lay_out(Path(temporary))
            complaint, found = sshd.complaint(main), sshd.meaning(main)
        if complaint or found is None:
            said = complaint.replace(f"{temporary}/", f"{sshd.main_config().parent}/")
            reason = f": {said}" if said else ""
            message = f"sshd on {current().host} refuses the configuration, which was left as it is{reason}"
            raise AgentError(message)
        return found

    def setting(self, keyword: str, *, besides: Path) -> list[str]:
        """Return the files that set a keyword, for everybody or for some."""
        return [
            str(path)
            for path, lines in self._lines.items()
            if path != besides and any(sshd.keyword(line) == keyword for line in lines)
        ]

    def write(self, *, besides: Path) -> None:
        """Write the files that differ from what is there, but the one that is written by its owner."""
        for path, lines in self._lines.items():
            if path != besides and lines != self._former.get(path):
                text_file.change(path, _constant(lines))

    def _bring_back(self) -> None:
        self._lines = {path: [line.removeprefix(_ASIDE) for line in lines] for path, lines in self._lines.items()}

    def _lay_out(self, temporary: Path) -> Path:
        """Write all of it elsewhere, with the main file including the drop-ins from there; return the main file."""
        drop_ins = temporary / sshd.folder().name
        drop_ins.mkdir()
        for path, lines in self._lines.items():
            shown = [_relocated(line, drop_ins) for line in lines] if path == sshd.main_config() else lines
            target = temporary / path.relative_to(sshd.main_config().parent)
            target.write_bytes("".join(f"{line}\n" for line in shown).encode(errors="surrogateescape"))
        return temporary / sshd.main_config().name


def _without(keywords: Collection[str], lines: list[str]) -> list[str]:
    kept, for_everybody = [], True
    for line in lines:
        found = sshd.keyword(line)
        for_everybody = for_everybody and found != _MATCH
        kept.append(f"{_ASIDE}{line}" if for_everybody and found in keywords else line)
    return kept


def _relocated(line: str, drop_ins: Path) -> str:
    """Return an Include with the folder of drop-ins, absolute or relative to sshd's own, in another place."""
    parsed = sshd.split(line)
    if not parsed or parsed[0].lower() != _INCLUDE:
        return line
    folder, name = str(sshd.folder()), sshd.folder().name
    words = (word.removeprefix(f"{folder}/").removeprefix(f"{name}/") for word in parsed[1].split())
    moved = (
        f"{drop_ins}/{word}" if word != original else word
        for word, original in zip(words, parsed[1].split(), strict=True)
    )
    return f"Include {' '.join(moved)}"


def _constant(lines: list[str]) -> Callable[[list[str]], list[str]]:
    return lambda _: lines
