"""`make tools`: everything the project needs on a machine, inside the checkout."""

import shutil
import sys

from tools.background import in_background
from tools.entry import guarded
from tools.paths import BUILDING, CACHE
from tools.plugins import ensure_plugins
from tools.progress import say
from tools.pulumi_cli import find_or_build, put_on_path
from tools.stacks import ensure_stacks
from tools.virtual_environment import ensure_virtual_environment


def install() -> None:
    """Install what is missing; each part is made aside and put into place whole."""
    # Installing packages leaves a core idle, and so does downloading Go modules.
    built = in_background(find_or_build)
    ensure_virtual_environment()
    put_on_path(built.result())
    removed = in_background(lambda: shutil.rmtree(BUILDING, ignore_errors=True))
    ensure_plugins()
    ensure_stacks()
    removed.result()
    say('The tools are there: eval "$(make -s env)" puts them on PATH')


if __name__ == "__main__":
    sys.exit(guarded(install, CACHE / "lock"))
