"""What was found, on one screen: what is wrong comes last, where it is read."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import typer
from rich.console import Console
from rich.text import Text

from infra.cli.backups import shown_size, shown_span
from infra.cli.history import shown_image
from infra.cli.refusal import say
from infra.cli.status_judging import age, is_serious, used
from infra.cli.tables import show
from infra.preview.escaping import visible

SERVERS: Final = ("server", "stacks", "host", "up", "memory", "disks", "reboot", "state")
SERVICES: Final = ("stack", "product", "service", "state", "restarts", "image", "release", "released", "last release")
ALERTS: Final = ("alert", "severity", "server", "product", "what")
BACKUPS: Final = ("backup of", "stack", "target", "age", "size", "last drill", "state")
CERTIFICATES: Final = ("certificate of", "stack", "days left")

Row = tuple[str | Text, ...]
Each = Mapping[str, Any]


def show_status(data: Each) -> None:
    """Print everything that was found."""
    now = datetime.now(UTC).timestamp()
    _table(SERVERS, [_server(each) for each in data["servers"]])
    _table(SERVICES, [_service(each, now) for each in data["services"]])
    _table(ALERTS, [_alert(each) for each in data["alerts"]])
    _table(BACKUPS, [_backup(each, now) for each in data["backups"]])
    _table(CERTIFICATES, [_certificate(each) for each in data["certificates"]])
    for line in _lines(data, now):
        typer.echo(line)
    _conclude(data["wrong"])


def _table(columns: Sequence[str], rows: Sequence[Row]) -> None:
    if rows:
        show(columns, rows)
        typer.echo()


def _server(each: Each) -> Row:
    place = (each["server"], ", ".join(each["stacks"]), each["host"])
    if not each["reachable"]:
        return (*place, "", "", "", "", _bad("away"))
    memory = each["memory"]
    return (
        *place,
        shown_span(each["uptime_seconds"]),
        f"{used(memory)} of {shown_size(memory['total'])}",
        ", ".join(f"{disk['path']} {used(disk)} of {shown_size(disk['total'])}" for disk in each["disks"]),
        "wanted" if each["reboot_required"] else "",
        _bad("; ".join(each["troubles"])) if each["troubles"] else _good("good"),
    )


def _service(each: Each, now: float) -> Row:
    state = visible(each["state"])
    released, last = each["released"], each["last"]
    return (
        each["stack"],
        each["product"],
        each["service"],
        _bad(state) if each["wrong"] else _plain(state) if each["state"] == "not known" else _good(state),
        "" if each["restarts"] is None else str(each["restarts"]),
        _image(each),
        visible(each["release"] or ""),
        f"{shown_span(age(released['end'], now))} ago" if released else "",
        _last(each, last),
    )


def _image(each: Each) -> str:
    """Return the image that runs, with the tag it was released by."""
    name, _, digest = (each["image"] or "").partition("@")
    released = each["released"]
    if not digest:
        return visible(name)
    tag = released["tag"] if released and released["image"] == each["image"] else None
    return visible(shown_image(tag, digest))


def _last(each: Each, last: Each | None) -> Text:
    if each["under_way"]:
        return Text("under way", "yellow")
    if last is None:
        return _plain("")
    if last["result"] == "good":
        return _plain(visible(f"good, by {last['actor']}"))
    return Text(visible(f"failed at {last['gate']}: {last['reason']}"), "yellow")


def _alert(each: Each) -> Row:
    severity = visible(each["severity"])
    shown = _bad(severity) if is_serious(each) else _plain(severity)
    return (visible(each["name"]), shown, each["server"], visible(each["product"]), visible(each["summary"]))


def _backup(each: Each, now: float) -> Row:
    good, drill = each["good"], each["drill"]
    drilled = f"{shown_span(age(drill['end'], now))} ago, {'failed' if drill['exit'] else 'good'}" if drill else "never"
    return (
        each["product"],
        each["stack"],
        each["target"],
        shown_span(each["age_seconds"]) if good else "never",
        shown_size(good["size"]) if good else "",
        drilled,
        _bad(visible(each["trouble"])) if each["trouble"] else _good("good"),
    )


def _certificate(each: Each) -> Row:
    days = each["days_left"]
    shown = "none" if days is None else f"{days:.0f}"
    return each["host"], each["stack"], _bad(shown) if each["trouble"] else _good(shown)


def _lines(data: Each, now: float) -> Iterator[str]:
    """Yield what is said in a line each, because there is no table of it."""
    for each in data["servers"]:
        if not each["reachable"]:
            yield f"Server {each['server']} cannot be asked: `slipway doctor {each['stacks'][0]}` says what to do."
    unwatched = [each["server"] for each in data["servers"] if each["has_alertmanager"] is False]
    if unwatched:
        yield f"Alerts: nobody judges on {', '.join(unwatched)}, which has no Alertmanager (`slipway:monitoring`)."
    elif not data["alerts"] and any(each["reachable"] for each in data["servers"]):
        yield "Alerts: none fires."
    if data["servers"] and not data["backups"]:
        yield _no_backups(data["backed_up"])
    for each in data["drift"]:
        if each["looked"]:
            ago = shown_span(age(each["looked"], now))
            yield f"Drift of {each['stack']} on {each['server']}: {each['resources']} resources, {ago} ago."
    asked = {(stack, each["server"]) for each in data["servers"] if each["reachable"] for stack in each["stacks"]}
    unseen = (each for each in data["drift"] if not each["looked"])
    never = sorted(each["stack"] for each in unseen if (each["stack"], each["server"]) in asked)
    if never:
        yield f"Drift: nobody has looked; `slipway drift {never[0]}` does."


def _no_backups(declared: Sequence[str]) -> str:
    """Return why there is no table of backups."""
    if not declared:
        return "Backups: none are declared (`slipway:backups`)."
    return f"Backups: those of {', '.join(declared)} are declared, and no server has told of one."


def _conclude(wrong: Sequence[str]) -> None:
    output = Console(soft_wrap=True, highlight=False)
    if not wrong:
        output.print(Text("All is well.", "green"))
        return
    for sentence in wrong:
        say(f"wrong: {visible(sentence, len(sentence))}")


def _good(text: str) -> Text:
    return Text(text, "green")


def _bad(text: str) -> Text:
    return Text(text, "bold red")


def _plain(text: str) -> Text:
    return Text(text)
