"""Labs by the checkout they belong to: names and addresses are the same in all, so that there is one at a time."""

import os
from pathlib import Path

from tests.lab.docker import docker, inspect, labelled
from tests.lab.paths import PROJECT
from tests.lab.topology import LABEL
from tools.command import SetupError
from tools.progress import say, step


def make_way() -> None:
    """Remove a lab whose checkout is gone, and refuse to go on beside one whose checkout is there.

    CI removes that one, too: what a session before it has left on the machine is nobody's. It cannot tell that from the
    lab of a job that runs beside it on the same machine, which it removes as well.

    Raises:
        SetupError: There is the lab of another checkout.
    """
    shown = f'{{{{.Names}}}} {{{{.Label "{LABEL}"}}}}'
    lines = docker("ps", "--all", "--filter", f"label={LABEL}", "--format", shown).splitlines()
    others = {owner: name for name, _, owner in (line.partition(" ") for line in lines) if owner != str(PROJECT)}
    for owner, name in others.items():
        if Path(owner).is_dir() and os.environ.get("CI") != "true":
            message = f"{name} belongs to the lab of {owner}; end that with `make down` there first."
            raise SetupError(message)
        say(f"{owner} has left its lab")
        remove_lab(owner)


def remove_lab(checkout: str) -> None:
    """Remove the containers, networks and volumes of a checkout's lab."""
    mine = f"{LABEL}={checkout}"
    for container in labelled("container", mine):
        name = str((inspect("container", container) or {}).get("Name", container)).lstrip("/")
        with step(f"Removing {name}"):
            docker("rm", "--force", "--volumes", container)
    for kind in ("network", "volume"):
        for name in labelled(kind, mine):
            docker(kind, "rm", name)
