"""The inputs of `docker.Container`, as pulumi-docker 5.1.0 has them."""

import dataclasses
import re
from functools import partial
from ipaddress import IPv4Address

from tests.lab.plugins.docker.durations import duration_rule
from tests.lab.plugins.docker.labels import LABELS
from tests.lab.plugins.schema import Field, Kind, Many, Schema, at_least, matching

_INTEGER, _FLAG = Kind.INTEGER, Kind.FLAG

READ_TIMEOUT_MILLISECONDS = 15000
"""The vendor's default; only kept in the state, since reading does not wait here."""

_pattern = partial(re.compile, flags=re.ASCII)
_replacing = partial(Field, replaces=True)
_objects = partial(Field, kind=Kind.OBJECT, many=Many.SET)
_texts = partial(Field, many=Many.SET)

_MOUNTS: Schema = {
    "target": Field(required=True),
    "type": Field(
        required=True,
        rule=matching(_pattern("bind|volume|tmpfs").fullmatch, "must be bind, volume or tmpfs"),
    ),
    "source": Field(),
    "readOnly": Field(kind=_FLAG),
    "bindOptions": Field(
        kind=Kind.OBJECT,
        fields={
            "propagation": Field(
                rule=matching(
                    _pattern("r?(private|shared|slave)").fullmatch,
                    "must be private, rprivate, shared, rshared, slave or rslave",
                ),
            ),
        },
    ),
    "volumeOptions": Field(
        kind=Kind.OBJECT,
        fields={
            "noCopy": Field(kind=_FLAG),
            "labels": LABELS,
            "driverName": Field(),
            "driverOptions": Field(many=Many.MAP),
            "subpath": Field(),
        },
    ),
    "tmpfsOptions": Field(
        kind=Kind.OBJECT,
        fields={"sizeBytes": Field(kind=_INTEGER), "mode": Field(kind=_INTEGER)},
    ),
}

_VOLUMES: Schema = {
    "fromContainer": Field(),
    "containerPath": Field(),
    "hostPath": Field(rule=matching(_pattern(r"[a-zA-Z]:[\\/]|/").match, "must be an absolute path")),
    "volumeName": Field(),
    "readOnly": Field(kind=_FLAG),
    "selinuxRelabel": Field(rule=matching(_pattern("[zZ]").fullmatch, "must be z or Z")),
}

_NETWORKS: Schema = {
    "name": Field(required=True),
    "aliases": _texts(),
    "ipv4Address": Field(),
    "ipv6Address": Field(),
    "linkLocalIps": _texts(),
    "macAddress": Field(),
    "driverOpts": _texts(),
    "gwPriority": Field(kind=_INTEGER, rule=at_least(0)),
}

_PORTS: Schema = {
    "internal": Field(kind=_INTEGER, required=True),
    "external": Field(kind=_INTEGER, computed=True),
    "ip": Field(default=str(IPv4Address(0))),
    "protocol": Field(default="tcp"),
}

_UPLOADS: Schema = {
    "file": Field(required=True),
    "content": Field(),
    "contentBase64": Field(),
    "source": Field(),
    "sourceHash": Field(),
    "executable": Field(kind=_FLAG),
    "permissions": Field(rule=matching(_pattern("0[0-7]{3}").fullmatch, "must be four octal digits, as 0644")),
}

_HEALTHCHECK: Schema = {
    "tests": Field(many=Many.LIST),
    "interval": Field(default="0s", rule=duration_rule),
    "timeout": Field(default="0s", rule=duration_rule),
    "startPeriod": Field(default="0s", rule=duration_rule),
    "startInterval": Field(default="0s", rule=duration_rule),
    "retries": Field(kind=_INTEGER, rule=at_least(0)),
}

_THROTTLE = _objects(
    fields={"path": Field(required=True), "rate": Field(kind=_INTEGER, required=True, rule=at_least(0))},
)

_IDENTITY: Schema = {
    "name": _replacing(required=True),
    "image": _replacing(required=True),
    "platform": _replacing(computed=True),
    "hostname": _replacing(computed=True),
    "domainname": _replacing(),
    "labels": dataclasses.replace(LABELS, computed=True),
    "command": _replacing(many=Many.LIST, computed=True),
    "entrypoints": _replacing(many=Many.LIST, computed=True),
    "envs": _texts(replaces=True, computed=True),
    "user": _replacing(lenient=True),
    "groupAdds": _texts(replaces=True),
    "workingDir": _replacing(lenient=True),
    "tty": _replacing(kind=_FLAG),
    "stdinOpen": _replacing(kind=_FLAG),
    "uploads": _objects(replaces=True, fields=_UPLOADS),
}

_LIFE: Schema = {
    "start": Field(kind=_FLAG, default=True),
    "mustRun": Field(kind=_FLAG, default=True),
    "wait": Field(kind=_FLAG),
    "waitTimeout": Field(kind=_INTEGER, default=60),
    "attach": Field(kind=_FLAG),
    "logs": Field(kind=_FLAG),
    "rm": Field(kind=_FLAG),
    "removeVolumes": Field(kind=_FLAG, default=True),
    "destroyGraceSeconds": Field(kind=_INTEGER),
    "containerReadRefreshTimeoutMilliseconds": Field(kind=_INTEGER, default=READ_TIMEOUT_MILLISECONDS),
    "restart": Field(
        default="no",
        rule=matching(
            _pattern("no|on-failure|always|unless-stopped").fullmatch,
            "must be no, on-failure, always or unless-stopped",
        ),
    ),
    "maxRetryCount": Field(kind=_INTEGER),
    "stopSignal": _replacing(computed=True),
    "stopTimeout": _replacing(kind=_INTEGER, computed=True),
    "init": Field(kind=_FLAG, computed=True),
    "healthcheck": Field(kind=Kind.OBJECT, computed=True, fields=_HEALTHCHECK),
    "logDriver": _replacing(computed=True),
    "logOpts": _replacing(many=Many.MAP),
}

_RESOURCES: Schema = {
    "memory": Field(kind=_INTEGER, rule=at_least(0)),
    "memoryReservation": Field(kind=_INTEGER, rule=at_least(0)),
    "memorySwap": Field(kind=_INTEGER, rule=at_least(-1)),
    "shmSize": _replacing(kind=_INTEGER, computed=True, rule=at_least(0)),
    "cpus": _replacing(),
    "cpuShares": Field(kind=_INTEGER, rule=at_least(0)),
    "cpuSet": Field(rule=matching(_pattern(r"\d+([,-]\d+)*").fullmatch, "must be a list or range of CPUs, as 0-1")),
    "cpuPeriod": Field(kind=_INTEGER, rule=at_least(0)),
    "cpuQuota": Field(kind=_INTEGER, rule=at_least(0)),
    "deviceReadBps": _THROTTLE,
    "deviceReadIops": _THROTTLE,
    "deviceWriteBps": _THROTTLE,
    "deviceWriteIops": _THROTTLE,
    "ulimits": _objects(
        replaces=True,
        fields={
            "name": Field(required=True),
            "soft": Field(kind=_INTEGER, required=True),
            "hard": Field(kind=_INTEGER, required=True),
        },
    ),
    "sysctls": _replacing(many=Many.MAP),
    "cgroupParent": _replacing(),
    "cgroupnsMode": _replacing(),
    "runtime": _replacing(computed=True),
}

_CONFINEMENT: Schema = {
    "privileged": _replacing(kind=_FLAG),
    "readOnly": _replacing(kind=_FLAG),
    "capabilities": _replacing(kind=Kind.OBJECT, fields={"adds": _texts(), "drops": _texts()}),
    "securityOpts": _texts(replaces=True, computed=True),
    "devices": _objects(
        replaces=True,
        fields={"hostPath": Field(required=True), "containerPath": Field(), "permissions": Field(default="rwm")},
    ),
    "pidMode": _replacing(),
    "ipcMode": _replacing(computed=True),
    "usernsMode": _replacing(),
}

_STORAGE: Schema = {
    "mounts": _objects(replaces=True, fields=_MOUNTS),
    "volumes": _objects(replaces=True, fields=_VOLUMES),
    "tmpfs": Field(many=Many.MAP),
    "storageOpts": _replacing(many=Many.MAP),
}

_NETWORK: Schema = {
    "networkMode": _replacing(default="bridge"),
    "networksAdvanced": _objects(replaces=True, fields=_NETWORKS),
    "ports": _objects(replaces=True, fields=_PORTS),
    "publishAllPorts": _replacing(kind=_FLAG),
    "dns": _texts(replaces=True),
    "dnsOpts": _texts(replaces=True),
    "dnsSearches": _texts(replaces=True),
    "hosts": _objects(replaces=True, fields={"host": Field(required=True), "ip": Field(required=True)}),
}

CONTAINER: Schema = {**_IDENTITY, **_LIFE, **_RESOURCES, **_CONFINEMENT, **_STORAGE, **_NETWORK}
"""All but `gpus` and `deviceRequests`; and `name` must be given, because the stand-in makes up no names."""
