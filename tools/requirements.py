"""The pins in `requirements.txt`, which also say which CLI and plugins belong to the project."""

import re

from tools.command import SetupError
from tools.paths import REQUIREMENTS


def pinned(package: str) -> str:
    """Return the version that a package is pinned to.

    Raises:
        SetupError: It is not.
    """
    pattern = rf"^{re.escape(package)}==(\S+)"
    found = re.search(pattern, REQUIREMENTS.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        message = f"{REQUIREMENTS.name} does not pin {package}."
        raise SetupError(message)
    return found.group(1)
