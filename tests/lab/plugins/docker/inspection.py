"""What the Docker Engine API says of a container, as outputs of the resource."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from infra.host.plugin.values import Properties
from tests.lab.plugins.docker.creation import MEBIBYTE
from tests.lab.plugins.docker.durations import format_duration
from tests.lab.plugins.docker.labels import label_pairs
from tests.lab.plugins.schema import is_blank

_NANO_CPUS = 1_000_000_000
_NANO_DIGITS = 9
_CONFIG = {
    "hostname": "Hostname",
    "domainname": "Domainname",
    "command": "Cmd",
    "entrypoints": "Entrypoint",
    "user": "User",
    "workingDir": "WorkingDir",
    "tty": "Tty",
    "stdinOpen": "OpenStdin",
    "stopSignal": "StopSignal",
    "stopTimeout": "StopTimeout",
}
_HOST = {
    "rm": "AutoRemove",
    "readOnly": "ReadonlyRootfs",
    "dns": "Dns",
    "dnsOpts": "DnsOptions",
    "dnsSearches": "DnsSearch",
    "securityOpts": "SecurityOpt",
    "publishAllPorts": "PublishAllPorts",
    "runtime": "Runtime",
    "tmpfs": "Tmpfs",
    "privileged": "Privileged",
    "cpuShares": "CpuShares",
    "cpuSet": "CpusetCpus",
    "storageOpts": "StorageOpt",
    "networkMode": "NetworkMode",
    "usernsMode": "UsernsMode",
    "sysctls": "Sysctls",
    "ipcMode": "IpcMode",
    "groupAdds": "GroupAdd",
}
_THROTTLES = {
    "deviceReadBps": "BlkioDeviceReadBps",
    "deviceReadIops": "BlkioDeviceReadIOps",
    "deviceWriteBps": "BlkioDeviceWriteBps",
    "deviceWriteIops": "BlkioDeviceWriteIOps",
}
_NETWORK = {
    "ipAddress": "IPAddress",
    "ipPrefixLength": "IPPrefixLen",
    "gateway": "Gateway",
    "globalIpv6Address": "GlobalIPv6Address",
    "globalIpv6PrefixLength": "GlobalIPv6PrefixLen",
    "ipv6Gateway": "IPv6Gateway",
    "macAddress": "MacAddress",
}


def container_outputs(container: Mapping[str, Any], state: Properties) -> Properties:
    """Return the outputs of a container.

    Environment, labels, joined networks, uploads and volumes are not read back, as the vendor does not: they mix with
    those of the image.

    Args:
        container: what the daemon says.
        state: the outputs, or for a new container the inputs, that are known already.
    """
    config, host = container["Config"], container["HostConfig"]
    found = {name: config.get(source) for name, source in _CONFIG.items()}
    found |= {name: host.get(source) for name, source in _HOST.items()}
    found |= {name: _throttles(host.get(source)) for name, source in _THROTTLES.items()}
    found |= _life(container, state) | _resources(host) | _networks(container, state) | _configured(host, state)
    found |= {
        "name": container["Name"].lstrip("/"),
        "image": container["Image"] if state["image"].startswith("sha256:") else config["Image"],
        "platform": container.get("Platform", ""),
        "mounts": [_mount(mount) for mount in host.get("Mounts") or ()],
        "hosts": [_extra_host(entry) for entry in host.get("ExtraHosts") or ()],
    }
    return {**state, **{name: value for name, value in found.items() if value is not None}}


def _life(container: Mapping[str, Any], state: Properties) -> Properties:
    """Return state, restarts and health; a stopped container that must run shows as a change of `mustRun`."""
    host, running = container["HostConfig"], container["State"]["Running"]
    policy = host["RestartPolicy"]
    found: Properties = {
        "restart": policy["Name"],
        "maxRetryCount": policy["MaximumRetryCount"],
        "init": bool(host.get("Init")),
        "mustRun": state.get("mustRun", True) and running,
    }
    if not running:
        found["exitCode"] = container["State"]["ExitCode"]
    if healthcheck := container["Config"].get("Healthcheck"):
        found["healthcheck"] = _healthcheck(healthcheck)
    return found


def _resources(host: Mapping[str, Any]) -> Properties:
    swap = host["MemorySwap"]
    found: Properties = {
        "memory": host["Memory"] // MEBIBYTE,
        "memoryReservation": host["MemoryReservation"] // MEBIBYTE,
        "memorySwap": swap // MEBIBYTE if swap > 0 else swap,
        "shmSize": host["ShmSize"] // MEBIBYTE,
        "logDriver": host["LogConfig"]["Type"],
    }
    if host.get("NanoCpus"):
        found["cpus"] = _processors(Decimal(host["NanoCpus"]) / _NANO_CPUS)
    return found


def _processors(number: Decimal) -> str:
    """Return a number of processors in the vendor's form, which writes one as `1.0` and ten as `10.`."""
    text = f"{number:.9f}"
    return f"{number:.1f}" if text.count("0") == _NANO_DIGITS else text.rstrip("0")


def _networks(container: Mapping[str, Any], state: Properties) -> Properties:
    """Return addresses and ports; those of a stopped container only when it must run, since it has none."""
    settings = container["NetworkSettings"]
    found: Properties = {
        "bridge": settings.get("Bridge", ""),
        "networkDatas": [
            {"networkName": name, **{target: network.get(source) for target, source in _NETWORK.items()}}
            for name, network in sorted((settings.get("Networks") or {}).items())
        ],
    }
    if (container["State"]["Running"] or state.get("mustRun", True)) and not is_blank(state.get("ports")):
        found["ports"] = _ports(settings.get("Ports") or {})
    return found


def _configured(host: Mapping[str, Any], state: Properties) -> Properties:
    """Return what is read back only where the program has set it."""
    found: Properties = {}
    if host.get("CapAdd") or host.get("CapDrop"):
        found["capabilities"] = {"adds": host.get("CapAdd") or [], "drops": host.get("CapDrop") or []}
    if not is_blank(state.get("ulimits")):
        found["ulimits"] = [
            {name.lower(): value for name, value in limit.items()} for limit in host.get("Ulimits") or ()
        ]
    if not is_blank(state.get("devices")):
        found["devices"] = _devices(host, state)
    if not is_blank(state.get("pidMode")):
        found["pidMode"] = host.get("PidMode")
    if not is_blank(state.get("logOpts")):
        found["logOpts"] = host["LogConfig"].get("Config") or {}
    return found


def _devices(host: Mapping[str, Any], state: Properties) -> list[Properties]:
    """Return the devices; the path inside is told only where the program has chosen one."""
    chosen = {device["hostPath"] for device in state["devices"] if device.get("containerPath")}
    return [
        {
            "hostPath": device["PathOnHost"],
            "permissions": device["CgroupPermissions"],
            **({"containerPath": device["PathInContainer"]} if device["PathOnHost"] in chosen else {}),
        }
        for device in host.get("Devices") or ()
    ]


def _ports(ports: Mapping[str, list[Mapping[str, str]] | None]) -> list[Properties]:
    found = []
    for key in sorted(ports, key=lambda key: int(key.partition("/")[0])):
        internal, _, protocol = key.partition("/")
        found += [
            {
                "internal": int(internal),
                "external": int(binding["HostPort"]),
                "ip": binding["HostIp"],
                "protocol": protocol,
            }
            for binding in ports[key] or ()
        ]
    return found


def _healthcheck(healthcheck: Mapping[str, Any]) -> Properties:
    return {
        "tests": healthcheck.get("Test") or [],
        "interval": format_duration(healthcheck.get("Interval", 0)),
        "timeout": format_duration(healthcheck.get("Timeout", 0)),
        "startPeriod": format_duration(healthcheck.get("StartPeriod", 0)),
        "startInterval": format_duration(healthcheck.get("StartInterval", 0)),
        "retries": healthcheck.get("Retries", 0),
    }


def _mount(mount: Mapping[str, Any]) -> Properties:
    found: Properties = {
        "target": mount["Target"],
        "source": mount.get("Source", ""),
        "type": mount["Type"],
        "readOnly": mount.get("ReadOnly", False),
    }
    if "BindOptions" in mount:
        found["bindOptions"] = {"propagation": mount["BindOptions"].get("Propagation", "")}
    if "VolumeOptions" in mount:
        options = mount["VolumeOptions"]
        driver = options.get("DriverConfig") or {}
        found["volumeOptions"] = {
            "noCopy": options.get("NoCopy", False),
            "labels": label_pairs(options.get("Labels")),
            "driverName": driver.get("Name", ""),
            "driverOptions": driver.get("Options") or {},
            "subpath": options.get("Subpath", ""),
        }
    if "TmpfsOptions" in mount:
        options = mount["TmpfsOptions"]
        found["tmpfsOptions"] = {"sizeBytes": options.get("SizeBytes", 0), "mode": options.get("Mode", 0)}
    return found


def _extra_host(entry: str) -> Properties:
    # The vendor reads an IPv6 address up to its first colon, so that such a host replaces the container each time.
    host, address, *_ = entry.split(":")
    return {"host": host, "ip": address}


def _throttles(limits: list[Mapping[str, Any]] | None) -> list[Properties]:
    return [{"path": limit["Path"], "rate": limit["Rate"]} for limit in limits or ()]
