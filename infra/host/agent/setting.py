"""One setting in a file that the system owns."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from infra.host.agent import former, ownership, text_file
from infra.host.agent.kind import AgentError, Kind
from infra.host.agent.request import current


@dataclass(frozen=True, kw_only=True)
class Setting(Kind):
    """One line of a key and its value, as in `UMASK 027`, in a file that has others besides.

    The key is case-sensitive. Comments stay, and so does a default that is commented out. Removing the resource brings
    back the value from before, or takes the line away where there was none.
    """

    IDENTITY: ClassVar[tuple[str, ...]] = ("file", "key")
    COMPUTED: ClassVar[tuple[str, ...]] = ("former",)
    STABLE: ClassVar[tuple[str, ...]] = ("former",)
    DERIVED: ClassVar[Mapping[str, str]] = {"former": "value"}

    file: str
    key: str
    value: str
    separator: str = " "

    def read(self) -> dict[str, Any] | None:
        """Return the value and the one from before; where several lines have the key, the values of all."""
        values = [value for line in text_file.read(self._path) or () if (value := self._value_in(line)) is not None]
        if not values:
            return None
        before = former.recall(self)
        return {
            "value": self.value if values == [self.value.strip()] else ", then ".join(values),
            **({} if before is None else {"former": before}),
        }

    def apply(self) -> None:
        """Write the line where the first of its key is, or beside the default; take away further ones."""
        lines = text_file.read(self._path)
        if lines is None:
            message = f"there is no file {self.file} on {current().host}"
            raise AgentError(message)
        # Of several lines with one key the last one counts almost everywhere.
        values = [value for line in lines if (value := self._value_in(line)) is not None]
        former.remember(self, values[-1] if values else None)
        text_file.change(self._path, lambda lines: self._with_value(lines, self.value.strip()))

    def remove(self) -> None:
        """Bring back the value from before, or take the line away."""
        if self._path.exists():
            before = former.recall(self)
            text_file.change(self._path, lambda lines: self._with_value(lines, before))
        former.forget(self)

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield what cannot stand in one line of a file."""
        for name, reason in ownership.mistakes(self.file, "0644"):
            yield {"path": "file"}.get(name, name), reason
        sign = self.separator.strip()
        if "\n" in self.separator or not self.separator or len(sign.split()) > 1:
            yield "separator", "must be blanks or one sign, as in ` ` or `=`"
        elif not re.fullmatch(r"[^\s#;]\S*", self.key) or (sign and sign in self.key):
            yield "key", "must be one word without the separator, and no comment"
        if "\n" in self.value:
            yield "value", "must be one line"
        if not sign and not self.value.strip():
            yield "value", "must not be empty where a blank separates it from the key"

    @property
    def _path(self) -> Path:
        return Path(self.file)

    def _value_in(self, line: str) -> str | None:
        """Return the value that a line gives the key, if it does."""
        blanks = r"\s+" if not self.separator.strip() else rf"\s*{re.escape(self.separator.strip())}"
        found = re.fullmatch(rf"\s*{re.escape(self.key)}{blanks}(.*)", line)
        return found and found[1].strip()

    def _with_value(self, lines: list[str], value: str | None) -> list[str]:
        """Return the lines with one line for the key, or with none; a line that is right is kept as it is written."""
        own = [number for number, line in enumerate(lines) if self._value_in(line) is not None]
        others = [line for number, line in enumerate(lines) if number not in own]
        if value is None:
            return others
        right = [lines[number] for number in own if self._value_in(lines[number]) == value]
        line = right[0] if right else f"{self.key}{self.separator}{value}"
        at = own[0] if own else self._place_of_default(lines)
        return [*others[:at], line, *others[at:]]

    def _place_of_default(self, lines: list[str]) -> int:
        """Return where a new line goes: behind the default that is commented out, or to the end."""
        defaults = [
            number
            for number, line in enumerate(lines, start=1)
            if line.startswith(f"#{self.key}") and self._value_in(line.removeprefix("#")) is not None
        ]
        return defaults[-1] if defaults else len(lines)
