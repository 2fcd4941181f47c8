"""What a server tells of itself, with small programs in place of `ip`, `ss` and Docker."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from infra.audit import inventory

ADDRESSES = [
    {"ifname": "lo", "addr_info": [{"local": "10.213.0.9"}]},
    {"ifname": "eth0", "addr_info": [{"local": "192.0.2.1"}, {}, {"local": "2001:db8::1"}]},
    {"ifname": "eth0", "addr_info": [{"local": "2001:db8::99", "temporary": True}]},
    {"ifname": "br-0123456789ab", "addr_info": [{"local": "10.213.0.1"}]},
    {"ifname": "docker0", "addr_info": [{"local": "172.17.0.1"}]},
    {"ifname": "br0", "addr_info": [{"local": "198.51.100.1"}]},
    {},
]
SOCKETS = """\
UNCONN 0 0 127.0.0.53%lo:53 0.0.0.0:*
UNCONN 0 0 0.0.0.0:51820 0.0.0.0:*
UNCONN 0 0 [::1]:323 [::]:*
UNCONN 0 0 *:443 *:*
UNCONN 0 0 [fe80::1]%eth0:546 [::]:*
"""
CONTAINER = {
    "Name": "/shop-web",
    "Config": {"ExposedPorts": {"8000/tcp": {}, "53/udp": {}}},
    "NetworkSettings": {
        "Ports": {"8000/tcp": None, "9000/tcp": [{"HostIp": "127.0.0.1", "HostPort": "9000"}]},
        "Networks": {"shop": {"IPAddress": "10.213.1.2", "GlobalIPv6Address": ""}, "gone": {"IPAddress": ""}},
    },
}
SILENT = {"Name": "/job", "Config": {}, "NetworkSettings": {"Networks": {"shop": {"IPAddress": "10.213.1.3"}}}}


@pytest.fixture
def answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, str]:
    """Put programs on PATH that answer, and nothing else."""
    said = {
        "ip": json.dumps(ADDRESSES),
        "ss": SOCKETS,
        "docker": json.dumps([CONTAINER, SILENT]),
        "lynis": "",
    }
    for name, text in said.items():
        path = tmp_path / name
        path.write_text(f"#!{sys.executable}\nprint({text!r})\n", encoding="utf-8")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path))
    return said


def test_addresses_are_those_of_the_outside_world(answers: Mapping[str, str]) -> None:
    assert [(each["address"], each["interface"]) for each in inventory.addresses()] == [
        ("192.0.2.1", "eth0"),
        ("2001:db8::1", "eth0"),
        ("198.51.100.1", "br0"),
    ], answers["ip"]


def test_ports_for_the_server_itself_are_left_out(answers: Mapping[str, str]) -> None:
    assert sorted(inventory.udp_ports()) == [443, 546, 51820], answers["ss"]


def test_containers_come_with_the_ports_they_have(answers: Mapping[str, str]) -> None:
    assert list(inventory.containers()) == [{"name": "shop-web", "address": "10.213.1.2", "ports": [8000, 9000]}], (
        answers["docker"]
    )


def test_a_server_may_have_none_of_the_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "none"))
    found = inventory.inventory()
    assert (found["addresses"], found["udp"], found["containers"], found["lynis"]) == ([], [], [], False)


def test_the_release_is_the_systems_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "os-release"
    path.write_text('# a comment\nNAME="Debian GNU/Linux"\nVERSION_ID="13"\nID=debian\n', encoding="utf-8")
    monkeypatch.setattr(inventory, "OS_RELEASE", path)
    found = inventory.inventory()
    assert (found["system"], found["version"]) == ("debian", "13")


def test_the_client_is_found_behind_sudo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inventory, "PROC", tmp_path)
    session = 77
    for process, parent, environment in (
        (os.getppid(), session, b"SUDO_USER=deploy\0"),
        (session, 1, b"LANG=C\0SSH_CONNECTION=203.0.113.9 40000 192.0.2.1 22\0"),
    ):
        (tmp_path / str(process)).mkdir()
        (tmp_path / str(process) / "environ").write_bytes(environment)
        (tmp_path / str(process) / "stat").write_text(f"{process} (a ) b) S {parent} 1", encoding="utf-8")
    assert inventory.client() == "203.0.113.9"
    (tmp_path / str(session) / "environ").write_bytes(b"")
    assert inventory.client() == ""


def test_its_source_runs_from_standard_input(answers: Mapping[str, str]) -> None:
    source = Path(inventory.__file__).read_text(encoding="utf-8")
    run = subprocess.run([sys.executable, "-I", "-"], input=source, capture_output=True, text=True, check=True)
    assert json.loads(run.stdout)["lynis"] is True, answers
