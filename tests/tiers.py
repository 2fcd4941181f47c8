"""What a tier of tests does when it lacks something."""

import os
import shutil
from typing import NoReturn

import pytest

from tests import debian
from tools.command import SetupError


def unavailable(reason: str) -> NoReturn:
    """Skip the test, or fail it in CI, where nothing may be left out."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def require_packages(*packages: str) -> None:
    """Have packages of Debian's, whose programs a test runs: CI installs what is missing, a person is asked to."""
    wanted = f"apt-get install {' '.join(packages)}"
    if os.environ.get("CI") != "true" or os.geteuid() != 0 or shutil.which("apt-get") is None:
        unavailable(wanted)
    try:
        debian.update()
        debian.install(packages)
    except SetupError as error:
        unavailable(f"`{wanted}` failed: {error}")
