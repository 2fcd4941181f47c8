"""What nobody has declared, on a server whose accounts are files and whose usermod edits them."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.host.agent import accounts, people, places
from infra.host.agent.undeclared import Undeclared
from infra.host.plugin.undeclared import sentences
from tests.integration.host.ufw_server import UfwServer, declare, ufw
from tests.unit.host.conftest import lines
from tests.unit.host.docker_engine import DockerEngine

Command = Callable[..., Path]

ONE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5vHoCPYJlJ4Jg0EEBbDHhTmm2qR6XfAlPRSnmsyyHH"
TWO = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGx4rr7ZXFFzCLuQFhqXcuRP1BrCw4yVUfQNhrzk1M1W"
PASSWD = """\
root:x:0:0:root:{0}/root:/bin/bash
postgres:x:112:118::{0}/postgres:/bin/bash
deploy:x:1000:1000::{0}/deploy:/bin/bash
debian:x:1001:1001::{0}/debian:/bin/bash
anna:x:1002:1002::{0}/anna:/bin/bash
bob:x:1003:1003::{0}/bob:/bin/zsh
carl:x:1004:1004::{0}/carl:
former:x:1005:1005::{0}/former:/bin/bash
robot:x:1006:1006::{0}/robot:/usr/sbin/nologin
nobody:x:65534:65534::/nonexistent:/bin/bash
damaged:x:no
"""
SHADOW = """\
root:!:19000:0:99999:7:::
deploy:!:19000:0:99999:7:::
bob:$6$canary:19000:0:99999:7:::
carl:!:19000:0:99999:7::40000:
former:!:19000:0:99999:7::19000:
"""
_USERMOD = """
import sys
from pathlib import Path
shadow, *words = Path(sys.argv[1]), *sys.argv[2:]
lines = [line.split(":") for line in shadow.read_text().splitlines()]
fields = next(fields for fields in lines if fields[0] == words[-1])
fields[7] = words[words.index("--expiredate") + 1]
if "--lock" in words and not fields[1].startswith("!"):
    fields[1] = "!" + fields[1]
if "--unlock" in words:
    fields[1] = fields[1].removeprefix("!")
shadow.write_text("".join(":".join(fields) + "\\n" for fields in lines))
"""


@pytest.fixture(autouse=True)
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a server's accounts."""
    for name, folder in (("ACCOUNTS", "etc"), ("SUDOERS", "sudoers.d"), ("FORMER", "former-values")):
        monkeypatch.setattr(places, name, tmp_path / folder)
    monkeypatch.setattr(places, "DOCKER_SOCKET", tmp_path / "no.sock")
    monkeypatch.setattr(accounts, "signed_in", lambda: "root")
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "passwd").write_text(PASSWD.format(tmp_path))
    (tmp_path / "etc" / "shadow").write_text(SHADOW)
    return tmp_path


@pytest.fixture
def usermod(server: Path, command: Command) -> Path:
    """Return the log of a usermod that edits the server's shadow file."""
    program = server / "usermod.py"
    program.write_text(_USERMOD)
    return command("usermod", f'exec {sys.executable} {program} {server}/etc/shadow "$@"')


def declared(**fields: Any) -> Undeclared:
    return Undeclared(**{"users": ("deploy", "anna"), "spared": ("debian",), **fields})


def shadow(server: Path) -> str:
    return (server / "etc" / "shadow").read_text()


def put_keys(server: Path, user: str, *keys: str) -> None:
    path = server / user / ".ssh" / "authorized_keys"
    path.parent.mkdir(parents=True)
    path.write_text("".join(f"{key}\n" for key in keys))


def test_only_people_who_could_get_in_and_whom_nobody_declared_are_told() -> None:
    assert declared().preview()["users"] == ["bob", "carl"]


def test_whoever_has_signed_in_is_no_stranger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "signed_in", lambda: "carl")
    assert declared().preview()["users"] == ["bob"]


@pytest.mark.parametrize("expires", ["", "0", "1", "40000"])
def test_an_account_that_has_ended_lets_nobody_in(server: Path, expires: str) -> None:
    (server / "etc" / "shadow").write_text(f"bob:x:1:0:99999:7::{expires}:\n")
    ended = {account.name for account in people.accounts() if account.is_expired}
    assert ended == ({"bob"} if expires in {"0", "1"} else set())


def test_nothing_is_changed_unless_the_users_are_exclusive(server: Path, usermod: Path) -> None:
    for exclusive in ((), ("keys", "firewall")):
        declared(exclusive=exclusive).apply()
        assert declared(exclusive=exclusive).read() == {"exclusive": exclusive}
    assert lines(usermod) == []
    assert shadow(server) == SHADOW


def test_exclusive_users_are_locked_and_expired_and_nobody_else_is(
    usermod: Path, request_sent: list[dict[str, Any]]
) -> None:
    wanted = declared(exclusive=("keys", "users"))
    assert wanted.read() == {"exclusive": ("keys",)}, "which is a change to be made"
    wanted.apply()
    assert lines(usermod) == ["--lock --expiredate 1 bob", "--lock --expiredate 1 carl"]
    assert wanted.read() == {"exclusive": ("keys", "users")}
    assert "locked and expired on server.test: bob, carl" in request_sent[-1]["warning"]
    wanted.apply()
    assert len(lines(usermod)) == 2, "what is done is not done again"


def test_their_accounts_are_on_trial() -> None:
    rescue = declared(exclusive=("users",)).rescue()
    assert rescue is not None
    assert rescue.accounts == ("bob", "carl")
    assert declared().rescue() is None


@pytest.mark.usefixtures("usermod")
@pytest.mark.parametrize("ending", ["removed", "no longer exclusive"])
def test_a_shut_account_gets_back_exactly_what_it_had(server: Path, ending: str) -> None:
    declared(exclusive=("users",)).apply()
    assert shadow(server) != SHADOW
    if ending == "removed":
        declared(exclusive=("users",)).remove()
    else:
        declared().apply()
    assert shadow(server) == SHADOW
    declared().remove()
    assert shadow(server) == SHADOW


@pytest.mark.usefixtures("usermod")
def test_a_shut_user_who_is_declared_gets_in_by_key_and_not_by_password(server: Path) -> None:
    declared(exclusive=("users",)).apply()
    declared(users=("deploy", "anna", "bob"), exclusive=("users",)).apply()
    assert "bob:!$6$canary:19000:0:99999:7:::" in shadow(server)
    assert declared(exclusive=("users",)).preview()["users"] == ["bob"]


@pytest.mark.usefixtures("usermod")
def test_an_account_that_somebody_opened_or_deleted_since_is_left_alone(server: Path) -> None:
    declared(exclusive=("users",)).apply()
    opened = "bob:$6$other:19000:0:99999:7:::\n"
    (server / "etc" / "shadow").write_text(opened)
    (server / "etc" / "passwd").write_text(PASSWD.format(server).replace("carl:", "karl:"))
    declared().remove()
    assert shadow(server) == opened


def test_keys_are_told_by_user_and_fingerprint(server: Path) -> None:
    put_keys(server, "deploy", f"restrict {ONE} ops", f"{TWO} mine", f"# {TWO} former")
    put_keys(server, "bob", f"{ONE} bob@home")
    found = declared(keys=(f"{ONE} another comment",)).preview()
    assert [line.split()[0] + line.split()[-1] for line in found["keys"]] == ["deploy:mine"]
    assert [line.split()[0] + line.split()[-1] for line in found["keys_of_others"]] == ["bob:bob@home"]
    assert "AAAA" not in str(found)


def test_files_of_sudo_rules_are_told_unless_they_are_ours_or_sudo_passes_over_them(server: Path) -> None:
    (server / "sudoers.d").mkdir()
    for name in ("README", "slipway-deploy", "90-cloud-init-users", "off.bak", "old~"):
        (server / "sudoers.d" / name).touch()
    assert declared().preview()["sudoers"] == ["90-cloud-init-users"]


def test_ports_of_other_peoples_containers_are_told(docker_engine: DockerEngine) -> None:
    def container(name: str, *ports: dict[str, Any], **labels: str) -> dict[str, Any]:
        return {"Names": [f"/{name}"], "Labels": labels, "Ports": list(ports)}

    anywhere = {"IP": "203.0.113.10", "PrivatePort": 3000, "PublicPort": 8080, "Type": "tcp"}
    docker_engine.replies["GET", "/containers/json"] = [
        container("grafana", anywhere, {**anywhere, "IP": "::"}, {**anywhere, "PublicPort": 8081, "Type": "udp"}),
        container("edge", anywhere, **{"slipway.product": "edge"}),
        container("local", {**anywhere, "IP": "127.0.0.1"}, {"PrivatePort": 1, "Type": "tcp"}),
    ]
    assert declared().preview()["ports"] == ["8080/tcp of grafana", "8081/udp of grafana"]


def test_without_docker_there_are_no_ports() -> None:
    assert declared().preview()["ports"] == []


def test_rules_are_told_where_the_firewall_is_declared_and_in_effect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Command
) -> None:
    (tmp_path / "firewall").mkdir()
    firewall = UfwServer(tmp_path / "firewall", monkeypatch, command)
    firewall.ufw("allow", "proto", "tcp", "from", "any", "to", "any", "port", "8080", "comment", "mine")
    assert declared(firewall=True).preview()["rules"] == [], "it is not enabled"
    declare()
    ufw().apply()
    assert any("8080" in rule for rule in declared(firewall=True).preview()["rules"])
    assert declared().preview()["rules"] == []


def test_parts_that_there_are_not_are_mistakes() -> None:
    assert list(declared(exclusive=("user",)).mistakes()) == [
        ("exclusive", "has no part user; there are users, keys, firewall")
    ]


def test_a_sentence_says_how_many_there_are_and_what_becomes_of_them() -> None:
    found = {"users": ["bob"], "keys": ["deploy: k", "anna: k"], "ports": ["80/tcp of x"], "rules": []}
    told = list(sentences(found, exclusive=["keys"], firewall=True))
    assert told == [
        "1 user not declared, left alone: bob",
        "2 keys of declared users not declared, removed by an update: deploy: k, anna: k",
        "1 port published by a container not declared, closed to the outside by the firewall: 80/tcp of x",
    ]


def test_a_long_list_is_cut_short() -> None:
    found = {"users": [f"u{number}" for number in range(12)]}
    assert list(sentences(found, exclusive=[], firewall=False)) == [
        "12 users not declared, left alone: u0, u1, u2, u3, u4, u5, u6, u7, u8, u9 and 2 more"
    ]


def test_keys_are_found_behind_a_link_and_nobody_waits_for_a_pipe_or_a_device(server: Path) -> None:
    put_keys(server, "elsewhere", f"{ONE} mail")
    for user in ("bob", "carl", "former"):
        (server / user / ".ssh").mkdir(parents=True)
    (server / "bob" / ".ssh" / "authorized_keys").symlink_to(server / "elsewhere" / ".ssh" / "authorized_keys")
    (server / "carl" / ".ssh" / "authorized_keys").symlink_to("/dev/zero")
    os.mkfifo(server / "former" / ".ssh" / "authorized_keys")
    (told,) = (declared().preview() or {})["keys_of_others"]
    assert told.startswith("bob: ssh-ed25519 SHA256:")
