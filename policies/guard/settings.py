"""What a rule can be told in `levels/<stack>.json`, each setting with its JSON Schema."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Settings = Mapping[str, Sequence[Any]]
"""Name of a setting to its values."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """A list that a rule goes by."""

    description: str
    default: Sequence[Any] = ()
    items: Literal["string", "integer"] = "string"

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the setting."""
        return {
            "type": "array",
            "items": {"type": self.items},
            "uniqueItems": True,
            "description": self.description,
            "default": list(self.default),
        }

    def fits(self, value: object) -> bool:
        """Tell whether a value is what the schema asks for."""
        kind = str if self.items == "string" else int
        # JSON's `true` is a number to Python.
        return isinstance(value, list) and all(isinstance(item, kind) and not isinstance(item, bool) for item in value)
