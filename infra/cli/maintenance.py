"""`slipway maintenance`: show a product's visitors a page in its place, or the product again."""

import json
from enum import StrEnum
from typing import Annotated

import typer

from infra.cli.arguments import AsJson, StackName, complete_product
from infra.cli.project import find_project, read_stack
from infra.cli.refusal import require_known
from infra.config.maintenance import maintenance_path, read_maintenance, write_maintenance
from infra.config.mistakes import ConfigurationError


class Switch(StrEnum):
    """Whether a product is in maintenance."""

    ON = "on"
    OFF = "off"


Product = Annotated[
    str, typer.Argument(help="Product of the stack file.", show_default=False, autocompletion=complete_product)
]
State = Annotated[Switch, typer.Argument(help="`on` shows the page, `off` the product.", show_default=False)]


def maintenance(stack: StackName, product: Product, state: State, *, as_json: AsJson = False) -> None:
    """Show a product's visitors a maintenance page, or the product again.

    It is written beside the release file; the next `slipway up` makes it so, and loses no request. Visitors get status
    503 with the page of the stack file's `maintenance_page`. Calls between services go on, and so do releases.

    **Examples**

    - `slipway maintenance production shop on`
    - `slipway maintenance production shop off`
    """
    chosen = read_stack(find_project(), stack)
    require_known(chosen.name, "product", product, chosen.sections.products)
    path = maintenance_path(chosen.project.releases(stack), stack)
    file = read_maintenance(path, chosen.shown(path))
    if file.mistakes:
        raise ConfigurationError(file.mistakes)
    former = set(file.products)
    wanted = former | {product} if state is Switch.ON else former - {product}
    if wanted != former:
        write_maintenance(path, wanted)
    if as_json:
        data = {"stack": stack, "product": product, "maintenance": state is Switch.ON}
        typer.echo(json.dumps({**data, "changed": wanted != former, "file": str(path)}))
    elif wanted == former:
        typer.echo(f"Maintenance of {product} in {stack} is {state} already.")
    else:
        command = f"slipway up {stack}"
        typer.echo(f"Maintenance of {product} in {stack} will be {state}: {chosen.shown(path)}. Next: `{command}`.")
