"""`slipway up`: run `pulumi up` as it should be run, for a whole stack or for some of its products."""

import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Final

import typer

from infra.cli.arguments import StackName, complete_product
from infra.cli.project import Stack, find_project, read_stack
from infra.cli.pulumi import MISSING
from infra.cli.refusal import ExitCode, RefusalError
from infra.config.releases import EDGE_PRODUCT

POLICY_PACK: Final = "policies/run"
PRODUCT_TYPE: Final = "slipway:services:Product"
GENERATED_TYPE: Final = "random:index/randomPassword:RandomPassword"

Products = Annotated[
    list[str] | None,
    typer.Option(
        "--product", "-p", help="Update this product alone; may be repeated.", autocompletion=complete_product
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Go on after the preview without asking.")]


def up(stack: StackName, product: Products = None, *, yes: Yes = False) -> None:
    """Bring a stack up, or only some of its products, with the policy pack on.

    Runs `pulumi up --policy-pack policies/run --continue-on-error`: a product whose release fails holds up no other
    one. With `--product` servers, edge and all other products stay as they are; a server or a port between services
    that is new wants a whole `up` first. Pulumi shows the preview and asks, unless `--yes` says so.

    Exit codes: 0 all is as the program wants it; 1 something failed or was refused, by a gate, a policy or you, and
    what served before serves on, unless it is stop-first; 2 the command line asks for something that cannot be. After
    a run that was killed: `slipway unlock`.

    **Examples**

    - `slipway up dev`
    - `slipway up dev --product shop --product blog`
    - `slipway up prod --yes`, in CI, after a reviewed preview
    """
    chosen = read_stack(find_project(), stack)
    targets = [urn for name in product or () for urn in _urns(chosen, name)]
    command = ["pulumi", "up", "--stack", stack, "--policy-pack", POLICY_PACK, "--continue-on-error"]
    # What is in a component, and what waits for it, is not targeted with it by itself.
    command += ["--target-dependents"] if targets else []
    command += [word for urn in targets for word in ("--target", urn)]
    if _run(chosen, [*command, *(["--yes"] if yes else [])]):
        raise typer.Exit(ExitCode.FAILED)


def _urns(stack: Stack, product: str) -> Iterator[str]:
    """Yield what an update of one product begins with: its component, and the passwords it generates."""
    stack.require_product(product)
    if product == EDGE_PRODUCT:
        text = f"every product stands on the edge: `slipway up {stack.name}` updates it with all of them."
        raise RefusalError(text, ExitCode.USAGE)
    prefix = f"urn:pulumi:{stack.name}::{stack.project.name}"
    yield f"{prefix}::{PRODUCT_TYPE}::{product}"
    for name, source in stack.sections.products[product].secrets.items():
        if source.generate is not None:
            yield f"{prefix}::{GENERATED_TYPE}::{product}-{name}"


def _run(stack: Stack, command: Sequence[str]) -> int:
    """Run Pulumi on this terminal and return its exit code."""
    with _interrupts_left_to_pulumi():
        try:
            return subprocess.Popen(command, cwd=stack.project.root).wait()
        except FileNotFoundError:
            raise RefusalError(MISSING) from None


@contextmanager
def _interrupts_left_to_pulumi() -> Iterator[None]:
    """Wait on after Ctrl-C, which Pulumi gets as well: killed, it would leave a release half-done and a lock."""
    former = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, former)
