"""`slipway backup`: back products up now."""

import time
from typing import Annotated, Final

import typer
from rich.console import Console

from infra.cli.arguments import AsJson, StackName, complete_product
from infra.cli.backup_program import placed, read_reports, report, require_backups
from infra.cli.backups import tell
from infra.cli.project import find_project, read_stack
from infra.cli.refusal import ExitCode, say
from infra.host.remote import ClosedError, Remote, RemoteError

PAUSE_SECONDS: Final = 2.0
_STARTING: Final = ("activating", "active")

OneProduct = Annotated[
    str | None, typer.Argument(help="Product of the stack file. All when absent.", autocompletion=complete_product)
]


def backup(stack: StackName, product: OneProduct = None, *, as_json: AsJson = False) -> None:
    """Back the products of a stack up now, or one of them.

    Runs what the timer runs, to every target, and waits for its end; what serves goes on serving. A lost connection
    ends the wait and not the backup. The exit code is 1 when something could not be backed up.

    **Examples**

    - `slipway backup dev`
    - `slipway backup dev shop`, before a risky migration
    """
    chosen = read_stack(find_project(), stack)
    require_backups(chosen, product)
    failed = False
    lost: dict[str, str] = {}
    for server, products in placed(chosen, product):
        for index, name in enumerate(products):
            try:
                _run(server, f"{stack}-{name}")
            except ClosedError as error:
                lost[server.name] = f"slipway: {', '.join(products[index:])}: {error}."
                break
            except RemoteError as error:
                say(f"slipway: {name}: {error}.")
                failed = True
    reports = read_reports(chosen, product)
    # A server that is still away has just been named.
    for line in (lost[name] for name in lost if name not in reports.silent):
        say(line)
    tell(reports, as_json=as_json)
    last = [target["last"] for each in reports.products.values() for target in each["targets"]]
    if failed or lost or reports.silent or any(line is None or line["exit"] for line in last):
        raise typer.Exit(ExitCode.FAILED)


def _run(server: Remote, product: str) -> None:
    """Start the backup of a product, and show what it is doing until it has ended."""
    unit = f"slipway-backup-{product}.service"
    server.run("systemctl", "start", "--no-block", unit)
    with Console(stderr=True).status(f"Backing up {product}") as status:
        while _state(server, unit) in _STARTING:
            (known,) = report(server, product)
            status.update(f"Backing up {product}: {known['step'] or 'tidying up'}")
            time.sleep(PAUSE_SECONDS)


def _state(server: Remote, unit: str) -> str:
    return server.run("systemctl", "show", "--property=ActiveState", "--value", unit).strip()
