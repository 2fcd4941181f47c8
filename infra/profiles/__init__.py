"""What a server is set to, as data: every setting of a profile by name, with its value and where it comes from."""

from infra.profiles.profile import Choice, declared, known_names, matched, overridden, settings, value_mistake
from infra.profiles.setting import HostSetting, Override, Particulars, PoolsSetting, ProfileName, Suite, Value

__all__ = [
    "Choice",
    "HostSetting",
    "Override",
    "Particulars",
    "PoolsSetting",
    "ProfileName",
    "Suite",
    "Value",
    "declared",
    "known_names",
    "matched",
    "overridden",
    "settings",
    "value_mistake",
]
