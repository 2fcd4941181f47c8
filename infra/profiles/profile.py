"""A profile for a release of Debian, with what a stack file says otherwise."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache
from typing import get_args

from infra.profiles import engine, kernel, ssh, system
from infra.profiles.setting import HostSetting, Override, Particulars, ProfileName, Suite, Value

_EVERYTHING = Particulars(ssh_from=("192.0.2.0/24",), reboot_window="04:00")
"""Particulars of a server that has every setting there is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """What a stack file says otherwise under one name or pattern, and which settings that is about."""

    pattern: str
    override: Override
    names: tuple[str, ...]


def settings(
    profile: ProfileName,
    suite: Suite | None,
    overrides: Mapping[str, Override],
    particulars: Particulars | None = None,
) -> tuple[HostSetting, ...]:
    """Return what is to be declared on a server, in an order that leaves nothing before what it needs.

    Args:
        profile: `hardened`, or `minimal` for what containers cannot do without.
        suite: release of Debian; needed for `hardened`.
        overrides: name of a setting, or a pattern such as `sysctl/kernel.*`, to what is said in its place. Of several
            that match, the longest counts, and a name before any pattern.
        particulars: what else of the server's section counts.
    """
    found = []
    for setting in declared(profile, suite, particulars or Particulars()):
        override = _override(setting.name, overrides)
        if override is None:
            found.append(setting)
        elif override.value is not None:
            found.append(replace(setting, value=override.value, reason=override.reason))
    return tuple(found)


def declared(profile: ProfileName, suite: Suite | None, particulars: Particulars) -> tuple[HostSetting, ...]:
    """Return the settings of a profile as they are without overrides.

    Raises:
        ValueError: `hardened` without a release of Debian.
    """
    common = (*system.settings(particulars), *engine.SETTINGS)
    if profile == "minimal":
        return tuple(setting for setting in common if setting.minimal)
    if suite is None:
        message = "the profile `hardened` differs between the releases of Debian"
        raise ValueError(message)
    return (*kernel.SETTINGS, *common, *ssh.settings(suite, particulars))


@cache
def known_names() -> tuple[str, ...]:
    """Return the names of all settings of all profiles and releases."""
    every = (declared("hardened", suite, _EVERYTHING) for suite in get_args(Suite))
    return tuple(sorted({setting.name for found in every for setting in found}))


def matched(pattern: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return the names that a name or a pattern with `*` is about."""
    return tuple(name for name in names if fnmatchcase(name, pattern))


def overridden(
    profile: ProfileName, suite: Suite | None, overrides: Mapping[str, Override], particulars: Particulars
) -> tuple[Choice, ...]:
    """Return each override with the names of the settings that it decides, for the head of a preview."""
    names = [setting.name for setting in declared(profile, suite, particulars)]
    deciding = {name: _deciding(name, overrides) for name in names}
    return tuple(
        Choice(pattern=pattern, override=override, names=tuple(name for name in names if deciding[name] == pattern))
        for pattern, override in sorted(overrides.items())
    )


def value_mistake(setting: HostSetting, value: Value | None) -> str | None:
    """Return what is wrong with a value in the place of a setting's own, or nothing."""
    if value is None or setting.form.takes(value, declared=setting.value):
        return None
    return setting.form.sentence


def _override(name: str, overrides: Mapping[str, Override]) -> Override | None:
    pattern = _deciding(name, overrides)
    return None if pattern is None else overrides[pattern]


def _deciding(name: str, overrides: Mapping[str, Override]) -> str | None:
    """Return the key of the override that counts for a setting."""
    candidates = [pattern for pattern in overrides if pattern == name or fnmatchcase(name, pattern)]
    return max(candidates, key=lambda pattern: (pattern == name, len(pattern), pattern), default=None)
