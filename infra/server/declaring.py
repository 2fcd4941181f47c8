"""From a setting of a profile to the resource that makes it so."""

import hashlib
from collections.abc import Mapping, Sequence

import pulumi

from infra.host import access_resources as access
from infra.host import resources as host
from infra.host import server_resources
from infra.host import system_resources as system
from infra.profiles.setting import (
    FileSetting,
    HostSetting,
    LineSetting,
    ModeSetting,
    TimerSetting,
    UnitSetting,
)
from infra.server import render
from infra.server.placement import Placement

GATHERED = frozenset({"apt", "docker", "journald", "ssh"})
"""Families whose settings make up one resource together."""
_JOURNAL = "/etc/systemd/journald.conf.d/slipway.conf"
_TIMER_DELAY_SECONDS = 1800
_OURS = "slipway-"


def declare(
    place: Placement, setting: HostSetting, after: Sequence[pulumi.Resource], files: Mapping[str, FileSetting]
) -> pulumi.Resource:
    """Declare a setting under its own name, behind that of the server.

    Args:
        place: the server.
        setting: any but those of a gathered family.
        after: what has to be there first.
        files: the file settings by name, for units that read them.
    """
    name, opts = f"{place.server}/{setting.name}", place.options(*after, stays=_stays(setting))
    match setting:
        case FileSetting():
            return host.File(name, path=setting.path, content=str(setting.value), mode=setting.mode, opts=opts)
        case LineSetting():
            return system.Setting(
                name,
                file=setting.path,
                key=setting.option,
                value=str(setting.value),
                separator=setting.separator,
                opts=opts,
            )
        case ModeSetting():
            return server_resources.Permissions(name, path=setting.path, mode=str(setting.value), opts=opts)
        case TimerSetting():
            return system.Timer(
                name,
                name=setting.key,
                description=setting.description,
                calendar=str(setting.value),
                command=setting.command,
                randomized_delay=_TIMER_DELAY_SECONDS,
                opts=opts,
            )
        case UnitSetting():
            return _unit(name, setting, [files[read] for read in setting.restart_on if read in files], opts)
        case _:
            return _by_family(name, setting, opts)


def declare_security_archive(place: Placement, archive: str | None) -> pulumi.Resource:
    """Declare where security updates come from: the archive given, or the one beside the server's own mirror."""
    return system.AptSource(
        f"{place.server}/apt/security",
        name="security",
        security=True,
        uris=[] if archive is None else [archive],
        opts=place.options(),
    )


def declare_ssh(place: Placement, settings: Sequence[HostSetting], after: Sequence[pulumi.Resource]) -> pulumi.Resource:
    """Declare how sshd is set; the ways in that it leaves open have to be there first."""
    keywords = {setting.key: str(setting.value) for setting in settings}
    return access.SshConfig(f"{place.server}/ssh", settings=keywords, opts=place.options(*after))


def declare_journal(place: Placement, settings: Sequence[HostSetting]) -> pulumi.Resource:
    """Declare how much the journal keeps."""
    content = render.journald(settings)
    name = f"{place.server}/journald"
    file = host.File(name, path=_JOURNAL, content=content, opts=place.options())
    return host.Unit(
        name,
        name="systemd-journald.service",
        restart_on={_JOURNAL: _sum(content)},
        opts=place.options(file, stays=True),
    )


def _unit(
    name: str, setting: UnitSetting, read: Sequence[FileSetting], opts: pulumi.ResourceOptions
) -> pulumi.Resource:
    return host.Unit(
        name,
        name=setting.key,
        enabled=setting.value == "running",
        active=setting.value == "running",
        masked=setting.value == "masked",
        restart_on={file.path: _sum(str(file.value)) for file in read},
        opts=opts,
    )


def _by_family(name: str, setting: HostSetting, opts: pulumi.ResourceOptions) -> pulumi.Resource:
    """Declare a setting that is a line."""
    match setting.family:
        case "sysctl":
            return system.Sysctl(name, name=setting.key, value=str(setting.value), opts=opts)
        case "module":
            return system.KernelModule(name, name=setting.key, blocked=bool(setting.value), opts=opts)
        case "package":
            return host.Package(name, name=setting.key, opts=opts)
        case "sudoers":
            return access.SudoersFile(name, name=f"{_OURS}{setting.key}", content=str(setting.value), opts=opts)
        case family:
            message = f"no resource makes a setting of the family {family} so"
            raise ValueError(message)


def _stays(setting: HostSetting) -> bool:
    """Tell whether a setting is left as it is when it is declared no more.

    What may have been there before us is: a package, a unit of the system, a file that the system cannot do without.
    """
    if isinstance(setting, FileSetting):
        return setting.stays
    if isinstance(setting, UnitSetting):
        return not setting.key.startswith(_OURS)
    return setting.family == "package"


def _sum(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()
