"""Packages of Debian's, installed on this machine."""

import fcntl
import os
from collections.abc import Iterable
from pathlib import Path

from tools.command import run

LOCK = Path("/run/slipway-tests-apt.lock")
"""Held by whoever calls apt: of two that read which packages there are, apt refuses the second one."""


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
    _apt("install", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=600", *sorted(packages))


def _apt(*words: str) -> None:
    # Several workers of a test run may come here at once.
    with LOCK.open("w", encoding="ascii") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        run("apt-get", *words, environment={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, outlives=True)
