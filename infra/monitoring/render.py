"""Texts of the observer on a server, as pure functions."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from infra.compose.awaited import is_awaited
from infra.compose.project import Service
from infra.monitoring.observer import places

UNIT = "slipway-observer.service"


def unit() -> str:
    """Return the unit of the observer: root, because Docker's socket and the records are root's, and nothing else.

    It reads everything that root reads, and writes one folder. It has no network: Docker's socket is a file.
    """
    return f"""\
# Written by slipway.
[Unit]
Description=Write down what containers, releases and backups are like
After=docker.service

[Service]
ExecStart={" ".join(places.COMMAND)} observe
Restart=always
RestartSec=5
Nice=5
MemoryMax=64M
TasksMax=16
StateDirectory=slipway/metrics
ReadWritePaths={places.METRICS}
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectClock=yes
CapabilityBoundingSet=CAP_DAC_READ_SEARCH
NoNewPrivileges=yes
RestrictAddressFamilies=AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
UMask=0077

[Install]
WantedBy=multi-user.target
"""


def declared(
    stack: str,
    products: Mapping[str, tuple[Mapping[str, Service], Sequence[str]]],
    further: Mapping[str, Sequence[str]],
) -> dict[str, Any]:
    """Return what a stack has on a server, as the observer reads it.

    Args:
        stack: its name.
        products: product → its services, and the hosts that the world reaches it by.
        further: what is no product and yet runs, such as the edge → its services.
    """
    own = {
        name: {
            "services": {each: {"ends": is_awaited(known, each)} for each in known},
            "hosts": sorted(hosts),
        }
        for name, (known, hosts) in products.items()
    }
    others = {
        name: {"services": {each: {"ends": False} for each in services}, "hosts": []}
        for name, services in further.items()
    }
    return {"stack": stack, "products": {**others, **own}}


def declared_text(data: Mapping[str, Any]) -> str:
    """Return the file of what a stack has on a server."""
    return f"{json.dumps(data, indent=2, sort_keys=True)}\n"
