"""The `Observer` component: what sees containers, releases and backups of a server."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from infra.host import resources as host
from infra.host import sent
from infra.monitoring import render
from infra.monitoring.observer import places

_PACKAGE = "infra.monitoring.observer"
_UNIT_PATH = f"/etc/systemd/system/{render.UNIT}"


@dataclass(frozen=True, kw_only=True, slots=True)
class ObserverArgs:
    """What an `Observer` needs."""

    stack: str
    declared: Mapping[str, Any]
    """What the stack has on the server, by `render.declared`."""
    provider: host.Provider
    ready: pulumi.Resource
    """What tells that the server is ready."""
    is_guest: bool = False
    """Whether the server belongs to another stack, whose observer looks for this one, too."""


class Observer(pulumi.ComponentResource):
    """What writes metrics of a server that no exporter has, into the folder of the node exporter.

    Creates:
        host.File: what the stack has on the server.
        host.File: one for each module of Slipway's own program, which imports nothing but Python; its unit.
        host.Unit: the program, started again when it has changed.
    """

    TYPE = "slipway:monitoring:Observer"

    def __init__(self, name: str, args: ObserverArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(self.TYPE, name, {"stack": args.stack}, opts)
        self._name = name
        self._provider = args.provider
        self._file("declared", f"{places.DECLARED}/{args.stack}.json", render.declared_text(args.declared), args.ready)
        if not args.is_guest:
            self._program(args.ready)
        self.register_outputs({})

    def _program(self, ready: pulumi.Resource) -> None:
        texts = {str(places.PROGRAM / path): text for path, text in program().items()}
        files = [self._file(f"program-{sent.label(path)}", path, text, ready) for path, text in texts.items()]
        unit = self._file("unit", _UNIT_PATH, render.unit(), *files)
        host.Unit(
            f"{self._name}-service",
            name=render.UNIT,
            restart_on={_UNIT_PATH: _sum(render.unit()), **{path: _sum(text) for path, text in texts.items()}},
            opts=self._options(unit),
        )

    def _file(self, label: str, path: str, content: str, *after: pulumi.Resource) -> host.File:
        return host.File(f"{self._name}-{label}", path=path, content=content, opts=self._options(*after))

    def _options(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, provider=self._provider, depends_on=list(after))


def program() -> dict[str, str]:
    """Return the program: path below its folder → text."""
    return sent.as_files(_PACKAGE)


def _sum(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()
