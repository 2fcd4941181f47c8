"""What a tier of tests does when it lacks something."""

import os
import shutil
import subprocess
from typing import NoReturn

import pytest


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
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # Several workers may come here at once.
    options = ("-y", "-q", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=600")
    for words in (("update", "-q"), ("install", *options, *packages)):
        done = subprocess.run(["apt-get", *words], env=quiet, text=True, capture_output=True, check=False)
    if done.returncode != 0:
        unavailable(f"`{wanted}` failed: {done.stderr[-500:]}")
