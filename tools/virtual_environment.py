"""The project's virtual environment, and the `slipway` command in it; `make packages` makes nothing else."""

import sys

from tools.command import SetupError, run, succeeds
from tools.entry import guarded
from tools.paths import BIN, CACHE, DEVELOPMENT_REQUIREMENTS, PROJECT, REQUIREMENTS, VENV
from tools.progress import step
from tools.stamps import digest, is_stamped, write_stamp

MADE = VENV / "slipway-made"
"""Stamp of the environment itself, which holds for one Python at one place."""
INSTALLED = VENV / "slipway-installed"
"""Stamp of the packages in it."""
UNFINISHED = "unfinished"
COMMAND = """\
#!/bin/sh
# The `slipway` command of the checkout that this virtual environment belongs to.
bin=$(dirname "$(readlink -f "$0")")
export PYTHONPATH="${bin%/.venv/bin}${PYTHONPATH:+:$PYTHONPATH}"
exec "$bin/python" -P -m infra.cli "$@"
"""


def ensure_virtual_environment() -> None:
    """Bring the virtual environment to what the requirements say."""
    place = digest((), sys.version, str(PROJECT))
    # An installation that was cut short can leave half a package that pip takes for a whole one.
    if not is_stamped(MADE, place) or is_stamped(INSTALLED, UNFINISHED):
        _make()
        write_stamp(MADE, place)
    inputs = digest((REQUIREMENTS, DEVELOPMENT_REQUIREMENTS), COMMAND)
    if not is_stamped(INSTALLED, inputs):
        write_stamp(INSTALLED, UNFINISHED)
        _install()
        write_stamp(INSTALLED, inputs)


def _install() -> None:
    """Install what the requirements pin, and the `slipway` command."""
    with step("Installing Python packages"):
        files = (f"--requirement={path}" for path in (REQUIREMENTS, DEVELOPMENT_REQUIREMENTS))
        # Python compiles what is used when it is used; pip would compile everything.
        quiet = ("--quiet", "--disable-pip-version-check", "--no-input", "--no-compile")
        try:
            run(str(BIN / "python"), "-m", "pip", "install", *quiet, *files)
        except SetupError as error:
            message = f"{error}\nThe packages come from the index that pip is set up with; can this machine reach it?"
            raise SetupError(message) from None
    command = BIN / "slipway"
    command.write_text(COMMAND, encoding="utf-8")
    command.chmod(0o755)


def _make() -> None:
    """Make an empty virtual environment in place of whatever is there."""
    if not succeeds(sys.executable, "-c", "import ensurepip"):
        message = f"{sys.executable} cannot make virtual environments (Debian: `apt-get install python3-venv`)."
        raise SetupError(message)
    if VENV.is_symlink():
        # `--clear` would empty the folder that the link leads to, which may be another checkout's.
        VENV.unlink()
    with step("Making the virtual environment .venv"):
        run(sys.executable, "-m", "venv", "--clear", str(VENV))


if __name__ == "__main__":
    sys.exit(guarded(ensure_virtual_environment, CACHE / "lock"))
