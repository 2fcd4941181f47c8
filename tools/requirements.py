"""Which versions belong to the project: packages and plugins in `requirements.txt`, the CLI in `Pulumi.yaml`."""

import re

from tools.command import SetupError
from tools.paths import PROJECT, REQUIREMENTS


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


def least_cli() -> str:
    """Return the oldest Pulumi CLI that the project takes; it is also the one that is built.

    Raises:
        SetupError: `Pulumi.yaml` does not say.
    """
    path = PROJECT / "Pulumi.yaml"
    found = re.search(r'^requiredPulumiVersion: ">=(\S+)"$', path.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        message = f'{path.name} does not say `requiredPulumiVersion: ">=…"`.'
        raise SetupError(message)
    return found.group(1)
