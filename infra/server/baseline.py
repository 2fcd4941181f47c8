"""The `Baseline` component: the settings of a server's profile, one resource each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter

import pulumi

from infra.profiles import HostSetting, Override
from infra.profiles.setting import FileSetting, ModeSetting
from infra.server.declaring import GATHERED, declare, declare_journal, declare_ssh
from infra.server.placement import Placement


@dataclass(frozen=True, kw_only=True, slots=True)
class BaselineArgs:
    """What a `Baseline` needs."""

    place: Placement
    settings: Sequence[HostSetting]
    """Those of the server's profile, with what the stack file says otherwise."""
    overrides: Mapping[str, Override]
    """What it says otherwise, for the preview and for policies."""
    declared: Mapping[str, pulumi.Resource]
    """Settings that are declared already, by name."""
    access: Sequence[pulumi.Resource]
    """The ways in that stay open: no other is closed before they are there."""


class Baseline(pulumi.ComponentResource):
    """A server's settings, each as a resource named `<server>/<family>/<key>`.

    Creates:
        host.Sysctl, host.KernelModule: the kernel's settings and the modules it does not load.
        host.Package, host.Setting, host.Permissions, host.File, host.Unit, host.Timer: those of the system.
        host.SshConfig, host.SudoersFile: those of sshd and sudo.
    """

    TYPE = "slipway:server:Baseline"

    def __init__(self, name: str, args: BaselineArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        said = {pattern: {"value": each.value, "reason": each.reason} for pattern, each in args.overrides.items()}
        super().__init__(self.TYPE, name, {"overrides": said}, opts)
        self._made = dict(args.declared)
        place = replace(args.place, parent=self)
        single = {setting.name: setting for setting in args.settings if setting.family not in GATHERED}
        files = {setting.name: setting for setting in args.settings if isinstance(setting, FileSetting)}
        modes = [setting for setting in args.settings if isinstance(setting, ModeSetting)]
        for each in in_order({name: setting for name, setting in single.items() if setting not in modes}):
            before = args.access if each.family == "sudoers" else []
            self._made[each.name] = declare(place, each, [*before, *self._before(each)], files)
        # dpkg gives a folder its own mode back when it unpacks a package that has files there.
        packages = [made for name, made in self._made.items() if name.startswith("package/")]
        for each in modes:
            self._made[each.name] = declare(place, each, [*args.access, *packages, *self._before(each)], files)
        if journal := [setting for setting in args.settings if setting.family == "journald"]:
            declare_journal(place, journal)
        if ssh := [setting for setting in args.settings if setting.family == "ssh"]:
            declare_ssh(place, ssh, [*args.access, *self._before(*ssh)])
        self.register_outputs({})

    def _before(self, *settings: HostSetting) -> list[pulumi.Resource]:
        """Return what settings wait for; what is left to the server is there or not, whatever we do."""
        needed = dict.fromkeys(name for setting in settings for name in setting.after)
        return [self._made[name] for name in needed if name in self._made]


def in_order(settings: Mapping[str, HostSetting]) -> list[HostSetting]:
    """Return settings so that each comes after those it needs."""
    graph = {name: [needed for needed in setting.after if needed in settings] for name, setting in settings.items()}
    return [settings[name] for name in TopologicalSorter(graph).static_order()]
