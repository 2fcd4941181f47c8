"""A server with a UFW and a kernel that are none, at the places where the agent looks for them."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.host.agent import places
from infra.host.agent.firewall_rule import FirewallRule
from infra.host.agent.ufw import Ufw
from tests.integration.host import ufw_standin

RULES = ("tcp 22 from any", "tcp 443 from 203.0.113.0/24")
"""Labels of what `declare` declares."""
_DEFAULTS = """\
# /etc/default/ufw
IPV6=yes
DEFAULT_INPUT_POLICY="DROP"
DEFAULT_OUTPUT_POLICY="ACCEPT"
DEFAULT_FORWARD_POLICY="DROP"
IPT_SYSCTL=/etc/ufw/sysctl.conf
IPT_MODULES=""
"""
_OWN = {
    "before.rules": "*filter\n# loopback\n-A ufw-before-input -i lo -j ACCEPT\nCOMMIT\n",
    "after.rules": "*filter\nCOMMIT\n",
    "before6.rules": "*filter\n-A ufw6-before-input -i lo -j ACCEPT\nCOMMIT\n",
    "after6.rules": "*filter\nCOMMIT\n",
}
_EMPTY = "*filter\n### RULES ###\n\n### END RULES ###\nCOMMIT\n"
_KERNEL = {"policies": dict.fromkeys(("INPUT", "FORWARD", "OUTPUT"), "ACCEPT"), "chains": {}}


class UfwServer:
    """UFW as its package leaves it: disabled, and without a rule."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, command: Callable[[str, str], Path]) -> None:
        self._command = command
        self.folder = folder / "server"
        self.etc, self.defaults = self.folder / "etc", self.folder / "defaults"
        packaged = self.folder / "packaged"
        for each in (self.etc, packaged):
            each.mkdir(parents=True)
        self.defaults.write_text(_DEFAULTS)
        (self.etc / "ufw.conf").write_text("ENABLED=no\nLOGLEVEL=low\n")
        for name, text in _OWN.items():
            (self.etc / name).write_text(text)
            (packaged / name).write_text(text)
        for name in ufw_standin.FILES.values():
            (self.etc / name).write_text(_EMPTY)
        self.kernel = {"4": _KERNEL, "6": _KERNEL}
        program = self._put("ufw-init")
        self.log = self._put("ufw")
        for name in ("iptables", "ip6tables"):
            self._put(name)
        for name in ufw_standin.SAVING.values():
            command(name, f"cat {self.folder / name}")
        command("ip", """echo '[{"dst": "198.51.100.7", "dev": "eth0"}]'""")
        for name, value in {
            "UFW": self.etc,
            "UFW_DEFAULTS": self.defaults,
            "UFW_PACKAGED": packaged,
            "UFW_PROGRAM": program.parent / "bin" / "ufw-init",
            "FIREWALL_RECORDS": self.folder / "records",
        }.items():
            monkeypatch.setattr(places, name, value)
        monkeypatch.delenv("SSH_CONNECTION", raising=False)
        monkeypatch.setattr(places, "PROC", self.folder / "proc")

    @property
    def kernel(self) -> dict[str, Any]:
        """What the kernel has; assign to change it."""
        found: dict[str, Any] = json.loads((self.folder / "kernel.json").read_text())
        return found

    @kernel.setter
    def kernel(self, value: dict[str, Any]) -> None:
        ufw_standin.Standin(self.folder, value).keep()

    def chain(self, name: str, version: int = 4) -> list[str]:
        """Return the rules of a chain in the kernel."""
        found: list[str] = self.kernel[str(version)]["chains"].get(name, [])
        return found

    def tamper(self, name: str, rules: list[str], version: int = 4) -> None:
        """Replace the rules of a chain in the kernel."""
        kernel = self.kernel
        kernel[str(version)]["chains"][name] = rules
        self.kernel = kernel

    def ufw(self, *words: str) -> None:
        """Do what a person does by hand."""
        ufw_standin.Standin(self.folder).run("ufw", list(words))

    def rules(self, version: int = 4) -> list[str]:
        """Return the rules in UFW's file, without their comments."""
        text = (self.etc / ufw_standin.FILES[version]).read_text().splitlines()
        tuples = [line.removeprefix("### tuple ### ") for line in text if line.startswith("### tuple ### ")]
        return [line.partition(" comment=")[0] for line in tuples]

    def commands(self) -> list[str]:
        """Return how `ufw` was called."""
        return self.log.read_text().splitlines()

    def _put(self, name: str) -> Path:
        return self._command(name, f'exec {sys.executable} -IS {ufw_standin.__file__} {self.folder} {name} "$@"')


def declare() -> None:
    """Make the declared rules."""
    FirewallRule(port="22", comment="SSH").apply()
    FirewallRule(port="443", source="203.0.113.0/24", comment="office").apply()


def ufw(**fields: Any) -> Ufw:
    """Return UFW with the declared rules."""
    return Ufw(**{"rules": RULES, **fields})


def drift(wanted: Ufw | None = None) -> dict[str, Any]:
    """Return what differs from what is wanted."""
    wanted = wanted or ufw()
    found = wanted.read()
    assert found is not None
    return {name: value for name, value in found.items() if name != "undeclared" and value != getattr(wanted, name)}
