"""Values with a name that only servers have: users, networks, ports, times."""

import ipaddress
import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from infra.config.section import Form, UserName

TAKEN_NAMES = frozenset(
    {
        *("root", "daemon", "bin", "sys", "sync", "games", "man", "lp", "mail", "news", "uucp", "proxy", "www-data"),
        *("backup", "list", "irc", "_apt", "nobody", "adm", "tty", "disk", "kmem", "dialout", "fax", "voice", "cdrom"),
        *("floppy", "tape", "sudo", "audio", "dip", "operator", "src", "shadow", "utmp", "video", "sasl", "plugdev"),
        *("staff", "users", "nogroup", "input", "sgx", "kvm", "render", "crontab", "docker", "sshd", "ssh-users"),
        *("messagebus", "systemd-network", "systemd-timesync", "systemd-journal", "systemd-resolve"),
    }
)
"""Users and groups of Debian, of Docker and of Slipway: an account of that name would have their rights."""
SMALLEST_SWAP_MIB = 64
HIGHEST_PORT = 65535


def _account(name: str) -> str:
    if name == "root":
        msg = "must not be `root`, whose login is closed: Slipway makes the user, so give it a name of its own"
        raise ValueError(msg)
    if name in TAKEN_NAMES:
        msg = "is the name of one of the system's own users or groups, whose rights it would have: choose another"
        raise ValueError(msg)
    return name


def _source(text: str) -> str:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        msg = "must be a network or an address, such as `203.0.113.0/24`, with no bits set behind the prefix"
        raise ValueError(msg) from None
    return text


def _ports(value: object) -> str:
    """Return a port, or a range with its ends in order, as text."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    match = re.fullmatch(r"([0-9]{1,5})(?::([0-9]{1,5}))?", text)
    ends = [int(end) for end in match.groups() if end is not None] if match else []
    if not ends or ends != sorted(set(ends)) or ends[0] < 1 or ends[-1] > HIGHEST_PORT:
        msg = f"must be a port from 1 to {HIGHEST_PORT}, or a range in quotes, such as `'8000:8010'`"
        raise ValueError(msg)
    return ":".join(str(end) for end in ends)


def _swap(value: object) -> object:
    if value == "none":
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < SMALLEST_SWAP_MIB:
        msg = f"must be a number of MiB, at least {SMALLEST_SWAP_MIB}, or `none`"
        raise ValueError(msg)
    return value


def _setting_value(value: object) -> object:
    if value is not None and not isinstance(value, str | int):
        msg = "must be a text, a number, `true`, `false` or `null`"
        raise ValueError(msg)
    return value


def schema(title: str, *branches: dict[str, Any]) -> WithJsonSchema:
    """Return what editors are told of a value that has one of several forms."""
    return WithJsonSchema({"title": title, "anyOf": list(branches)})


AccountName = Annotated[UserName, AfterValidator(_account)]
Source = Annotated[str, Field(title="network or address"), AfterValidator(_source)]
PortRange = Annotated[
    str,
    BeforeValidator(_ports),
    schema(
        "port or range",
        {"type": "integer", "minimum": 1, "maximum": HIGHEST_PORT},
        {"type": "string", "pattern": "^[0-9]{1,5}(:[0-9]{1,5})?$"},
    ),
]
Swap = Annotated[
    int | None,
    BeforeValidator(_swap),
    schema("MiB or `none`", {"type": "integer", "minimum": SMALLEST_SWAP_MIB}, {"const": "none"}),
]
SettingValue = Annotated[
    bool | int | str | None,
    BeforeValidator(_setting_value),
    schema("text, number, switch or `null`", *({"type": kind} for kind in ("string", "integer", "boolean"))),
]
Interface = Annotated[
    str, Form("interface", r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,14}$", "must be a network interface, such as `eth0`")
]
Comment = Annotated[
    str,
    Form(
        "comment",
        r"^[A-Za-z0-9][A-Za-z0-9 .,:/_-]{0,63}$",
        "must be a line of letters, digits and `.,:/_-`, at most 64",
    ),
]
Reason = Annotated[str, Form("reason", r"^\S.{13,}\S$", "must say why, in at least 15 characters")]
TimeOfDay = Annotated[
    str, Form("time of day", "^([01][0-9]|2[0-3]):[0-5][0-9]$", "must be a time of day in quotes, such as `'04:00'`")
]
TimeZone = Annotated[
    str,
    Form(
        "time zone",
        "^[A-Z][A-Za-z0-9_+-]*(/[A-Z][A-Za-z0-9_+-]*){0,2}$",
        "must be a time zone of the tz database, such as `Europe/Berlin` or `Etc/UTC`",
    ),
]
HostName = Annotated[
    str,
    Form(
        "host name",
        r"^(?=.{1,63}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$",
        "must be a host name of small letters, digits, hyphens and dots, at most 63, such as `main`",
    ),
]
ArchiveUri = Annotated[
    str, Form("archive", r"^https?://[^\s@]+$", "must be the http or https URL of a package archive, without a login")
]
