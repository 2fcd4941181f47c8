"""Values as Docker Compose prints them, turned into the form that Docker's provider takes."""

import re
import shlex
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PlainValidator, WithJsonSchema

from infra.compose.project import ContainerPort, Host, Protocol
from infra.compose.quantities import Duration, MiB, mebibytes
from infra.config.section import Form

_SECOND = 1_000
_LAST_PORT = 65535
MOST_REPLICAS = 20
"""More containers of one service on one server share its processors, and help nobody."""
_MOST_PORTS = 64
_PORTS = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?(?:/(tcp|udp|sctp))?")
_CAPABILITY = re.compile(r"[A-Z_]+")
_PROTOCOLS: dict[str | None, Protocol] = {None: "tcp", "tcp": "tcp", "udp": "udp", "sctp": "sctp"}


def _duration(value: Any) -> Duration:
    return Duration.parse(str(value))


def _span(value: Any) -> Duration:
    duration = _duration(value)
    if duration.milliseconds < _SECOND:
        msg = "must be at least one second"
        raise ValueError(msg)
    return duration


def _command(value: Any) -> tuple[str, ...]:
    try:
        words = shlex.split(value) if isinstance(value, str) else value
    except ValueError:
        msg = "has a quotation mark that is not closed"
        raise ValueError(msg) from None
    if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
        msg = "must be a line, or a list of words, such as `[flask, db, upgrade]`"
        raise ValueError(msg)
    if "" in words:
        msg = "has an empty word, which the docker provider refuses: use a configuration file or a shell line"
        raise ValueError(msg)
    return tuple(words)


def _size(value: Any) -> MiB:
    return mebibytes(str(value))


def _processors(value: Any) -> str:
    return format(Decimal(str(value)).normalize(), "f")


def _one(value: int) -> int:
    if value != 1:
        msg = "must be 1: several containers of a service are started one after another"
        raise ValueError(msg)
    return value


def _replicas(value: int) -> int:
    if not 1 <= value <= MOST_REPLICAS:
        msg = f"must be from 1 to {MOST_REPLICAS}: a service that is not to run is left out, by `profiles` for example"
        raise ValueError(msg)
    return value


def _capability(name: str) -> str:
    name = name.upper().removeprefix("CAP_")
    if not _CAPABILITY.fullmatch(name):
        msg = "must be a capability such as `NET_BIND_SERVICE`, or `ALL`"
        raise ValueError(msg)
    return name if name == "ALL" else f"CAP_{name}"


def _security_option(option: str) -> str:
    if option.startswith("seccomp") and not option.endswith("unconfined"):
        msg = "must not name a file: it would have to be on the server, where Slipway does not put it"
        raise ValueError(msg)
    return option


def _ports(value: Any) -> tuple[ContainerPort, ...]:
    match = _PORTS.fullmatch(str(value))
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if match is None or not 0 < first <= last <= _LAST_PORT or last - first >= _MOST_PORTS:
        msg = f"must be a port or a range of at most {_MOST_PORTS}, such as `8000` or `3000-3002/udp`"
        raise ValueError(msg)
    return tuple(ContainerPort(number=number, protocol=_PROTOCOLS[match[3]]) for number in range(first, last + 1))


def _host(value: Any) -> Host:
    name, _, address = str(value).partition("=")
    return Host(name=name, address=address)


DurationText = Annotated[
    Duration, PlainValidator(_duration), WithJsonSchema({"type": "string", "title": "duration", "examples": ["30s"]})
]
Span = Annotated[
    Duration, PlainValidator(_span), WithJsonSchema({"type": "string", "title": "duration", "examples": ["5m"]})
]
CommandWords = Annotated[
    tuple[str, ...], PlainValidator(_command), WithJsonSchema({"title": "command", "examples": ["flask db upgrade"]})
]
Size = Annotated[MiB, PlainValidator(_size)]
Processors = Annotated[str, PlainValidator(_processors)]
OneContainer = Annotated[int, AfterValidator(_one)]
Replicas = Annotated[int, AfterValidator(_replicas)]
Capability = Annotated[str, AfterValidator(_capability)]
SecurityOption = Annotated[str, AfterValidator(_security_option)]
ExposedPorts = Annotated[tuple[ContainerPort, ...], PlainValidator(_ports)]
HostLine = Annotated[Host, PlainValidator(_host)]
AbsolutePath = Annotated[str, Form("path", "^/", "must be an absolute path in the container")]
PublishedPortText = Annotated[
    str,
    Form("port", "^[1-9][0-9]{0,4}$", "must be one port of the server, as in `127.0.0.1:8080:80`"),
]
FileMode = Annotated[
    str,
    Form("mode", "^0?[0-7]{3}$", "must be three octal digits, such as `0440`"),
    AfterValidator(lambda mode: mode.zfill(4)),
]
Number = Annotated[str, Form("number", "^[0-9]+$", "must be the number of a user or a group")]
DevicePath = Annotated[str, Form("device", "^/dev/", "must be a device of the server, such as `/dev/ttyUSB0`")]
DevicePermissions = Annotated[str, Form("permissions", "^r?w?m?$", "must be of `r`, `w` and `m`")]
ImagePlatform = Annotated[
    str, Form("platform", "^linux/[a-z0-9]+(/v[0-9]+)?$", "must be a platform such as `linux/amd64`")
]
PidMode = Annotated[
    str, Form("pid", "^host$", "must be `host`: another service's container is another one in every release")
]
IpcMode = Annotated[
    str,
    Form(
        "ipc",
        "^(none|private|shareable|host)$",
        "must be `none`, `private`, `shareable` or `host`: another service's container is another one in every release",
    ),
]
Propagation = Annotated[
    str, Form("propagation", "^r?(private|shared|slave)$", "must be `rprivate`, `rslave`, `rshared` or such")
]
Positive = Annotated[int, Field(ge=1)]
Alias = Annotated[
    str,
    Form(
        "alias",
        r"^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$",
        "must be a name of small letters, digits, hyphens and dots, at most 63, such as `shop`",
    ),
]
IPv4Text = Annotated[
    str, Form("address", r"^[0-9]{1,3}(\.[0-9]{1,3}){3}$", "must be an IPv4 address of the network's `ipam` subnet")
]
BridgeDriver = Annotated[str, Form("driver", "^(bridge|default)?$", "must be `bridge`: a product is on one server")]
LocalDriver = Annotated[
    str, Form("driver", "^(local)?$", "must be `local`: its `driver_opts` mount what another server keeps")
]
ImageName = Annotated[
    str, Form("image", "^[^@]+$", "must be repository and tag only: the digest comes from the release file")
]
LabelName = Annotated[
    str, Form("label", r"^(?!slipway\.).", "must not begin with `slipway.`: those labels are Slipway's own")
]
MountType = Annotated[
    str,
    Form("mount", "^(volume|bind|tmpfs)$", "must be a named volume, a folder of the server (`bind`) or a `tmpfs`"),
]
SwarmMode = Annotated[str, Form("mode", "^ingress$", "is for Swarm: remove it")]
ReplicatedMode = Annotated[str, Form("mode", "^replicated$", "is for Swarm: remove it")]
RestartPolicy = Annotated[
    str,
    Form(
        "restart policy",
        "^(no|always|unless-stopped|on-failure(:[1-9][0-9]*)?)$",
        "must be `no`, `always`, `unless-stopped` or `on-failure:<attempts>`",
    ),
]
