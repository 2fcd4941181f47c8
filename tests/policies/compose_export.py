"""A container of the state as the compose file that would make it, so that linters of compose files can judge it."""

from collections.abc import Mapping
from typing import Any

import yaml

SAME = {
    "image": "image",
    "user": "user",
    "privileged": "privileged",
    "readOnly": "read_only",
    "runtime": "runtime",
    "command": "command",
    "entrypoints": "entrypoint",
    "pidMode": "pid",
    "ipcMode": "ipc",
    "usernsMode": "userns_mode",
    "cgroupParent": "cgroup_parent",
    "securityOpts": "security_opt",
    "sysctls": "sysctls",
    "envs": "environment",
    "cpus": "cpus",
    "cpuShares": "cpu_shares",
}
"""Inputs that compose files only call differently."""


def compose(inputs: Mapping[str, Any]) -> str:
    """Return a compose file with one service."""
    service = {key: inputs[name] for name, key in SAME.items() if inputs.get(name)}
    capabilities = inputs.get("capabilities") or {}
    service |= {"cap_add": capabilities.get("adds"), "cap_drop": capabilities.get("drops")}
    service |= {"tmpfs": [":".join(filter(None, entry)) for entry in (inputs.get("tmpfs") or {}).items()]}
    service |= {"volumes": [*map(_volume, inputs.get("volumes") or ()), *map(_mount, inputs.get("mounts") or ())]}
    service |= {"ports": [*map(_port, inputs.get("ports") or ())], "healthcheck": _healthcheck(inputs)}
    service |= {"devices": [f"{one['hostPath']}:{one['hostPath']}" for one in inputs.get("devices") or ()]}
    if inputs.get("memory"):
        service["mem_limit"] = f"{int(inputs['memory'])}m"
    if inputs.get("logDriver"):
        service["logging"] = {"driver": inputs["logDriver"], "options": inputs.get("logOpts") or {}}
    if inputs.get("networkMode") in {"host", "none"}:
        service["network_mode"] = inputs["networkMode"]
    return yaml.safe_dump({"services": {"one": {key: value for key, value in service.items() if value}}})


def _volume(volume: Mapping[str, Any]) -> str:
    source = volume.get("hostPath") or volume["volumeName"]
    return f"{source}:{volume['containerPath']}{':ro' if volume.get('readOnly') else ''}"


def _mount(mount: Mapping[str, Any]) -> dict[str, Any]:
    kept = {"type": mount["type"], "target": mount["target"], "read_only": bool(mount.get("readOnly"))}
    source = {"source": mount["source"]} if "source" in mount else {}
    return {**kept, **source, **({"bind": mount["bindOptions"]} if "bindOptions" in mount else {})}


def _port(port: Mapping[str, Any]) -> str:
    return ":".join(str(part) for part in (port.get("ip"), port.get("external"), port["internal"]) if part)


def _healthcheck(inputs: Mapping[str, Any]) -> dict[str, Any] | None:
    tests = (inputs.get("healthcheck") or {}).get("tests")
    return {"test": list(tests)} if tests else None
