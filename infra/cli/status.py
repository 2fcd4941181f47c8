"""`slipway status`: show on one screen how everything is."""

import json
from typing import Annotated

import typer

from infra.cli.arguments import AsJson, complete_stack
from infra.cli.project import find_project
from infra.cli.refusal import ExitCode
from infra.cli.status_data import as_data
from infra.cli.status_reading import read
from infra.cli.status_screen import show_status

OneStack = Annotated[
    str | None, typer.Argument(help="Stack to look at; all when absent.", autocompletion=complete_stack)
]


def status(stack: OneStack = None, *, as_json: AsJson = False) -> None:
    """Show on one screen how everything is.

    Servers, services with their health, image and release, alerts that fire, backups, certificates, drift as of the
    last look. Asks each server once, by ssh, all at the same time, and needs nothing installed there: it works while
    Prometheus is down, and where there was never any. A server that is away hides nothing of the others.

    Exit codes: 0 all is well; 1 something is wrong, each in a line on stderr: a server or its Docker is away, a disk is
    90 % full, a service does not run or is unhealthy, an alert above `info` fires, a backup is too old or has failed, a
    certificate ends within 14 days, something has drifted. A failed release after which the former one serves is shown,
    and is not wrong.

    **Examples**

    - `slipway status dev`
    - `slipway status`, for all stacks of this checkout
    - `slipway status dev --json | jq '.services[] | select(.wrong) | .service'`
    - `watch --color slipway status dev`
    """
    project = find_project()
    if stack is not None:
        project.require_stack(stack)
    data = as_data(read(project, [stack] if stack is not None else project.stacks()))
    if as_json:
        typer.echo(json.dumps(data, indent=2))
    else:
        show_status(data)
    if data["wrong"]:
        raise typer.Exit(ExitCode.FAILED)
