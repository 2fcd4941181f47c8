"""The settings of a profile in the words of Ansible and of pyinfra, one task or operation each."""

import json
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from infra.profiles.setting import (
    FileSetting,
    HostSetting,
    LineSetting,
    ModeSetting,
    TimerSetting,
    UnitSetting,
)

Kind = Literal["content", "line", "folder", "mode", "package", "sysctl", "unit"]

DAEMON = "/etc/docker/daemon.json"
SSHD = "/etc/ssh/sshd_config.d/00-slipway.conf"
JOURNALD = "/etc/systemd/journald.conf.d/slipway.conf"
SOURCES = "/etc/apt/sources.list.d"
FOLDERS = ("/etc/cron.", "/etc/sudoers.d")
LINKS = {"/usr/bin/as": f"/usr/bin/{platform.machine()}-linux-gnu-as"}
"""pyinfra takes no link where a file is meant."""


_FAMILIES: Mapping[str, tuple[Kind, str, str]] = {
    "apt": ("folder", SOURCES, "0755"),
    "journald": ("line", JOURNALD, "{key}={value}"),
    "module": ("line", "/etc/modprobe.d/slipway-{key}.conf", "install {key} /bin/false"),
    "package": ("package", "{key}", "present"),
    "ssh": ("line", SSHD, "{key} {value}"),
    "sudoers": ("content", "/etc/sudoers.d/slipway-{key}", "{value}"),
    "sysctl": ("sysctl", "{key}", "{value}"),
}
"""Family of settings that are one line → what it is about, and what is wanted there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What a setting comes to on a server, whoever sees to it."""

    name: str
    kind: Kind
    about: str
    """Path, or name of what is no file."""
    wanted: str
    """Content, line, mode or value."""
    mode: str = "0644"
    """Of a content."""


def wishes(settings: Sequence[HostSetting]) -> list[Wish]:
    """Return a wish for each setting, in the order of the settings."""
    daemon = _daemon_lines([setting for setting in settings if setting.family == "docker"])
    return [_wish(setting, daemon) for setting in settings]


def _daemon_lines(settings: Sequence[HostSetting]) -> Mapping[str, str]:
    """Return each key of Docker's settings with its line of the file, as the agent writes that."""
    document: dict[str, Any] = {}
    for setting in settings:
        *maps, leaf = setting.key.split(".")
        inner = document
        for key in maps:
            inner = inner.setdefault(key, {})
        inner[leaf] = setting.value
    lines = json.dumps(document, indent=2, sort_keys=True).splitlines()
    leaves = {setting.key: f'"{setting.key.rpartition(".")[2]}": ' for setting in settings}
    return {key: next(line for line in lines if line.lstrip().startswith(leaf)) for key, leaf in leaves.items()}


def playbook(wanted: Sequence[Wish]) -> list[Mapping[str, Any]]:
    """Return a playbook with a task for each wish; as JSON it is YAML, too."""
    tasks = [{"name": wish.name, **_TASKS[wish.kind](wish)} for wish in wanted]
    return [{"hosts": "all", "become": True, "gather_facts": False, "tasks": tasks}]


def deploy(wanted: Sequence[Wish]) -> str:
    """Return a deploy of pyinfra with an operation for each wish."""
    imports = "from io import StringIO\n\nfrom pyinfra.operations import apt, files, server, systemd\n\n"
    return imports + "".join(f"{_OPERATIONS[wish.kind](wish)}\n" for wish in wanted)


def _wish(setting: HostSetting, daemon: Mapping[str, str]) -> Wish:
    name, value = setting.name, str(setting.value)
    match setting:
        case FileSetting():
            return Wish(name=name, kind="content", about=setting.path, wanted=value, mode=setting.mode)
        case LineSetting():
            line = f"{setting.option}{setting.separator}{value}"
            return Wish(name=name, kind="line", about=setting.path, wanted=line)
        case ModeSetting():
            kind: Kind = "folder" if setting.path.startswith(FOLDERS) else "mode"
            return Wish(name=name, kind=kind, about=LINKS.get(setting.path, setting.path), wanted=value)
        case TimerSetting():
            return Wish(name=name, kind="unit", about=f"slipway-{setting.key}.timer", wanted="running")
        case UnitSetting():
            return Wish(name=name, kind="unit", about=setting.key, wanted=value)
        case _:
            return _by_family(setting, daemon)


def _by_family(setting: HostSetting, daemon: Mapping[str, str]) -> Wish:
    name, key, value = setting.name, setting.key, str(setting.value)
    if setting.family == "docker":
        return Wish(name=name, kind="line", about=DAEMON, wanted=daemon[key])
    if name == "ssh/HostKey":
        # Each of several is a line of its own: the first one stands for them.
        value = value.split(maxsplit=1)[0]
    kind, about, wanted = _FAMILIES[setting.family]
    words = {"key": key, "value": value}
    mode = "0440" if setting.family == "sudoers" else "0644"
    return Wish(name=name, kind=kind, about=about.format(**words), wanted=wanted.format(**words), mode=mode)


def _plain(text: str) -> str:
    """Return a text that Ansible takes as it is, and not for a template."""
    return f"{{% raw %}}{text}{{% endraw %}}" if "{{" in text else text


_TASKS: Mapping[Kind, Callable[[Wish], Mapping[str, Any]]] = {
    "content": lambda wish: {
        "ansible.builtin.copy": {"dest": wish.about, "content": _plain(wish.wanted), "mode": wish.mode},
    },
    "line": lambda wish: {"ansible.builtin.lineinfile": {"path": wish.about, "line": wish.wanted}},
    "folder": lambda wish: {"ansible.builtin.file": {"path": wish.about, "mode": wish.wanted, "state": "directory"}},
    "mode": lambda wish: {"ansible.builtin.file": {"path": wish.about, "mode": wish.wanted}},
    "package": lambda wish: {"ansible.builtin.apt": {"name": wish.about}},
    # Its module for this is in a collection of its own, apart from ansible-core.
    "sysctl": lambda wish: {
        "ansible.builtin.command": {"argv": ["sysctl", "--values", wish.about]},
        "check_mode": False,
        "register": "found",
        "changed_when": f"found.stdout != '{wish.wanted}'",
    },
    "unit": lambda wish: {
        "ansible.builtin.systemd_service": {"name": wish.about, "state": "started", "enabled": True},
    },
}
_OPERATIONS: Mapping[Kind, Callable[[Wish], str]] = {
    "content": lambda wish: (
        f"files.put(name={wish.name!r}, src=StringIO({wish.wanted!r}), dest={wish.about!r}, mode={wish.mode!r})"
    ),
    "line": lambda wish: (
        f"files.line(name={wish.name!r}, path={wish.about!r}, line={wish.wanted!r}, escape_regex_characters=True)"
    ),
    "folder": lambda wish: f"files.directory(name={wish.name!r}, path={wish.about!r}, mode={wish.wanted!r})",
    "mode": lambda wish: f"files.file(name={wish.name!r}, path={wish.about!r}, mode={wish.wanted!r})",
    "package": lambda wish: f"apt.packages(name={wish.name!r}, packages=[{wish.about!r}])",
    "sysctl": lambda wish: f"server.sysctl(name={wish.name!r}, key={wish.about!r}, value={wish.wanted!r})",
    "unit": lambda wish: f"systemd.service(name={wish.name!r}, service={wish.about!r}, running=True, enabled=True)",
}
