"""Tells what a server is and has, as JSON: its release, addresses, containers, listening UDP ports.

Standard library only: its source is sent to the server, where Python reads it from standard input.
"""

import ipaddress
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

OS_RELEASE = Path("/etc/os-release")
PROC = Path("/proc")
BRIDGES = re.compile(r"lo|docker0|docker_gwbridge|br-[0-9a-f]{12}|veth.*")
"""Interfaces of containers: a bridge that somebody made for the outside world has another name."""
INIT = 1


def main() -> None:
    """Print it."""
    json.dump(inventory(), sys.stdout)


def inventory() -> Mapping[str, Any]:
    """Return it."""
    system = release()
    return {
        "system": system.get("ID", ""),
        "version": system.get("VERSION_ID", ""),
        "client": client(),
        "addresses": list(addresses()),
        "udp": sorted(set(udp_ports())),
        "containers": list(containers()),
        "lynis": shutil.which("lynis") is not None,
    }


def release() -> dict[str, str]:
    """Return what the system says it is."""
    lines = OS_RELEASE.read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("=") for line in lines if "=" in line)
    return {name: value.strip("\"'") for name, _, value in pairs}


def client() -> str:
    """Return the address that the sign-in came from, as this server sees it; sudo hides it from us, not from itself."""
    process = os.getppid()
    while process > INIT:
        try:
            environment = (PROC / str(process) / "environ").read_bytes().decode(errors="replace").split("\0")
            status = (PROC / str(process) / "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            break
        for entry in environment:
            if entry.startswith("SSH_CONNECTION="):
                return entry.partition("=")[2].partition(" ")[0]
        process = int(status.rpartition(")")[2].split()[1])
    return ""


def addresses() -> Iterator[dict[str, str]]:
    """Yield the addresses that others can reach, each with its interface."""
    for interface in json.loads(run("ip", "-json", "address", "show", "scope", "global") or "[]"):
        # `veth0@if7` is how a name comes with its peer.
        name = str(interface.get("ifname", "")).partition("@")[0]
        if name and not BRIDGES.fullmatch(name):
            for address in interface.get("addr_info", ()):
                # What the filter leaves out comes as an empty map.
                if address.get("local") and not address.get("temporary") and not address.get("deprecated"):
                    yield {"address": address["local"], "interface": name}


def udp_ports() -> Iterator[int]:
    """Yield the UDP ports that something listens on, other than for this server itself."""
    for line in run("ss", "--no-header", "--udp", "--listening", "--numeric").splitlines():
        if not line.strip():
            continue
        address, _, port = line.split()[3].rpartition(":")
        host = address.partition("%")[0].strip("[]")
        if port.isdecimal() and (host in {"*", ""} or not ipaddress.ip_address(host).is_loopback):
            yield int(port)


def containers() -> Iterator[dict[str, Any]]:
    """Yield each address of each container that runs, with the TCP ports that it says it has."""
    running = run("docker", "ps", "--quiet").split()
    for found in json.loads(run("docker", "inspect", *running) if running else "[]"):
        settings = found["NetworkSettings"]
        known = {**(found["Config"].get("ExposedPorts") or {}), **(settings.get("Ports") or {})}
        ports = sorted({int(port.partition("/")[0]) for port in known if port.endswith("/tcp")})
        for network in (settings.get("Networks") or {}).values():
            for key in ("IPAddress", "GlobalIPv6Address"):
                if network.get(key) and ports:
                    yield {"name": found["Name"].lstrip("/"), "address": network[key], "ports": ports}


def run(*command: str) -> str:
    """Return what a program prints; nothing when it is not there or fails."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout if done.returncode == 0 else ""


if __name__ == "__main__":
    main()
