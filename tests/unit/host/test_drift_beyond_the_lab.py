"""What a lab server shares with its machine, by name: tampered with on a server that is a folder, shown and healed."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.host.agent import places
from infra.host.agent.file import File
from infra.host.agent.kernel_module import KernelModule
from infra.host.agent.kind import Kind
from infra.host.agent.peril import changes
from infra.host.agent.sysctl import Sysctl
from infra.host.agent.unit import Unit
from infra.profiles import HostSetting, Particulars, declared

Harm = Callable[[Path, str], object]
"""Gets the root of the server and the key of a setting."""

BEYOND = re.compile(r"sysctl/(dev|fs|kernel|net\.core)\..*|module/.*|(file|unit)/.*audit.*")
"""Settings that the lab's stack files leave to the server, and modules, none of which a container loads."""
SETTINGS = {each.name: each for each in declared("hardened", "trixie", Particulars()) if BEYOND.fullmatch(each.name)}

SYSTEMCTL = """
for unit; do :; done
case "$1" in
enable|start) touch {root}/$unit.$1 ;;
disable) rm -f {root}/$unit.enable ;;
stop) rm -f {root}/$unit.start ;;
show)
  echo LoadState=loaded
  [ -e {root}/$unit.enable ] && echo UnitFileState=enabled || echo UnitFileState=disabled
  [ -e {root}/$unit.start ] && echo ActiveState=active || echo ActiveState=inactive
esac
"""


def sysctl_file(root: Path, key: str) -> Path:
    return root / "proc/sys" / key.replace(".", "/")


def override(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("[Service]\nExecStart=\n")


HARMS: dict[str, dict[str, Harm]] = {
    "sysctl": {
        "another value at run time": lambda root, key: sysctl_file(root, key).write_text("9\n"),
        "a changed file": lambda root, key: next(root.glob(f"etc/sysctl.d/*{key}.conf")).write_text(f"{key} = 9\n"),
        "a file that wins": lambda root, key: (root / "etc/sysctl.d/99-zzz.conf").write_text(f"{key} = 9\n"),
    },
    "module": {
        "a deleted file": lambda root, key: (root / f"etc/modprobe.d/slipway-{key}.conf").unlink(),
        "a line that wins": lambda root, key: (root / "etc/modprobe.d/a.conf").write_text(f"install {key} /sbin/x\n"),
    },
    "file": {
        "another content": lambda root, key: (root / key).write_text("-D\n"),
        "another mode": lambda root, key: (root / key).chmod(0o666),
        "deleted": lambda root, key: (root / key).unlink(),
    },
    "unit": {
        "stopped": lambda root, key: (root / f"{key}.start").unlink(),
        "disabled": lambda root, key: (root / f"{key}.enable").unlink(),
        "overridden": lambda root, key: override(root / f"etc/systemd/system/{key}.d/mine.conf"),
    },
}
CASES = [
    pytest.param(setting, harm, id=f"{name}: {what}")
    for name, setting in SETTINGS.items()
    for what, harm in HARMS.get(setting.family, {}).items()
]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Callable[[str, str], Path]) -> Path:
    """Return the root of a server."""
    command("systemctl", SYSTEMCTL.format(root=tmp_path))
    for name, place in {
        "PROC_SYS": tmp_path / "proc/sys",
        "PROC_MODULES": tmp_path / "proc/modules",
        "SYSCTL_CONF": tmp_path / "etc/sysctl.conf",
        "SYSCTL_FOLDERS": (tmp_path / "etc/sysctl.d",),
        "MODPROBE_FOLDERS": (tmp_path / "etc/modprobe.d",),
        "UNITS": tmp_path / "etc/systemd/system",
    }.items():
        monkeypatch.setattr(places, name, place)
    for folder in ("proc", "etc/sysctl.d", "etc/modprobe.d"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "proc/modules").touch()
    return tmp_path


def resource(root: Path, setting: HostSetting) -> Kind:
    """Return what is declared for a setting."""
    match setting.family:
        case "module":
            return KernelModule(name=setting.key)
        case "file":
            owner = {"owner": str(os.getuid()), "group": str(os.getgid())}
            return File(path=str(root / setting.key), content=str(setting.value), **owner)
        case "unit":
            return Unit(name=setting.key)
        case _:
            return Sysctl(name=setting.key, value=str(setting.value))


def test_what_is_meant_is_there() -> None:
    families = [setting.family for setting in SETTINGS.values()]
    assert {family: families.count(family) for family in families} == {"sysctl": 15, "module": 14, "file": 2, "unit": 2}


@pytest.mark.parametrize(("setting", "harm"), CASES)
def test_a_tampering_is_shown_and_healed(root: Path, setting: HostSetting, harm: Harm) -> None:
    kernel = sysctl_file(root, setting.key)
    kernel.parent.mkdir(parents=True)
    kernel.write_text("7\n")
    wanted = resource(root, setting)
    wanted.apply()
    assert not changes(wanted, "apply")
    harm(root, setting.key)
    assert changes(wanted, "apply")
    wanted.apply()
    assert not changes(wanted, "apply")
