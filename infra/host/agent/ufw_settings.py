"""UFW's settings: two files of `NAME=value`, which a shell and UFW itself read."""

import re
from pathlib import Path
from typing import NamedTuple

from infra.host.agent import places, text_file

POLICIES = {"allow": "ACCEPT", "deny": "DROP", "reject": "REJECT"}
"""What people call a policy to what UFW writes for it."""
CHAINS = {"incoming": "INPUT", "outgoing": "OUTPUT", "routed": "FORWARD"}
"""What people call a direction to the kernel's chain."""
LEVELS = ("off", "low", "medium", "high", "full")
_SYSCTLS = "/etc/ufw/sysctl.conf"
"""What UFW's package has in `IPT_SYSCTL`."""


class Settings(NamedTuple):
    """UFW's settings as people call them."""

    enabled: bool
    incoming: str
    outgoing: str
    routed: str
    ipv6: bool
    logging: str
    sysctls: bool
    """Whether UFW sets kernel settings of its own when it starts, over those of /etc/sysctl.d."""

    @property
    def versions(self) -> tuple[int, ...]:
        """The IP versions that UFW has rules for."""
        return (4, 6) if self.ipv6 else (4,)


def read() -> Settings | None:
    """Return the settings, or nothing when UFW is not installed."""
    defaults, conf = text_file.read(places.UFW_DEFAULTS), text_file.read(_conf())
    if defaults is None or conf is None:
        return None
    values = _values(defaults) | _values(conf)
    named = {policy: name for name, policy in POLICIES.items()}
    policies = {
        direction: named.get(values.get(f"DEFAULT_{chain}_POLICY", "").upper(), "")
        for direction, chain in CHAINS.items()
    }
    return Settings(
        enabled=values.get("ENABLED", "").lower() == "yes",
        ipv6=values.get("IPV6", "").lower() == "yes",
        logging=values.get("LOGLEVEL", "").lower(),
        sysctls=bool(values.get("IPT_SYSCTL")),
        **policies,
    )


def write(wanted: Settings) -> None:
    """Write policies, IPv6 and kernel settings; the rest is written by UFW as it is enabled and told to log."""
    found = read()
    if found is None:
        return
    changes = {
        f"DEFAULT_{chain}_POLICY": f'"{POLICIES[getattr(wanted, direction)]}"'
        for direction, chain in CHAINS.items()
        if getattr(found, direction) != getattr(wanted, direction)
    }
    if found.ipv6 != wanted.ipv6:
        changes["IPV6"] = "yes" if wanted.ipv6 else "no"
    if found.sysctls != wanted.sysctls:
        changes["IPT_SYSCTL"] = _SYSCTLS if wanted.sysctls else ""
    if changes:
        text_file.change(places.UFW_DEFAULTS, lambda lines: _changed(lines, changes))


def _changed(lines: list[str], changes: dict[str, str]) -> list[str]:
    """Return the lines with these settings in place of theirs, or at the end."""
    missing = {name: f"{name}={value}" for name, value in changes.items()}
    result: list[str] = []
    for line in lines:
        if (name := _name(line)) not in changes:
            result.append(line)
        elif name in missing:
            result.append(missing.pop(name))
    return [*result, *missing.values()]


def _conf() -> Path:
    return places.UFW / "ufw.conf"


def _values(lines: list[str]) -> dict[str, str]:
    """Return the settings; the last one of a name wins, as for the shell that reads them at boot."""
    return {name: line.partition("=")[2].strip().strip("\"'") for line in lines if (name := _name(line))}


def _name(line: str) -> str:
    match = re.match(r"([A-Z_0-9]+)=", line)
    return match[1] if match else ""
