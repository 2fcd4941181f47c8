"""`slipway restore`: bring the data of a product back as they were."""

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

import typer

from infra.backups.items import contents
from infra.backups.program.places import COMMAND
from infra.cli.arguments import AsJson, ProductName, StackName
from infra.cli.backup_program import ask, require_backups
from infra.cli.backups import shown_size, shown_span
from infra.cli.history import moment
from infra.cli.project import Stack, find_project, read_stack
from infra.cli.refusal import ExitCode, RefusalError, require_known, say
from infra.cli.servers import remotes
from infra.cli.tables import show
from infra.host.remote import Remote, RemoteError

LATEST: Final = "latest"
COLUMNS: Final = ("what", "kind", "size")
_LOOK_SECONDS: Final = 600
_RESTORE_SECONDS: Final = 24 * 3600

Service = Annotated[
    str | None,
    typer.Option("--service", help="Database service, or volume or folder of files, as `slipway backups` lists them."),
]
At = Annotated[
    str,
    typer.Option("--at", metavar="TIME", help="The newest backup that is not younger, such as `2026-11-22T09:30Z`."),
]
Into = Annotated[
    Literal["new"] | None, typer.Option("--into", help="`new` puts the data beside those that serve, and stops there.")
]
From = Annotated[str | None, typer.Option("--from", metavar="TARGET", help="Target; the first one when absent.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be restored, and what would be lost.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask whether a product that runs may lose its newest data.")]


def restore(
    stack: StackName,
    product: ProductName,
    service: Service = None,
    at: At = LATEST,
    into: Into = None,
    target: From = None,
    *,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Bring the data of a product back as they were.

    They are restored beside those that serve, and compared with what was written down at the backup; only then do they
    take the others' place, which are kept. Whatever fails before leaves the product as it was, and serving. The server
    needs no state of Pulumi for this, and a lost connection does not end it.

    **Examples**

    - `slipway restore dev shop --dry-run`
    - `slipway restore dev shop --service db --at 2026-11-22T09:30Z`
    - `slipway restore dev shop --service db --into new`, to look something up in a copy
    """
    chosen = read_stack(find_project(), stack)
    require_backups(chosen, product)
    _require_names(chosen, product, service, target)
    (server,) = remotes(chosen, chosen.sections.products[product].server)
    words = ["restore", f"{stack}-{product}", *_options(service, at, target)]
    try:
        foretold = ask(server, *words, "--dry-run", patience=_LOOK_SECONDS)
        if dry_run:
            _echo(foretold, as_json=as_json)
            return
        if not as_json:
            _show(foretold)
        if into is None and not yes:
            _confirm(foretold)
        told = _restored(server, f"{stack}-{product}", [*words, "--into-new" if into else "--confirmed"])
    except RemoteError as error:
        text = f"{error}."
        raise RefusalError(text) from None
    if as_json:
        typer.echo(json.dumps(told, indent=2))
    else:
        _tell(told)


def _require_names(stack: Stack, product: str, service: str | None, target: str | None) -> None:
    """Refuse what the files do not have, before a server is asked."""
    if service is not None:
        items = contents(stack.compose(product), f"{stack.name}-{product}").items
        require_known(product, "backup of", service, [item["name"] for item in items if item["kind"] != "state"])
    if target is not None:
        backups = stack.sections.backups
        require_known(stack.name, "target", target, backups.targets if backups else ())


def _options(service: str | None, at: str, target: str | None) -> list[str]:
    moment_ = [] if at == LATEST else ["--at", _moment(at)]
    return [*(["--service", service] if service else []), *moment_, *(["--target", target] if target else [])]


def _moment(text: str) -> str:
    """Return a moment as the program reads it; one without a zone is in UTC.

    Raises:
        RefusalError: it is none.
    """
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        message = f"`{text}` is no time: write `2026-11-22T09:30Z`, or `{LATEST}`."
        raise RefusalError(message, ExitCode.USAGE) from None
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).isoformat()


def _restored(server: Remote, product: str, words: list[str]) -> Mapping[str, Any]:
    """Have the server restore, in a unit of its own that outlives the connection."""
    unit = ("systemd-run", "--wait", "--pipe", "--quiet", "--collect", f"--unit=slipway-restore-{product}")
    told: Mapping[str, Any] = json.loads(server.run(*unit, *COMMAND, *words, patience=_RESTORE_SECONDS))
    return told


def _confirm(foretold: Mapping[str, Any]) -> None:
    """Ask before data of a product that runs are replaced."""
    if not foretold["running"]:
        return
    if not sys.stdin.isatty():
        text = f"{', '.join(foretold['running'])} runs, and would lose its newest data: add `--yes`."
        raise RefusalError(text)
    if not typer.confirm("Replace what is there by this backup?", err=True):
        text = "nothing was changed."
        raise RefusalError(text)


def _echo(foretold: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(foretold, indent=2))
    else:
        _show(foretold)


def _show(foretold: Mapping[str, Any]) -> None:
    show(COLUMNS, ((item["name"], item["kind"], shown_size(item["size"])) for item in foretold["items"]))
    typer.echo(
        f"Backup of {moment(foretold['backup'])} UTC at {foretold['target']}: "
        f"what was written in the {shown_span(foretold['lost_seconds'])} since then is not in it."
    )


def _tell(told: Mapping[str, Any]) -> None:
    for database, tables in told["tables"].items():
        for table, rows in tables.items():
            typer.echo(f"{database}: {table} had {rows['serving']} rows, and has {rows['restored']}.")
    for name in told["former"]:
        typer.echo(f"The former data are kept: {name}")
    for name in told["beside"]:
        typer.echo(f"Restored beside: {name}")
    say(f"Restored in {told['took_seconds']} s.")
