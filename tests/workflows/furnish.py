"""What a runner keeps between jobs, laid into a fresh checkout: `python -m tests.workflows.furnish <checkout>`.

`make tools` then finds all it needs and runs to its end in seconds, as on a runner that has run before.
"""

import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from tools.paths import BIN, LAB_RELEASES, PLUGINS, PROJECT, VENV
from tools.stamps import digest, write_stamp

RELEASES = "RUNNER_LAB_RELEASES"
"""Folder of the release files that the lab's servers are to have; absent without a lab."""
OWN = frozenset({"slipway", "slipway-made"})
"""What a virtual environment cannot share: the command of its checkout, and the stamp of its place."""
STAND_INS = Path("tests/lab/plugins/install.py")


def furnish(checkout: Path) -> None:
    """Lay tools and plugins into a checkout, and what the lab has made where there is one."""
    _link(checkout / ".venv", (path for path in VENV.iterdir() if path != BIN))
    _link(checkout / ".venv" / "bin", BIN.iterdir())
    # A link would lead it to the code of another checkout.
    shutil.copy2(BIN / "slipway", checkout / ".venv" / "bin")
    write_stamp(checkout / ".venv" / "slipway-made", digest((), sys.version, str(checkout)))
    for plugin in PLUGINS.glob("resource-*"):
        if plugin.is_dir():
            shutil.copytree(plugin, checkout / ".pulumi" / "plugins" / plugin.name)
            stamp = checkout / ".tools" / "stamps" / plugin.name
            write_stamp(stamp, digest((checkout / STAND_INS,), str(checkout)))
    if releases := os.environ.get(RELEASES):
        _link(checkout / ".lab", (path for path in LAB_RELEASES.parent.iterdir() if path != LAB_RELEASES))
        (checkout / ".lab" / LAB_RELEASES.name).symlink_to(releases)


def _link(folder: Path, things: Iterable[Path]) -> None:
    folder.mkdir(parents=True)
    for thing in things:
        if thing.name not in OWN:
            (folder / thing.name).symlink_to(thing)


if __name__ == "__main__":
    furnish(Path(sys.argv[1]).resolve())
    sys.stdout.write(f"furnished from {PROJECT}\n")
