"""Files that the stack file names: keys and certificates, which a fresh clone may not have yet, and its own."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from infra.config.mistakes import Mistake, Step, place
from infra.config.settings import FileSecret, TextFile
from infra.config.stack_file import NAMESPACE

Result = TypeVar("Result")


class NoHomeError(OSError):
    """A path begins with `~` and a name that is no user's on this machine."""


def located(root: Path, name: str) -> Path:
    """Return where a file is: below the folder of the stack file, unless it begins with `/` or `~`.

    Raises:
        NoHomeError: there is no such user.
    """
    try:
        return root / Path(name).expanduser()
    except RuntimeError:
        raise NoHomeError from None


class NamedFiles:
    """Reads files by the path the stack file gives, and remembers those that do not exist."""

    def __init__(self, *, root: Path, stack_file: str, preview: bool) -> None:
        self.mistakes: list[Mistake] = []
        self.missing: set[str] = set()
        self._root = root
        self._stack_file = stack_file
        self._preview = preview

    def require(self, at: tuple[Step, ...], name: str) -> None:
        """Note a file that has to exist at `up`."""
        self._read(at, name, Path.stat)

    def text(self, at: tuple[Step, ...], name: str) -> TextFile:
        """Return the content of a file."""
        return TextFile(path=name, content=self._read(at, name, Path.read_text))

    def committed(self, at: tuple[Step, ...], name: str) -> str | None:
        """Return the content of a file of the repository, which has to exist at a preview, too."""
        return self._read(at, name, Path.read_text, is_committed=True)

    def secret(self, at: tuple[Step, ...], name: str) -> FileSecret:
        """Return a file that holds a secret; what it holds is read to judge it, and not kept."""
        found = self._read(at, name, lambda path: (path, path.read_text(encoding="utf-8")))
        if found is None:
            return FileSecret(path=self._root / name, missing=True)
        path, content = found
        if not content.strip():
            self._mistake(at, "names an empty file")
        return FileSecret(path=path, missing=False)

    def lines(self, at: tuple[Step, ...], name: str, check: Callable[[str], str]) -> tuple[str, ...] | None:
        """Return the lines of a file, comments left out; None when it does not exist yet."""
        content = self.text(at, name).content
        if content is None:
            return None
        lines = [line.strip() for line in content.splitlines() if line.strip() and not line.startswith("#")]
        if not lines:
            self._mistake(at, "names a file that holds nothing")
        try:
            return tuple(check(line) for line in lines)
        except ValueError as error:
            self._mistake(at, f"names a file with a wrong line: it {error}")
            return ()

    def _read(
        self, at: tuple[Step, ...], name: str, read: Callable[[Path], Result], *, is_committed: bool = False
    ) -> Result | None:
        try:
            return read(located(self._root, name))
        except FileNotFoundError:
            if is_committed:
                self._mistake(at, f"names {name}, which does not exist: it belongs in the repository")
                return None
            self.missing.add(name)
            if not self._preview:
                self._mistake(at, "names a file that does not exist")
        except NoHomeError:
            self._mistake(at, "begins with `~` and a name that is no user's on this machine")
        except (OSError, UnicodeDecodeError):
            self._mistake(at, "names a file that cannot be read as text")
        return None

    def _mistake(self, at: tuple[Step, ...], text: str) -> None:
        self.mistakes.append(Mistake(self._stack_file, f"{NAMESPACE}:{place(*at)}", text))
