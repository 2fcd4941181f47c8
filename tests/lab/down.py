"""`down`: everything that `up` made is removed, and nothing else."""

import shutil

from tests.lab import engine
from tests.lab.checkouts import remove_lab
from tests.lab.docker import inspect, labelled, remove_quietly
from tests.lab.images import INPUTS_LABEL
from tests.lab.paths import LAB, PROJECT
from tests.lab.topology import LABEL, SERVERS
from tools.paths import BIN
from tools.progress import say
from tools.stacks import ensure_stacks, forget_stack


def take_down() -> None:
    """Remove the lab's containers, volumes, network, images and files, and what the backend knows of its stacks."""
    if engine.is_there():
        remove_lab(str(PROJECT))
        # Another checkout's lab shares the images; they stay while it is there.
        if not labelled("container", LABEL):
            _remove_images()
    _forget_stacks()
    shutil.rmtree(LAB, ignore_errors=True)
    say("The lab is gone; Docker Engine stays")


def _remove_images() -> None:
    """Remove the lab's images, the ones that others are built on last."""
    say("Removing the lab's images")
    while identities := labelled("image", INPUTS_LABEL):
        for identity in identities:
            described = inspect("image", identity) or {}
            for name in [*described.get("RepoTags", []), identity]:
                remove_quietly("image", name)
        if labelled("image", INPUTS_LABEL) == identities:
            return


def _forget_stacks() -> None:
    """Let the project's own backend forget what was on the servers, or the next `up` would look for it."""
    forgotten = [server.stack for server in SERVERS if _is_on_lab(server.stack, server.address)]
    for stack in forgotten:
        forget_stack(stack)
    if forgotten and (BIN / "pulumi").exists():
        ensure_stacks()


def _is_on_lab(stack: str, address: str) -> bool:
    """Tell whether a stack's servers are the lab's; a stack that was pointed elsewhere keeps its state."""
    path = PROJECT / f"Pulumi.{stack}.yaml"
    return path.exists() and f"host: {address}\n" in path.read_text(encoding="utf-8")
