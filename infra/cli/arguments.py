"""Arguments that several verbs take, with what the shell completes them to."""

from collections.abc import Iterable
from typing import Annotated

import typer

from infra.cli.project import Stack, find_project, read_stack
from infra.cli.refusal import RefusalError
from infra.config.mistakes import ConfigurationError
from infra.config.releases import EDGE_PRODUCT, EDGE_SERVICE


def complete_stack(incomplete: str) -> list[str]:
    """Return the stacks that a word may become."""
    try:
        return _beginning(incomplete, find_project().stacks())
    except RefusalError:
        return []


def complete_product(context: typer.Context, incomplete: str) -> list[str]:
    """Return the products that a word may become, once the stack is written."""
    stack = _chosen(context)
    return _beginning(incomplete, [*stack.sections.products, EDGE_PRODUCT]) if stack else []


def _servers(context: typer.Context, incomplete: str) -> list[str]:
    stack = _chosen(context)
    return _beginning(incomplete, stack.sections.servers) if stack else []


def complete_service(context: typer.Context, incomplete: str) -> list[str]:
    """Return the services that a word may become, once stack and product are written."""
    stack = _chosen(context)
    product = context.params.get("product")
    if product == EDGE_PRODUCT:
        return _beginning(incomplete, [EDGE_SERVICE])
    if stack is None or product not in stack.sections.products:
        return []
    try:
        return _beginning(incomplete, stack.images(product))
    except ConfigurationError:
        return []


def _chosen(context: typer.Context) -> Stack | None:
    """Return the stack named so far; completion says nothing where the files are wrong."""
    # Behind an option that still lacks its value the words are not told apart yet.
    name = context.params.get("stack") or next(iter(context.args), "")
    try:
        return read_stack(find_project(), name)
    except (RefusalError, ConfigurationError):
        return None


def _beginning(incomplete: str, words: Iterable[str]) -> list[str]:
    return [word for word in words if word.startswith(incomplete)]


StackName = Annotated[
    str, typer.Argument(help="Stack, as in `Pulumi.<stack>.yaml`.", show_default=False, autocompletion=complete_stack)
]
PRODUCT_HELP = f"Product of the stack file; `{EDGE_PRODUCT}` for the edge."
ProductName = Annotated[
    str,
    typer.Argument(
        help=PRODUCT_HELP,
        show_default=False,
        autocompletion=complete_product,
    ),
]
ServiceName = Annotated[
    str,
    typer.Argument(
        help=f"Service of the product's compose files; `{EDGE_SERVICE}` for the edge.",
        show_default=False,
        autocompletion=complete_service,
    ),
]
OneServer = Annotated[
    str | None, typer.Option("--server", help="Server of the stack file; all when absent.", autocompletion=_servers)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
