"""The command line: its verbs, and what all of them share."""

import typer

from infra.cli import (
    audit,
    backup,
    backups,
    bans,
    comment,
    doctor,
    drift,
    history,
    issue,
    logs,
    maintenance,
    outdated,
    pin,
    policy,
    preview,
    release,
    restore,
    rollback,
    rotate,
    status,
    unban,
    unlock,
    up,
)
from infra.cli.refusal import Commands

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(
    epilog="Exit codes: 0 done, all is well; 1 something is wrong or failed; 2 the command line is wrong; `drift`, "
    "`audit`, `policy`, `preview` and `outdated` have their own. "
    "`slipway <command> --help` shows examples; `slipway --install-completion` teaches your shell."
)
def slipway() -> None:
    """What people do besides `pulumi preview` and `pulumi up`.

    Run it anywhere in the checkout, after `eval "$(make -s env)"`.
    """


app.command("doctor")(doctor.doctor)
app.command("status")(status.status)
app.command("logs")(logs.logs)
app.command("release")(release.release)
app.command("pin")(pin.pin)
app.command("outdated")(outdated.outdated)
app.command("preview")(preview.preview)
app.command("comment")(comment.comment)
app.command("up")(up.up)
app.command("history")(history.history)
app.command("rollback")(rollback.rollback)
app.command("rotate")(rotate.rotate)
app.command("maintenance")(maintenance.maintenance)
app.command("unlock")(unlock.unlock)
app.command("drift")(drift.drift)
app.command("audit")(audit.audit)
app.command("policy")(policy.policy)
app.command("backup")(backup.backup)
app.command("backups")(backups.backups)
app.command("restore")(restore.restore)
app.command("issue")(issue.issue)
app.command("bans")(bans.bans)
app.command("unban")(unban.unban)
