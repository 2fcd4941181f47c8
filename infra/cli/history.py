"""`slipway history`: show what was released when, by whom, and what became of it."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Final

import typer

from infra.cli.arguments import AsJson, StackName, complete_product
from infra.cli.image_names import shown_digest
from infra.cli.project import Stack, find_project, read_stack
from infra.cli.refusal import ExitCode, RefusalError
from infra.cli.release_records import read_records
from infra.cli.servers import ask_each, remotes
from infra.cli.tables import show
from infra.config.releases import EDGE_PRODUCT
from infra.host.agent.release_record import Record

COLUMNS: Final = ("ended (UTC)", "release", "product", "service", "image", "revision", "actor", "took", "result")
SHOWN_REVISION: Final = 12

OneProduct = Annotated[
    str | None, typer.Argument(help="Product of the stack file. All when absent.", autocompletion=complete_product)
]
Last = Annotated[int, typer.Option("--last", min=1, help="How many of the newest are shown.")]


def history(stack: StackName, product: OneProduct = None, last: Last = 20, *, as_json: AsJson = False) -> None:
    """Show what was released when, by whom, and what became of it.

    Reads what the servers have written down, the newest first; failed releases are there with the gate that stopped
    them. One `up` is one release of a product, whatever services it changes. The exit code is 1 when a server could not
    be asked; the others are shown all the same.

    **Examples**

    - `slipway history dev`
    - `slipway history dev shop --last 5`
    - `slipway history dev shop --json | jq '.[] | select(.result == "failed") | .reason'`
    """
    chosen = read_stack(find_project(), stack)
    if product is not None:
        require_history(chosen, product)
    placed = {name: section.server for name, section in chosen.sections.products.items() if product in (None, name)}
    servers = [server for server in remotes(chosen) if server.name in placed.values()]
    answers = ask_each(
        stack,
        servers,
        lambda server: read_records(server, stack, [name for name in placed if placed[name] == server.name]),
    )
    newest = sorted((record for known in answers.values() for record in known), key=lambda record: record.end)[::-1]
    silent = len(answers) < len(servers)
    if as_json:
        typer.echo(json.dumps([as_data(chosen, record) for record in newest[:last]], indent=2))
    elif newest:
        show(COLUMNS, (_row(chosen, record) for record in newest[:last]))
        typer.echo(f"Go back with `slipway rollback {stack} <product>`, or `--to <release>`.")
    elif not silent:
        typer.echo("Nothing has been released yet.")
    if silent:
        raise typer.Exit(ExitCode.FAILED)


def require_history(stack: Stack, product: str) -> None:
    """Refuse a product that the stack does not have, and the edge, of which no releases are written down."""
    stack.require_product(product)
    if product == EDGE_PRODUCT:
        text = "releases of the edge are not written down: the history of the release file in git has them."
        raise RefusalError(text, ExitCode.USAGE)


def as_data(stack: Stack, record: Record) -> Mapping[str, Any]:
    """Return a record for programs."""
    product = record.product.removeprefix(f"{stack.name}-")
    return {**asdict(record), "product": product, "service": record.name, "digest": record.digest}


def shown_image(tag: str | None, digest: str) -> str:
    """Return an image as people tell it from another one of the same repository."""
    return f"{tag} {shown_digest(digest)}" if tag else shown_digest(digest)


def moment(text: str) -> str:
    """Return a moment to the second, in UTC."""
    return datetime.fromisoformat(text).strftime("%Y-%m-%d %H:%M:%S")


def _row(stack: Stack, record: Record) -> tuple[str, ...]:
    took = datetime.fromisoformat(record.end) - datetime.fromisoformat(record.start)
    return (
        moment(record.end),
        record.id,
        record.product.removeprefix(f"{stack.name}-"),
        record.name,
        shown_image(record.tag, record.digest),
        record.revision[:SHOWN_REVISION],
        record.actor,
        f"{took.total_seconds():.0f} s",
        _result(record),
    )


def _result(record: Record) -> str:
    if not record.is_good:
        return f"failed at {record.gate}: {record.reason}"
    down = f", {record.down:.0f} s down" if record.down is not None else ""
    return f"{record.result}, {record.strategy}{down}"
