"""Packages of Debian's, installed on this machine."""

import os
from collections.abc import Iterable

from tools.command import run


def update() -> None:
    """Read which packages there are.

    Raises:
        SetupError: apt refuses.
    """
    _apt("update")


def install(packages: Iterable[str]) -> None:
    """Install packages.

    Raises:
        SetupError: apt refuses.
    """
    # Several workers of a test run may come here at once.
    _apt("install", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=600", *sorted(packages))


def _apt(*words: str) -> None:
    run("apt-get", *words, environment={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, outlives=True)
