"""The program that backs up, asked on the servers of a stack."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from infra.backups.program.places import COMMAND
from infra.cli.project import Stack
from infra.cli.refusal import RefusalError
from infra.cli.servers import ask_each, remotes
from infra.config.releases import EDGE_PRODUCT
from infra.host.remote import Remote


@dataclass(frozen=True, kw_only=True, slots=True)
class Reports:
    """What servers have written down of the backups of a stack."""

    products: Mapping[str, Mapping[str, Any]]
    """Product → what is known."""
    silent: Collection[str]
    """Servers that could not be asked."""


def require_backups(stack: Stack, product: str | None = None) -> None:
    """Refuse a stack that backs nothing up, and a product that it does not have."""
    if stack.sections.backups is None:
        text = f"{stack.name} has no `slipway:backups` in its stack file: nothing is backed up."
        raise RefusalError(text)
    if product is not None:
        stack.require_product(product)
    if product == EDGE_PRODUCT:
        text = "what the edge keeps is in the backup of every product: name one of these."
        raise RefusalError(text)


def placed(stack: Stack, product: str | None = None) -> list[tuple[Remote, list[str]]]:
    """Return the servers with their products, or with the one that is named."""
    chosen = {name: each.server for name, each in stack.sections.products.items() if product in (None, name)}
    return [
        (server, sorted(name for name, home in chosen.items() if home == server.name))
        for server in remotes(stack)
        if server.name in chosen.values()
    ]


def read_reports(stack: Stack, product: str | None = None) -> Reports:
    """Return what servers have written down; of one that cannot be asked, say why."""
    homes = placed(stack, product)
    names = {server.name: [f"{stack.name}-{name}" for name in products] for server, products in homes}
    servers = [server for server, _ in homes]
    answers = ask_each(stack.name, servers, lambda server: report(server, *names[server.name]))
    found = {each["product"].removeprefix(f"{stack.name}-"): each for answer in answers.values() for each in answer}
    return Reports(products=found, silent=names.keys() - answers.keys())


def ask(server: Remote, *words: str, patience: float) -> Any:
    """Return what the program answers.

    Raises:
        RemoteError: it refuses, or the server does.
    """
    return json.loads(server.run(*COMMAND, *words, patience=patience))


def report(server: Remote, *products: str) -> list[dict[str, Any]]:
    """Return what a server has written down of products, each by `<stack>-<product>`.

    Raises:
        RemoteError: the server cannot be asked.
    """
    found: list[dict[str, Any]] = ask(server, "report", *products, patience=60)
    return found
