"""`slipway up`: run `pulumi up` as it should be run, for a whole stack or for some of its products."""

import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer

from infra.cli.approved import require_approved
from infra.cli.arguments import StackName, complete_product
from infra.cli.project import Stack, find_project, read_stack
from infra.cli.pulumi import MISSING
from infra.cli.refusal import ExitCode, RefusalError
from infra.config.passwords import generated
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
Expected = Annotated[
    str | None,
    typer.Option(
        "--expect", metavar="HASH", help="Preview again first, and refuse what `slipway preview` did not show."
    ),
]
Approved = Annotated[
    Path | None,
    typer.Option("--approved", metavar="REPORT", help="The report that was approved, so that a difference is named."),
]


def up(
    stack: StackName,
    product: Products = None,
    expect: Expected = None,
    approved: Approved = None,
    *,
    yes: Yes = False,
) -> None:
    """Bring a stack up, or only some of its products, with the policy pack on.

    Runs `pulumi up --policy-pack policies/run --continue-on-error`: a product whose release fails holds up no other
    one. With `--product` servers, edge and all other products stay as they are; a server or a port between services
    that is new wants a whole `up` first. Pulumi shows the preview and asks, unless `--yes` says so. With `--expect` it
    previews first and refuses, naming what differs, when that is not what the hash of `slipway preview` stands for.

    Exit codes: 0 all is as the program wants it; 1 something failed or was refused, by a gate, a policy or you, and
    what served before serves on, unless it is stop-first; 2 the command line asks for something that cannot be. After
    a run that was killed: `slipway unlock`.

    **Examples**

    - `slipway up dev`
    - `slipway up dev --product shop --product blog`
    - `slipway up prod --yes --expect 5c1f… --approved preview.json`, in CI, after a reviewed preview
    """
    chosen = read_stack(find_project(), stack)
    targets = _targets(chosen, product or ())
    if approved and not expect:
        text = "`--approved` belongs to `--expect`."
        raise RefusalError(text, ExitCode.USAGE)
    if expect:
        require_approved(chosen, targets, expect, approved)
    command = ["pulumi", "up", "--stack", stack, "--policy-pack", POLICY_PACK, "--continue-on-error", *targets]
    # Who has been shown a preview and has approved it is not shown a third one.
    command += ["--yes"] if yes else []
    command += ["--skip-preview"] if yes and expect else []
    if _run(chosen, command):
        raise typer.Exit(ExitCode.FAILED)


def _targets(stack: Stack, products: Sequence[str]) -> list[str]:
    """Return the words by which Pulumi is told to update some products alone; none for the whole stack."""
    urns = [urn for name in products for urn in _urns(stack, name)]
    # What is in a component, and what waits for it, is not targeted with it by itself.
    return ["--target-dependents", *(word for urn in urns for word in ("--target", urn))] if urns else []


def _urns(stack: Stack, product: str) -> Iterator[str]:
    """Yield what an update of one product begins with: its component, and the passwords it generates."""
    stack.require_product(product)
    if product == EDGE_PRODUCT:
        text = f"every product stands on the edge: `slipway up {stack.name}` updates it with all of them."
        raise RefusalError(text, ExitCode.USAGE)
    prefix = f"urn:pulumi:{stack.name}::{stack.project.name}"
    yield f"{prefix}::{PRODUCT_TYPE}::{product}"
    sections = stack.sections
    for _, name in generated(product, sections.products[product], public=sections.is_public(product)):
        yield f"{prefix}::{GENERATED_TYPE}::{name}"


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
