"""A stack file's `config:` in the form in which Pulumi hands it to a program."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from infra.config.stack_file import SECRET_PREFIX


@dataclass(frozen=True, kw_only=True, slots=True)
class FlatConfig:
    """A stack file's `config:` as Pulumi hands it to a program."""

    values: Mapping[str, str]
    """Key with namespace → text, or JSON where the stack file has a map."""
    encrypted: Collection[str]
    """Keys whose values are encrypted in the stack file."""
    sealed: Collection[str] = ()
    """Those of them whose values nobody has decrypted: they are set, and otherwise unknown."""

    def secret(self, name: str) -> str | None:
        """Return the text of `slipway:secret-<name>`; None when it is not set or unknown."""
        key = f"{SECRET_PREFIX}{name}"
        return None if key in self.sealed else self.values.get(key)


def flat_config(document: Mapping[str, Any]) -> FlatConfig:
    """Return the config of a stack file as Pulumi hands it over, but for secrets, which stay encrypted."""
    config: Mapping[str, Any] = document.get("config") or {}
    values = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
    encrypted = frozenset(key for key, value in config.items() if isinstance(value, dict) and "secure" in value)
    return FlatConfig(values=values, encrypted=encrypted, sealed=encrypted)
