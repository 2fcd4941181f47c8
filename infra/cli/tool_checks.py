"""Checks of what has to be installed on the machine that runs Pulumi."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from infra.cli.checks import Result, failed, passed
from infra.compose.binary import ComposeMissingError, find_compose

LEAST_PYTHON: Final = (3, 11)
LEAST_PULUMI: Final = (3, 259, 0)
PLUGINS: Final = ("docker", "github", "random")
"""Providers of the vendor's that the program uses; the host provider is part of the checkout."""
MAKE_TOOLS: Final = 'run `make tools`, then `eval "$(make -s env)"`'
STAND_IN: Final = "standin"
"""File that marks a stand-in's folder."""
PATIENCE_SECONDS: Final = 30


def check_tools() -> Iterator[Result]:
    """Yield one line for each tool."""
    yield _python()
    yield _environment()
    yield _pulumi()
    yield _program("language host", "pulumi-language-python")
    yield from (_plugin(name) for name in PLUGINS)
    yield _compose()
    yield _ssh()


def _python() -> Result:
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < LEAST_PYTHON:
        return failed("python", f"{found} is too old: install {'.'.join(map(str, LEAST_PYTHON))} or newer.")
    return passed("python", found)


def _environment() -> Result:
    """Check that what Pulumi starts by name is what the program was installed into."""
    python = shutil.which("python")
    if sys.prefix == sys.base_prefix:
        return failed("virtual environment", f"this Python is not in one: {MAKE_TOOLS}.")
    if python is None or Path(python).parent != Path(sys.prefix) / "bin":
        return failed("virtual environment", f"{sys.prefix}/bin does not come first on PATH: {MAKE_TOOLS}.")
    return passed("virtual environment", sys.prefix)


def _pulumi() -> Result:
    words = _output("pulumi", "version")
    found = re.match(r"v(\d+)\.(\d+)\.(\d+)", words or "")
    if words is None:
        return failed("pulumi", f"is not on PATH: {MAKE_TOOLS}.")
    if found is None:
        return failed("pulumi", f"does not say which version it is: {MAKE_TOOLS}.")
    least = ".".join(map(str, LEAST_PULUMI))
    if tuple(map(int, found.groups())) < LEAST_PULUMI:
        return failed("pulumi", f"{found[0]} is older than {least}: {MAKE_TOOLS}.")
    return passed("pulumi", found[0])


def _program(name: str, program: str) -> Result:
    path = shutil.which(program)
    return passed(name, path) if path else failed(name, f"{program} is not on PATH: {MAKE_TOOLS}.")


def _plugin(name: str) -> Result:
    """Check that the provider is there in the version that the program's own library has."""
    line = f"{name} plugin"
    try:
        wanted = version(f"pulumi_{name}")
    except PackageNotFoundError:
        return failed(line, f"pulumi_{name} is not installed in this Python: {MAKE_TOOLS}.")
    home = Path(os.environ.get("PULUMI_HOME", "~/.pulumi")).expanduser()
    folder = home / "plugins" / f"resource-{name}-v{wanted}"
    if not (folder / f"pulumi-resource-{name}").is_file():
        return failed(line, f"{wanted} is not in {home}: {MAKE_TOOLS}.")
    kind = "the lab's stand-in" if (folder / STAND_IN).exists() else "the vendor's"
    return passed(line, f"{wanted}, {kind}")


def _compose() -> Result:
    try:
        return passed("docker-compose", find_compose())
    except ComposeMissingError as error:
        return failed("docker-compose", f"{error}.")


def _ssh() -> Result:
    words = _output("ssh", "-V")
    if words is None:
        return failed("ssh", "is not on PATH: install an OpenSSH client (`apt-get install openssh-client`).")
    return passed("ssh", words.split(",")[0])


def _output(*command: str) -> str | None:
    """Return what a program says, on whichever stream, or nothing when it is not there or does not answer."""
    try:
        run = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return (run.stdout or run.stderr).strip()
