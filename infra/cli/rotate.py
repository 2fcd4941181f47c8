"""`slipway rotate`: ask for a new value of a secret that Slipway makes."""

import json
from typing import Annotated

import typer

from infra.cli.arguments import PRODUCT_HELP, AsJson, StackName, complete_product
from infra.cli.project import Stack, find_project, read_stack
from infra.cli.refusal import RefusalError, require_known
from infra.cli.rotate_repository import rotate_of_repository
from infra.cli.tables import show
from infra.compose.cost import longest_gap
from infra.compose.postgres import is_postgres
from infra.compose.project import Service
from infra.config.products import SecretSource
from infra.config.releases import EDGE_PRODUCT
from infra.config.rotation import rotate as count_up
from infra.host.agent.impact import ROLLING, stop_first

SecretName = Annotated[str, typer.Argument(help="Secret, as the stack file names it.", show_default=False)]
Owner = Annotated[
    str,
    typer.Argument(help=f"{PRODUCT_HELP[:-1]}, or a repository.", show_default=False, autocompletion=complete_product),
]
OfRepository = Annotated[
    bool, typer.Option("--repository", help="A secret of the repository of that name, for all its workflows.")
]
Environment = Annotated[
    str, typer.Option("--environment", help="A secret of this environment of the repository of that name.")
]


def rotate(
    stack: StackName,
    product: Owner,
    secret: SecretName,
    *,
    repository: OfRepository = False,
    environment: Environment = "",
    as_json: AsJson = False,
) -> None:
    """Ask for a new value of a secret that Slipway makes.

    Counts `rotation` up in the stack file. The next `up` makes the value and releases every service that uses it,
    each with its gates; the value itself is shown nowhere. The password of a database user changes in the database
    too: the other one of its two users gets it, and the former one is shut out in the end. A secret that a person has
    set gets its new value by `pulumi config set --secret`.

    With `--repository` or `--environment` it is a secret on GitHub: one that is generated, or the key of a deployment
    (`DEPLOY_SSH_KEY`), of which the next `up` lets the former one in no longer.

    **Examples**

    - `slipway rotate production shop session_key && slipway up production --product shop`
    - `slipway rotate production shop DEPLOY_SSH_KEY --environment production && slipway up production`
    """
    chosen = read_stack(find_project(), stack)
    if repository or environment:
        rotate_of_repository(chosen, product, environment, secret, as_json=as_json)
        return
    chosen.require_product(product)
    source = _source(chosen, product, secret)
    services = [service for service in chosen.services(product).values() if secret in service.secret_names]
    _require_made(stack, secret, source)
    _require_no_database(secret, services)
    path = chosen.project.stack_file(stack)
    number = count_up(path, ("slipway:products", product, "secrets", secret))
    if as_json:
        released = [service.name for service in services]
        data = {"stack": stack, "product": product, "secret": secret, "rotation": number, "services": released}
        typer.echo(json.dumps(data))
        return
    typer.echo(f"{secret} of {product} in {stack} gets a new value: rotation {number}.")
    if services:
        show(("service", "how"), ((service.name, _how(service)) for service in services))
    typer.echo(
        f"Written to {chosen.shown(path)}. Next: `slipway up {stack} --product {product}`, then commit the file."
    )


def _source(stack: Stack, product: str, secret: str) -> SecretSource:
    """Return where a secret comes from, or refuse."""
    sources = {} if product == EDGE_PRODUCT else stack.sections.products[product].secrets
    require_known(f"{product} in {stack.name}", "secret", secret, sources)
    return sources[secret]


def _require_made(stack: str, secret: str, source: SecretSource) -> None:
    if source.config:
        text = (
            f"{secret} is a value that a person has set: `pulumi config set --secret slipway:secret-{source.config} "
            f"--stack {stack}` sets another, and the next `up` releases what uses it. Nothing was written."
        )
        raise RefusalError(text)


def _require_no_database(secret: str, services: list[Service]) -> None:
    """Refuse the password of a database: it is in the data, and a new file would only lock its users out."""
    databases = [service.name for service in services if is_postgres(service.image)]
    if databases:
        text = (
            f"{secret} is the password that {' and '.join(databases)} made its data with, for whoever looks after it: "
            "give the application a database user of its own, `<secret>: {generate: 32, database: {service: "
            f"{databases[0]}, role: <name>}}}}`, and rotate that one. Nothing was written."
        )
        raise RefusalError(text)


def _how(service: Service) -> str:
    return ROLLING if service.strategy == "rolling" else stop_first(None, longest_gap(service))
