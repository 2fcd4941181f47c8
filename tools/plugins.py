"""The vendor's resource plugins that the program uses; the lab's stand-ins where they cannot be had."""

import os
import shutil
from pathlib import Path

from tools.command import SetupError, run
from tools.environment import variables
from tools.paths import BIN, CACHE, PLUGINS, PROJECT
from tools.progress import say, step
from tools.requirements import pinned
from tools.stamps import digest, is_stamped, write_stamp

NAMES = ("docker", "github", "random")
DOWNLOAD_SECONDS = 180
"""A server that takes the connection and says nothing would hold the CLI up for ever."""
STAND_INS = PROJECT / "tests" / "lab" / "plugins" / "install.py"


def ensure_plugins() -> None:
    """Install the plugins that are missing."""
    for name in NAMES:
        _ensure(name, pinned(f"pulumi-{name}"))


def _ensure(name: str, version: str) -> None:
    folder = PLUGINS / f"resource-{name}-v{version}"
    stamp = CACHE / "stamps" / folder.name
    inputs = digest((STAND_INS,), str(PROJECT))
    if _is_whole(folder, name) and is_stamped(stamp, inputs):
        return
    environment = {**os.environ, **variables(os.environ)}
    if (folder / "standin").exists():
        # The CLI would take it for the vendor's plugin and install nothing.
        shutil.rmtree(folder)
    if not _is_whole(folder, name):
        try:
            with step(f"Plugin {name} {version} from its vendor"):
                arguments = ("plugin", "install", "resource", name, f"v{version}")
                run("pulumi", *arguments, environment=environment, timeout=DOWNLOAD_SECONDS)
        except SetupError as error:
            reason = str(error).splitlines()[-1]
            say(f"It cannot be had here ({reason}); the lab's stand-in takes its place")
            module = "tests.lab.plugins.install"
            run(str(BIN / "python"), "-m", module, name, version, environment=environment, folder=PROJECT)
    write_stamp(stamp, inputs)


def _is_whole(folder: Path, name: str) -> bool:
    """Tell whether a plugin is installed; the CLI leaves a mark beside one that it did not finish."""
    unfinished = folder.with_name(f"{folder.name}.partial")
    return (folder / f"pulumi-resource-{name}").exists() and not unfinished.exists()
