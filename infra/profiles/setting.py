"""One setting of a server: its name as people see it in a preview, its value, and who recommends it."""

import re
from dataclasses import dataclass, field
from typing import Any, Literal

from typing_extensions import override

Suite = Literal["bookworm", "trixie"]
"""Debian 12 and 13, by the name of the release."""
ProfileName = Literal["hardened", "minimal"]
Value = str | int | bool

BOTH: tuple[Suite, ...] = ("bookworm", "trixie")
_POOL = r"base=([0-9.]+/[0-9]+),size=([0-9]+)"


@dataclass(frozen=True, kw_only=True, slots=True)
class HostSetting:
    """A setting of one line: a kernel setting, a blocked module, a keyword of sshd, a package."""

    name: str
    """`<family>/<key>`, as in `sysctl/net.ipv4.tcp_syncookies`."""
    value: Value
    source: str
    """Number in the project's table of hardening facts, and in the benchmarks that ask for it."""
    suites: tuple[Suite, ...] = BOTH
    """Releases of Debian it is for."""
    minimal: bool = False
    """Whether the profile `minimal` has it too."""
    after: tuple[str, ...] = ()
    """Settings that must be there first."""
    reason: str = ""
    """Why the stack file sets it to something else than the profile does."""

    @property
    def family(self) -> str:
        """The part of the name before the slash."""
        return self.name.partition("/")[0]

    @property
    def key(self) -> str:
        """The part of the name after the slash."""
        return self.name.partition("/")[2]

    @property
    def form(self) -> "Family":
        """Which values an override may give it."""
        return FAMILIES[self.family]

    @property
    def data(self) -> Any:
        """The value as a file of data has it."""
        return self.value


@dataclass(frozen=True, kw_only=True, slots=True)
class FileSetting(HostSetting):
    """A file of ours; its value is the content."""

    path: str
    mode: str = "0644"
    stays: bool = False
    """The system had a file of that path before us: it is not left without one when the stack is destroyed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LineSetting(HostSetting):
    """One line of a file that belongs to the system; its value is what follows the key."""

    path: str
    option: str
    """What the line begins with."""
    separator: str = " "


@dataclass(frozen=True, kw_only=True, slots=True)
class ModeSetting(HostSetting):
    """Who may read a path that belongs to the system; its value is the mode."""

    path: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TimerSetting(HostSetting):
    """A command at certain times; its value is systemd's calendar expression."""

    description: str
    command: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class UnitSetting(HostSetting):
    """A systemd unit; its value is `running`, `stopped` or `masked`."""

    restart_on: tuple[str, ...] = field(default=())
    """Names of the file settings that it reads when it starts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PoolsSetting(HostSetting):
    """What Docker gives networks out of; its value is written as for `dockerd --default-address-pool`, with spaces."""

    @property
    @override
    def form(self) -> "Family":
        return _POOLS

    @property
    @override
    def data(self) -> list[dict[str, str | int]]:
        return [{"base": base, "size": int(size)} for base, size in re.findall(_POOL, str(self.value))]


@dataclass(frozen=True, kw_only=True, slots=True)
class Override:
    """What a stack file says in place of a profile."""

    value: Value | None
    """The other value; None leaves the setting to the server."""
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Particulars:
    """What of one server's own section its settings depend on."""

    ssh_from: tuple[str, ...] = ()
    """Networks that people and CI sign in from; empty for anywhere."""
    reboot_window: str | None = None
    """Time of day at which the server may reboot for an upgrade; None for never."""


@dataclass(frozen=True, slots=True)
class Family:
    """What the settings of one family are, and which values an override may give them."""

    title: str
    pattern: str | None
    """What a text has to match; None where only `null` is possible."""
    sentence: str

    def takes(self, value: Value, *, declared: Value) -> bool:
        """Tell whether a setting of the family may have a value; a switch stays a switch, and a text a text."""
        if self.pattern is None or isinstance(value, bool) != isinstance(declared, bool):
            return False
        return isinstance(value, bool) or re.fullmatch(self.pattern, str(value)) is not None


_LINE = r"\S[^\n]*"
_ONLY_NULL = "can only be left to the server: write `value: null`"
FAMILIES = {
    "sysctl": Family("kernel settings", r"[^\s=]+( [^\s=]+)*", "must be a number or a text of one line"),
    "module": Family("kernel modules that cannot be loaded", "", "must be `true` (blocked) or `false`"),
    "ssh": Family("keywords of sshd", _LINE, "must be a number or a text of one line"),
    "login.defs": Family("accounts", r"\S+", "must be a number or one word"),
    "line": Family("lines in files of the system", _LINE, "must be a number or a text of one line"),
    "sudoers": Family("sudo", r"[\s\S]+\n", "must be the text of a sudoers file, with a line break at its end"),
    "mode": Family("modes of files of the system", "0[0-7]{3}", "must be a mode in quotes, such as `'0700'`"),
    "apt": Family("package sources", None, _ONLY_NULL),
    "package": Family("packages", None, _ONLY_NULL),
    "file": Family("files", r"[\s\S]*", "must be the content of the file"),
    "unit": Family("systemd units", "running|stopped|masked", "must be `running`, `stopped` or `masked`"),
    "timer": Family("timers", r"\S[^\n]*", "must be a calendar expression of systemd, such as `daily`"),
    "journald": Family("the journal", _LINE, "must be a number or a text of one line"),
    "docker": Family("Docker's daemon.json", _LINE, "must be `true` or `false` for a switch, else a text of one line"),
}
"""Family → what it is, in the order people read them."""
_POOLS = Family(
    "pools of Docker's networks",
    f"{_POOL}( {_POOL})*",
    "must be pools such as `base=172.20.0.0/14,size=24`, with a space between two",
)
