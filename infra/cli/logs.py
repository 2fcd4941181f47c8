"""`slipway logs`: read what the containers of a product say."""

import json
import re
import sys
from collections.abc import Generator, Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import typer
from rich.console import Console

from infra.cli.arguments import OneServer, ProductName, StackName, complete_service
from infra.cli.log_lines import Told
from infra.cli.observer_program import COMMAND, program
from infra.cli.project import Stack, find_project, read_stack
from infra.cli.refusal import ExitCode, RefusalError, require_known, say
from infra.cli.servers import remotes
from infra.config.releases import EDGE_PRODUCT, EDGE_SERVICE
from infra.host.remote import Remote, RemoteError

TAIL: Final = 100
_RELEASE_WIDTH: Final = 9
_SPAN: Final = re.compile(r"(\d+)([smhd])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}

OneService = Annotated[
    str | None,
    typer.Argument(help="Service of its compose files. All when absent.", autocompletion=complete_service),
]
Since = Annotated[
    str | None, typer.Option("--since", help="`30s`, `10m`, `2h`, `1d`, or a time such as 2026-11-22T10:00.")
]
Grep = Annotated[str | None, typer.Option("--grep", help="Show lines in which this regular expression is found.")]
Follow = Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes, through releases, until Ctrl-C.")]
Tail = Annotated[
    int | None, typer.Option("--tail", min=0, help=f"Most lines of each container; {TAIL} without --since and --grep.")
]


def logs(
    stack: StackName,
    product: ProductName,
    service: OneService = None,
    since: Since = None,
    grep: Grep = None,
    tail: Tail = None,
    server: OneServer = None,
    *,
    follow: Follow = False,
) -> None:
    """Read what the containers of a product say, or those of one service.

    Lines of all containers in the order of time (UTC), each with its service and release, so that the old and the new
    release are told apart; a job and a migration are `<service>.job-<name>` and `<service>.migrate`. With `--follow` a
    container that a release starts is picked up. What would steer the terminal is taken out. A container that is gone
    has taken its log with it. The exit code is 1 when a log could not be read.

    **Examples**

    - `slipway logs dev shop`
    - `slipway logs dev shop web --since 10m --grep 'ERROR|Traceback'`
    - `slipway logs dev shop --follow`, during `slipway up dev`
    - `slipway logs dev edge traefik --since 1h > requests.log`
    """
    chosen = read_stack(find_project(), stack)
    services = _services(chosen, product, service)
    wanted = _expression(grep)
    begin = _moment(since) if since else None
    wish = {
        "stack": stack,
        "product": product,
        "service": service,
        "since": begin.timestamp() if begin else None,
        "tail": TAIL if tail is None and begin is None and wanted is None else tail,
        "follow": follow,
    }
    home = _home(chosen, product, server)
    # Whoever follows ends it so.
    with suppress(KeyboardInterrupt), closing(home.lines(*COMMAND, stdin=program("logs", wish))) as lines:
        try:
            troubles = _show(lines, services, wanted)
        except RemoteError as error:
            text = f"{error}."
            raise RefusalError(text) from None
        if troubles:
            raise typer.Exit(ExitCode.FAILED)


def _show(lines: Generator[str], services: Sequence[str], wanted: "re.Pattern[str] | None") -> int:
    """Print lines as they come; return how many logs could not be read."""
    output = Console(soft_wrap=True, highlight=False) if sys.stdout.isatty() else None
    width = max(map(len, services), default=0) + _RELEASE_WIDTH
    troubles = 0
    for line in filter(str.strip, lines):
        data = _parsed(line)
        if "trouble" in data:
            say(f"slipway: {data['trouble']}.")
            troubles += 1
            continue
        told = Told.of(data)
        if wanted and not wanted.search(told.text):
            continue
        if output:
            output.print(told.line(width, services))
        else:
            typer.echo(f"{told.shown_time} {told.label:<{width}} | {told.text}")
    return troubles


def _parsed(line: str) -> dict[str, Any]:
    try:
        data: dict[str, Any] = json.loads(line)
    except ValueError:
        text = "the server has not answered in words that are understood."
        raise RefusalError(text) from None
    return data


def _services(stack: Stack, product: str, service: str | None) -> list[str]:
    """Return the services of a product; refuse one that it does not have."""
    stack.require_product(product)
    known = [EDGE_SERVICE] if product == EDGE_PRODUCT else sorted(stack.services(product))
    if service is not None:
        require_known(product, "service", service, known)
    return known


def _home(stack: Stack, product: str, server: str | None) -> Remote:
    """Return the server that a product is on."""
    if product != EDGE_PRODUCT:
        home = stack.sections.products[product].server
        if server not in (None, home):
            text = f"{product} is on {home}, and not on {server}."
            raise RefusalError(text, ExitCode.USAGE)
        return remotes(stack, home)[0]
    found = remotes(stack, server)
    if len(found) > 1:
        text = f"each server has an edge: name one by `--server`, of {', '.join(each.name for each in found)}."
        raise RefusalError(text, ExitCode.USAGE)
    return found[0]


def _expression(text: str | None) -> "re.Pattern[str] | None":
    try:
        return None if text is None else re.compile(text)
    except re.error as error:
        message = f"--grep: `{text}` is no regular expression: {error}."
        raise RefusalError(message, ExitCode.USAGE) from None


def _moment(text: str) -> datetime:
    """Return the moment that is meant: a span before now, or a time, in UTC unless it says otherwise."""
    span = _SPAN.fullmatch(text)
    try:
        if span:
            return datetime.now(UTC) - timedelta(**{_UNITS[span[2]]: int(span[1])})
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        message = f"--since: `{text}` is neither a span such as `10m` nor a time such as 2026-11-22T10:00."
        raise RefusalError(message, ExitCode.USAGE) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
