"""What the Docker Engine API is asked for when a container with these inputs is created."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from typing import Any

from infra.host.plugin.errors import ProviderError
from infra.host.plugin.values import Properties
from tests.lab.plugins.docker.durations import parse_duration
from tests.lab.plugins.docker.labels import labels_by_name
from tests.lab.plugins.schema import is_blank

MEBIBYTE = 1024 * 1024
_NANO_CPUS = 1_000_000_000
_UNCONFINED_PATHS = "systempaths=unconfined"
"""The one security option that clients carry out themselves."""

_CONFIG = {
    "image": "Image",
    "hostname": "Hostname",
    "domainname": "Domainname",
    "tty": "Tty",
    "stdinOpen": "OpenStdin",
    "stopSignal": "StopSignal",
    "stopTimeout": "StopTimeout",
    "envs": "Env",
    "command": "Cmd",
    "entrypoints": "Entrypoint",
    "user": "User",
    "workingDir": "WorkingDir",
}
_HOST = {
    "privileged": "Privileged",
    "publishAllPorts": "PublishAllPorts",
    "runtime": "Runtime",
    "rm": "AutoRemove",
    "readOnly": "ReadonlyRootfs",
    "tmpfs": "Tmpfs",
    "dns": "Dns",
    "dnsOpts": "DnsOptions",
    "dnsSearches": "DnsSearch",
    "cpuShares": "CpuShares",
    "cpuSet": "CpusetCpus",
    "networkMode": "NetworkMode",
    "usernsMode": "UsernsMode",
    "pidMode": "PidMode",
    "ipcMode": "IpcMode",
    "sysctls": "Sysctls",
    "groupAdds": "GroupAdd",
    "cgroupnsMode": "CgroupnsMode",
    "cgroupParent": "CgroupParent",
    "storageOpts": "StorageOpt",
}
_THROTTLES = {
    "deviceReadBps": "BlkioDeviceReadBps",
    "deviceReadIops": "BlkioDeviceReadIOps",
    "deviceWriteBps": "BlkioDeviceWriteBps",
    "deviceWriteIops": "BlkioDeviceWriteIOps",
}
_HEALTHCHECK_DURATIONS = {
    "interval": "Interval",
    "timeout": "Timeout",
    "startPeriod": "StartPeriod",
    "startInterval": "StartInterval",
}


def container_request(inputs: Properties) -> dict[str, Any]:
    """Return the body of the request that creates a container.

    Raises:
        ProviderError: for a combination the vendor refuses at this point.
    """
    if any(not word for word in inputs.get("command", ())):
        message = "values for command may not be empty"
        raise ProviderError(message)
    exposed, bindings = _ports(inputs)
    mounted, binds, sources = _volumes(inputs)
    body = _renamed(inputs, _CONFIG) | {"ExposedPorts": exposed, "Volumes": mounted}
    if not is_blank(inputs.get("labels")):
        body["Labels"] = labels_by_name(inputs["labels"])
    if not is_blank(inputs.get("healthcheck")):
        body["Healthcheck"] = _healthcheck(inputs["healthcheck"])
    body["HostConfig"] = _host(inputs) | {"PortBindings": bindings, "Binds": binds, "VolumesFrom": sources}
    return body


def restart_policy(inputs: Properties) -> dict[str, Any]:
    """Return the restart policy in the form of the API."""
    return {"Name": inputs.get("restart", "no"), "MaximumRetryCount": inputs.get("maxRetryCount", 0)}


def memory_limits(inputs: Properties) -> dict[str, int]:
    """Return the memory limits in bytes; a swap limit of -1 means none."""
    limits = {
        "Memory": inputs.get("memory", 0) * MEBIBYTE,
        "MemoryReservation": inputs.get("memoryReservation", 0) * MEBIBYTE,
    }
    swap = inputs.get("memorySwap", 0)
    return limits | ({"MemorySwap": swap * MEBIBYTE if swap > 0 else swap} if swap else {})


def throttles(inputs: Properties) -> dict[str, Any]:
    """Return the limits on reading and writing block devices."""
    return {
        target: [{"Path": limit["path"], "Rate": limit["rate"]} for limit in inputs[name]]
        for name, target in _THROTTLES.items()
        if not is_blank(inputs.get(name))
    }


def endpoint(network: Mapping[str, Any]) -> dict[str, Any]:
    """Return how a container joins one network."""
    addresses = {
        "IPv4Address": network.get("ipv4Address", ""),
        "IPv6Address": network.get("ipv6Address", ""),
        "LinkLocalIPs": network.get("linkLocalIps", []),
    }
    options = (option.split("=", 1) for option in network.get("driverOpts", ()) if "=" in option)
    return {
        "Aliases": network.get("aliases", []),
        "IPAMConfig": addresses,
        "MacAddress": network.get("macAddress", ""),
        "DriverOpts": dict(options),
        "GwPriority": network.get("gwPriority", 0),
    }


def _host(inputs: Properties) -> dict[str, Any]:
    options = inputs.get("securityOpts", [])
    host = _renamed(inputs, _HOST) | memory_limits(inputs) | _cpus(inputs) | throttles(inputs)
    capabilities = inputs.get("capabilities", {})
    host |= {
        "RestartPolicy": restart_policy(inputs),
        "LogConfig": {"Type": inputs.get("logDriver", ""), "Config": inputs.get("logOpts", {})},
        "Mounts": [_mount(mount) for mount in inputs.get("mounts", ())],
        "ExtraHosts": [f"{host['host']}:{host['ip']}" for host in inputs.get("hosts", ())],
        "Ulimits": [{name.capitalize(): value for name, value in limit.items()} for limit in inputs.get("ulimits", ())],
        "CapAdd": _capabilities(capabilities.get("adds", ())),
        "CapDrop": _capabilities(capabilities.get("drops", ())),
        "Devices": [_device(device) for device in inputs.get("devices", ())],
        "SecurityOpt": [option for option in options if option != _UNCONFINED_PATHS],
        "ShmSize": inputs.get("shmSize", 0) * MEBIBYTE,
        "Init": inputs.get("init", False),
    }
    return host | ({"MaskedPaths": [], "ReadonlyPaths": []} if _UNCONFINED_PATHS in options else {})


def _capabilities(names: Iterable[str]) -> list[str]:
    """Return capabilities in their long form, so that a short one in a program differs from what is read back."""
    upper = {name.upper() for name in names}
    return sorted(name if name == "ALL" or name.startswith("CAP_") else f"CAP_{name}" for name in upper)


def _renamed(inputs: Properties, names: Mapping[str, str]) -> dict[str, Any]:
    return {target: inputs[name] for name, target in names.items() if not is_blank(inputs.get(name))}


def _cpus(inputs: Properties) -> dict[str, int]:
    if is_blank(inputs.get("cpus")):
        return {"CpuPeriod": inputs.get("cpuPeriod", 0), "CpuQuota": inputs.get("cpuQuota", 0)}
    with suppress(InvalidOperation):
        nano_cpus = Decimal(inputs["cpus"]) * _NANO_CPUS
        if nano_cpus == nano_cpus.to_integral_value():
            return {"NanoCpus": int(nano_cpus)}
    message = "Error setting cpus: a number with at most nine decimals is wanted, as 0.5"
    raise ProviderError(message)


def _ports(inputs: Properties) -> tuple[dict[str, Any], dict[str, list[dict[str, str]]]]:
    """Return the exposed ports and their bindings; 0 outside means a port of the daemon's choice."""
    bindings: dict[str, list[dict[str, str]]] = {}
    for port in inputs.get("ports", ()):
        binding = {"HostIp": port["ip"], "HostPort": str(port.get("external", 0))}
        bindings.setdefault(f"{port['internal']}/{port['protocol']}", []).append(binding)
    return {name: {} for name in bindings}, bindings


def _volumes(inputs: Properties) -> tuple[dict[str, Any], list[str], list[str]]:
    """Return mount points, binds, and the containers whose volumes are shared."""
    points: dict[str, Any] = {}
    binds, sources = [], []
    for volume in inputs.get("volumes", ()):
        path, container = volume.get("containerPath"), volume.get("fromContainer")
        if bool(path) == bool(container):
            message = "Unable to parse volumes: an entry needs either a container path or a source container"
            raise ProviderError(message)
        if container:
            sources.append(container)
            continue
        points[path] = {}
        if source := volume.get("hostPath") or volume.get("volumeName"):
            modes = ["ro" if volume.get("readOnly") else "rw", volume.get("selinuxRelabel")]
            binds.append(f"{source}:{path}:{','.join(filter(None, modes))}")
    return points, binds, sources


def _healthcheck(healthcheck: Mapping[str, Any]) -> dict[str, Any]:
    durations = {
        target: parse_duration(healthcheck[name])
        for name, target in _HEALTHCHECK_DURATIONS.items()
        if name in healthcheck
    }
    return {"Test": healthcheck.get("tests", []), "Retries": healthcheck.get("retries", 0), **durations}


def _mount(mount: Mapping[str, Any]) -> dict[str, Any]:
    body = {
        "Type": mount["type"],
        "Target": mount["target"],
        "Source": mount.get("source", ""),
        "ReadOnly": mount.get("readOnly", False),
    }
    match mount["type"]:
        case "bind" if "bindOptions" in mount:
            body["BindOptions"] = {"Propagation": mount["bindOptions"].get("propagation", "")}
        case "volume" if "volumeOptions" in mount:
            body["VolumeOptions"] = _volume_options(mount["volumeOptions"])
        case "tmpfs" if "tmpfsOptions" in mount:
            options = mount["tmpfsOptions"]
            body["TmpfsOptions"] = {"SizeBytes": options.get("sizeBytes", 0), "Mode": options.get("mode", 0)}
    return body


def _volume_options(options: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "NoCopy": options.get("noCopy", False),
        "Labels": labels_by_name(options.get("labels")),
        "DriverConfig": {"Name": options.get("driverName", ""), "Options": options.get("driverOptions", {})},
        "Subpath": options.get("subpath", ""),
    }


def _device(device: Mapping[str, Any]) -> dict[str, str]:
    return {
        "PathOnHost": device["hostPath"],
        "PathInContainer": device.get("containerPath") or device["hostPath"],
        "CgroupPermissions": device["permissions"],
    }
