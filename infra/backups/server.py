"""The `BackupServer` component: what a server needs before anything on it is backed up."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from infra.backups import render
from infra.backups.program import places as on_server
from infra.config.backup_settings import TargetSettings
from infra.host import resources as host
from infra.host import sent

_PACKAGE = "infra.backups.program"


@dataclass(frozen=True, kw_only=True, slots=True)
class BackupServerArgs:
    """What a `BackupServer` needs."""

    provider: host.Provider
    targets: Sequence[TargetSettings]
    ready: pulumi.Resource
    """What tells that the server is ready."""


class BackupServer(pulumi.ComponentResource):
    """The programs that back up, on one server.

    Creates:
        host.Package: restic and age, and rclone where a target needs it.
        host.File: one for each module of Slipway's own program, which imports nothing but Python.
    """

    TYPE = "slipway:backups:Server"

    def __init__(self, name: str, args: BackupServerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(self.TYPE, name, {}, opts)
        options = pulumi.ResourceOptions(parent=self, provider=args.provider, depends_on=[args.ready])
        for package in render.packages(args.targets):
            host.Package(f"{name}-{package}", name=package, opts=options)
        for path, text in program().items():
            host.File(
                f"{name}-program-{sent.label(path)}", path=str(on_server.PROGRAM / path), content=text, opts=options
            )
        self.register_outputs({})


def program() -> dict[str, str]:
    """Return the program: path below its folder → text."""
    return sent.as_files(_PACKAGE)
