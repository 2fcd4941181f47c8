"""What the shop is told from outside: by environment variables or by files with secrets."""

import os
from pathlib import Path

SECRETS = Path("/run/secrets")


class SettingMissingError(Exception):
    """A setting that the program cannot do without is missing."""


def setting(name: str) -> str:
    """Read a setting from the variable `name`, the file `<name>_FILE` points to, or the secret of that name.

    Raises:
        SettingMissingError: None of the three is there.
    """
    if value := os.environ.get(name):
        return value
    path = Path(os.environ.get(f"{name}_FILE") or SECRETS / name.lower())
    if path.is_file():
        return path.read_text(encoding="utf-8").strip()
    message = f"{name} is not set, and there is no file {path}."
    raise SettingMissingError(message)


RELEASE = os.environ.get("RELEASE", "unknown")
"""Name of the release, baked into the image."""
