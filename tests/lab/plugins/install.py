"""Install or remove a stand-in in Pulumi's plugin cache: `python -m tests.lab.plugins.install docker 5.1.0`."""

import argparse
import os
import shlex
import shutil
import sys
import tempfile
from pathlib import Path

from tests.lab.plugins.docker.provider import Docker
from tests.lab.plugins.github.provider import GitHub
from tests.lab.plugins.random.provider import Random

MARKER = "standin"
"""File that tells a stand-in's folder from a vendor's."""
_ROOT = Path(__file__).resolve().parents[3]
_PROVIDERS = {provider.name: provider for provider in (Docker, GitHub, Random)}
_VERSIONS = {name: provider.version.partition("+")[0] for name, provider in _PROVIDERS.items()}


class InstallError(Exception):
    """The cache is left as it was; the text is one sentence for people."""


def plugin_folder(name: str, version: str) -> Path:
    """Return the folder Pulumi looks for a plugin in.

    Raises:
        InstallError: when there is no stand-in of that name and version, or PULUMI_HOME is not set: a stand-in never
            gets into the cache of the user's other projects.
    """
    if _VERSIONS.get(name) != version:
        known = ", ".join(f"{name} {version}" for name, version in sorted(_VERSIONS.items()))
        message = f"there is no stand-in for {name} {version}; there are: {known}"
        raise InstallError(message)
    home = os.environ.get("PULUMI_HOME")
    if not home:
        message = "PULUMI_HOME is not set: point it at the folder of this project's plugins"
        raise InstallError(message)
    return Path(home).expanduser().resolve() / "plugins" / f"resource-{name}-v{version}"


def install(name: str, version: str) -> bool:
    """Install a stand-in; return whether anything had to be done.

    Raises:
        InstallError: when the vendor's plugin is there.
    """
    folder = plugin_folder(name, version)
    _refuse_vendor(folder)
    script = _script(name)
    if _is_complete(folder, name, script):
        return False
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Beside the others and under a name that is no plugin's: an interrupted installation is never taken for a plugin.
    with tempfile.TemporaryDirectory(prefix=".standin-", dir=folder.parent) as aside:
        built, former = Path(aside, "built"), Path(aside, "former")
        built.mkdir(mode=0o755)
        executable = built / f"pulumi-resource-{name}"
        executable.write_text(script)
        executable.chmod(0o755)
        (built / MARKER).write_text(f"stand-in for {name} {version}, from {_ROOT}\n")
        if folder.exists():
            folder.rename(former)
        built.rename(folder)
    # Left by an installation of the vendor's plugin that failed; with it Pulumi would try again.
    folder.with_name(f"{folder.name}.partial").unlink(missing_ok=True)
    return True


def remove(name: str, version: str) -> bool:
    """Remove a stand-in; return whether there was one.

    Raises:
        InstallError: when the vendor's plugin is there instead.
    """
    folder = plugin_folder(name, version)
    _refuse_vendor(folder)
    if not folder.exists():
        return False
    shutil.rmtree(folder)
    return True


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab.plugins.install", description=__doc__)
    parser.add_argument("name", help="package: " + ", ".join(sorted(_VERSIONS)))
    parser.add_argument("version", help="the vendor's version, as in 5.1.0")
    parser.add_argument("--remove", action="store_true", help="remove the stand-in instead")
    options = parser.parse_args(arguments)
    act, done, nothing = (
        (remove, "removed", "not there") if options.remove else (install, "installed", "already installed")
    )
    try:
        changed = act(options.name, options.version)
    except InstallError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"stand-in for {options.name} {options.version}: {done if changed else nothing}\n")
    return 0


def _refuse_vendor(folder: Path) -> None:
    # An empty folder is what an interrupted installation leaves; Pulumi takes it for an installed plugin.
    if folder.exists() and any(folder.iterdir()) and not (folder / MARKER).exists():
        message = f"{folder.name} in {folder.parent} is the vendor's plugin: it is better than a stand-in and stays"
        raise InstallError(message)


def _is_complete(folder: Path, name: str, script: str) -> bool:
    executable = folder / f"pulumi-resource-{name}"
    return (folder / MARKER).exists() and executable.exists() and executable.read_text() == script


def _script(name: str) -> str:
    """Return the executable: it starts the stand-in with this interpreter, wherever Pulumi calls it from."""
    python, root = shlex.quote(sys.executable), shlex.quote(str(_ROOT))
    provider = f"tests.lab.plugins.{name}.provider:{_PROVIDERS[name].__name__}"
    return f'#!/bin/sh\nPYTHONPATH={root} exec {python} -P -u -m infra.host.plugin {provider} "$@"\n'


if __name__ == "__main__":
    sys.exit(main())
