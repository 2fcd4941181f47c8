"""`slipway unban`: let somebody in again."""

import ipaddress
import json
from typing import Annotated, Final

import typer

from infra.cli.arguments import AsJson, OneServer, StackName
from infra.cli.fail2ban import lift_bans
from infra.cli.project import find_project, read_stack
from infra.cli.refusal import ExitCode, RefusalError, say
from infra.cli.servers import ask_each, remotes

Address = Annotated[
    str, typer.Argument(metavar="ADDRESS", help="IPv4 or IPv6 address that is banned.", show_default=False)
]
BLOCKED: Final = (
    "If it is you who is kept out, no sign-in gets there either: run this from another network, or wait for the end of "
    "the ban."
)


def unban(stack: StackName, address: Address, server: OneServer = None, *, as_json: AsJson = False) -> None:
    """Let an address in again that fail2ban keeps out, on all servers of a stack or on one.

    Lifts its bans in every jail. Nothing happens to an address that is not banned. The exit code is 1 when a server
    could not be asked. An address that must never be banned belongs into `fail2ban.ignore` of the stack file.

    **Examples**

    - `slipway unban dev 203.0.113.7`
    - `slipway unban dev 2001:db8::7 --server main`
    """
    banned = _normal(address)
    servers = remotes(read_stack(find_project(), stack), server)
    lifted = ask_each(stack, servers, lambda remote: lift_bans(remote, banned))
    if as_json:
        typer.echo(json.dumps({"address": banned, "lifted": lifted}))
    else:
        for name, count in lifted.items():
            typer.echo(f"{name}: {banned} {_outcome(count)}.")
    if len(lifted) < len(servers):
        say(BLOCKED)
        raise typer.Exit(ExitCode.FAILED)


def _normal(address: str) -> str:
    """Return an address as fail2ban writes it.

    Raises:
        RefusalError: it is none.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        text = f"`{address}` is no IPv4 or IPv6 address."
        raise RefusalError(text, ExitCode.USAGE) from None
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.scope_id:
            text = f"`{address}` names an interface of this machine, which means nothing on a server: leave out `%…`."
            raise RefusalError(text, ExitCode.USAGE)
        # A server that listens on both families sees an IPv4 client by such an address; fail2ban bans the IPv4 one.
        return str(parsed.ipv4_mapped or parsed)
    return str(parsed)


def _outcome(bans: int) -> str:
    if not bans:
        return "was not banned"
    return f"is let in again, {'one jail' if bans == 1 else f'{bans} jails'} had banned it"
