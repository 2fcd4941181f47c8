"""`slipway bans`: show who is kept out."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import typer

from infra.cli.arguments import AsJson, OneServer, StackName
from infra.cli.fail2ban import Ban, read_bans
from infra.cli.project import find_project, read_stack
from infra.cli.refusal import ExitCode
from infra.cli.servers import ask_each, remotes
from infra.cli.tables import show

COLUMNS = ("server", "jail", "address", "since", "until", "remaining")


def bans(stack: StackName, server: OneServer = None, *, as_json: AsJson = False) -> None:
    """Show who is kept out by fail2ban, on all servers of a stack or on one.

    Signs in with the pinned host key and changes nothing. Times are the server's own. The exit code is 1 when a server
    could not be asked; the others are shown all the same.

    **Examples**

    - `slipway bans dev`
    - `slipway bans dev --server main`
    - `slipway bans dev --json | jq -r '.[].address'`
    """
    servers = remotes(read_stack(find_project(), stack), server)
    answers = ask_each(stack, servers, read_bans)
    found = [(name, ban) for name, listed in answers.items() for ban in listed]
    silent = len(answers) < len(servers)
    if as_json:
        typer.echo(json.dumps([_as_data(name, ban) for name, ban in found], indent=2))
    elif found:
        show(COLUMNS, (_row(name, ban) for name, ban in found))
        typer.echo(f"Lift one with `slipway unban {stack} <address>`.")
    elif not silent:
        typer.echo("Nobody is banned.")
    if silent:
        raise typer.Exit(ExitCode.FAILED)


def _as_data(server: str, ban: Ban) -> Mapping[str, Any]:
    """Return a ban for programs."""
    return {
        "server": server,
        "jail": ban.jail,
        "address": ban.address,
        "since": ban.since.isoformat() if ban.since else None,
        "until": ban.until.isoformat() if ban.until else None,
        "remaining_seconds": int(ban.remaining.total_seconds()) if ban.remaining is not None else None,
    }


def _row(server: str, ban: Ban) -> tuple[str, ...]:
    since = str(ban.since) if ban.since else "unknown"
    until = str(ban.until) if ban.until else "for ever" if ban.since else "unknown"
    return server, ban.jail, ban.address, since, until, "" if ban.remaining is None else _rounded(ban.remaining)


def _rounded(duration: timedelta) -> str:
    """Return a duration in its two largest units."""
    minutes, seconds = divmod(int(duration.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s")]
    largest = next((index for index, (count, _) in enumerate(parts) if count), len(parts) - 1)
    return " ".join(f"{count} {unit}" for count, unit in parts[largest : largest + 2])
