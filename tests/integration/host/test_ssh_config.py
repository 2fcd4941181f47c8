"""Settings of sshd as it understands them itself, or a stand-in where there is none."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.host.agent import places, sshd
from infra.host.agent.kind import AgentError
from infra.host.agent.ssh_config import SshConfig
from tests.integration.host import stand_in_sshd
from tests.unit.host.conftest import lines

MAIN = "# Debian's\nInclude {}/sshd_config.d/*.conf\nPasswordAuthentication yes\nAcceptEnv LANG\n"
HAS_SSHD = shutil.which("sshd") and Path("/run/sshd").is_dir() and Path("/etc/ssh/ssh_host_ed25519_key").exists()
HARDENED = {"PermitRootLogin": "no", "PasswordAuthentication": "no", "LoginGraceTime": "2m"}


@pytest.fixture(autouse=True, params=["stand-in", "real"])
def config(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Callable[..., Path]
) -> Path:
    """Return a folder with a configuration as Debian ships it."""
    if request.param == "stand-in":
        command("sshd", f'exec {sys.executable} -IS {stand_in_sshd.__file__} "$@"')
    elif not HAS_SSHD:
        pytest.skip("there is no sshd on this machine; the stand-in was asked the same")
    folder = tmp_path / "ssh"
    (folder / "sshd_config.d").mkdir(parents=True)
    (folder / "sshd_config").write_text(MAIN.format(folder))
    monkeypatch.setattr(places, "SSHD", folder)
    # Whatever listens on port 22 of this machine is not reloaded here.
    monkeypatch.setattr(places, "PROC", tmp_path / "proc")
    return folder


@pytest.fixture
def systemctl(command: Callable[..., Path]) -> Path:
    """Return the log of systemctl."""
    return command("systemctl")


def drop_in(config: Path, name: str = "00-slipway") -> Path:
    return config / "sshd_config.d" / f"{name}.conf"


def found(wanted: SshConfig) -> dict[str, str]:
    settings: dict[str, str] = (wanted.read() or {})["settings"]
    return settings


def snapshot(config: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in config.rglob("*") if path.is_file()}


@pytest.mark.usefixtures("systemctl")
def test_a_preview_tells_what_is_in_effect_without_the_drop_in(config: Path) -> None:
    wanted = SshConfig(settings=HARDENED)
    assert wanted.preview() == {
        "settings": {"PermitRootLogin": "without-password", "PasswordAuthentication": "yes", "LoginGraceTime": "2m"}
    }
    (config / "sshd_config.d" / "mine.conf").write_text("PermitRootLogin no\nPasswordAuthentication no\n")
    assert wanted.preview() == {"settings": HARDENED}
    wanted.apply()
    assert wanted.preview() == wanted.read()


def test_settings_that_sshd_cannot_read_are_not_taken_for_those_in_effect() -> None:
    assert SshConfig(settings={"PermitRootLogin": "perhaps"}).preview() is None


def test_written_settings_are_in_effect_and_read_back_as_wanted(config: Path, systemctl: Path) -> None:
    wanted = SshConfig(settings=HARDENED)
    assert wanted.read() is None
    wanted.apply()
    assert wanted.read() == {"settings": HARDENED, "mode": "0600"}
    assert lines(systemctl)[-1] == "reload ssh.service"
    assert not any("restart" in line for line in lines(systemctl))
    assert (config / "sshd_config").read_text() == MAIN.format(config), "nothing there was in the way"


@pytest.mark.parametrize(
    "settings",
    [
        {"PermitRootLogin": "prohibit-password"},
        {"LoginGraceTime": "120"},
        {"Ciphers": "^aes256-ctr"},
        {"X11Forwarding": "yes"},
        {"DebianBanner": "no"},
        {"ChallengeResponseAuthentication": "no"},
        {"AllowGroups": "ssh-users sudo"},
        {"permitrootlogin": "no"},
        {"HostKey": "/etc/ssh/ssh_host_ed25519_key /etc/ssh/ssh_host_rsa_key"},
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_a_value_may_be_written_as_sshd_would_not_print_it(systemctl: Path, settings: dict[str, str]) -> None:
    wanted = SshConfig(settings=settings)
    wanted.apply()
    assert found(wanted) == settings
    assert lines(systemctl)


def test_what_sshd_refuses_is_told_in_its_words_before_anything_is_touched(config: Path, systemctl: Path) -> None:
    before = snapshot(config)
    with pytest.raises(AgentError) as error:
        SshConfig(settings={"PermitRootLogin": "maybe"}).apply()
    assert str(error.value) == (
        "sshd on server.test refuses the configuration, which was left as it is: "
        f'{drop_in(config)} line 2: unsupported option "maybe".'
    )
    assert snapshot(config) == before
    assert lines(systemctl) == []


def test_a_drop_in_that_comes_first_is_drift_by_setting_and_is_put_aside(config: Path, systemctl: Path) -> None:
    wanted = SshConfig(settings=HARDENED)
    wanted.apply()
    drop_in(config, "00-cloud").write_text("PermitRootLogin yes\nMaxAuthTries 4\n")
    assert found(wanted) == HARDENED | {"PermitRootLogin": "yes"}
    wanted.apply()
    assert found(wanted) == HARDENED
    assert drop_in(config, "00-cloud").read_text() == "# put aside by slipway: PermitRootLogin yes\nMaxAuthTries 4\n"
    assert lines(systemctl)


def test_a_line_before_the_include_is_drift_and_is_put_aside(config: Path, systemctl: Path) -> None:
    wanted = SshConfig(settings=HARDENED)
    wanted.apply()
    main = config / "sshd_config"
    main.write_text(f"PasswordAuthentication yes\n{main.read_text()}")
    assert found(wanted) == HARDENED | {"PasswordAuthentication": "yes"}
    wanted.apply()
    assert found(wanted) == HARDENED
    assert lines(systemctl)


def test_a_missing_include_is_drift_and_is_brought_back(config: Path, systemctl: Path) -> None:
    wanted = SshConfig(settings=HARDENED)
    wanted.apply()
    (config / "sshd_config").write_text("PasswordAuthentication yes\n")
    assert found(wanted)["PasswordAuthentication"] == "yes"
    wanted.apply()
    assert found(wanted) == HARDENED
    assert lines(systemctl)


def test_a_value_that_others_add_to_is_drift_and_they_are_put_aside(config: Path, systemctl: Path) -> None:
    wanted = SshConfig(settings={"AcceptEnv": "COLORTERM"})
    wanted.apply()
    assert found(wanted) == {"AcceptEnv": "COLORTERM"}
    assert "# put aside by slipway: AcceptEnv LANG" in (config / "sshd_config").read_text()
    assert lines(systemctl)


def test_a_match_that_defeats_a_setting_is_told_with_its_file(config: Path, systemctl: Path) -> None:
    foreign = drop_in(config, "50-cloud")
    foreign.write_text("Match User root\n PasswordAuthentication yes\n")
    before = snapshot(config)
    with pytest.raises(AgentError, match=f"PasswordAuthentication stays yes by .*{foreign}"):
        SshConfig(settings=HARDENED).apply()
    assert snapshot(config) == before
    assert lines(systemctl) == []


def test_a_match_for_somebody_else_is_left_alone(config: Path, systemctl: Path) -> None:
    foreign = drop_in(config, "50-cloud")
    foreign.write_text("Match User uploads\n PasswordAuthentication yes\n")
    wanted = SshConfig(settings=HARDENED)
    wanted.apply()
    assert found(wanted) == HARDENED
    assert "# put" not in foreign.read_text()
    assert lines(systemctl)


def test_a_line_that_was_added_changed_or_deleted_is_drift_by_setting(config: Path, systemctl: Path) -> None:
    wanted = SshConfig(settings={**HARDENED, "MaxAuthTries": "6"})
    wanted.apply()
    text = drop_in(config).read_text()
    drop_in(config).write_text(
        text.replace("PermitRootLogin no", "PermitRootLogin yes").replace("MaxAuthTries 6\n", "")
        + "X11Forwarding yes\n"
    )
    assert found(wanted) == HARDENED | {"PermitRootLogin": "yes", "X11Forwarding": "yes"}, "6 is in effect by chance"
    wanted.apply()
    assert drop_in(config).read_text() == text
    assert lines(systemctl)


def test_a_configuration_that_sshd_would_not_start_with_has_no_setting_in_effect(config: Path, systemctl: Path) -> None:
    wanted = SshConfig(settings=HARDENED)
    wanted.apply()
    drop_in(config).write_text("Nonsense yes\n")
    assert found(wanted) == {}
    wanted.apply()
    assert found(wanted) == HARDENED
    assert lines(systemctl)


@pytest.fixture
def came_by_ssh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have root signed in by port 22."""
    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.setenv("SSH_CONNECTION", "198.51.100.7 50000 192.0.2.1 22")


@pytest.mark.usefixtures("came_by_ssh")
@pytest.mark.parametrize(
    ("line", "keyword"),
    [
        ("AllowUsers nobody anna", "allowusers"),
        ("DenyUsers anna r*t", "denyusers"),
        ("AllowGroups wheel", "allowgroups"),
        ("DenyGroups wheel roo?", "denygroups"),
        ("PubkeyAuthentication no", "pubkeyauthentication"),
        ("Port 2222", "port"),
        ("ListenAddress 127.0.0.1", "listenaddress"),
    ],
)
def test_what_would_lock_people_out_and_sshd_has_not_read_yet_is_refused(
    config: Path, systemctl: Path, line: str, keyword: str
) -> None:
    wanted = SshConfig(settings=HARDENED)
    path = drop_in(config, "50-mine")
    path.write_text(f"{line}\n")
    before = snapshot(config)
    with pytest.raises(AgentError) as error:
        wanted.apply()
    assert str(error.value) == (
        "SshConfig 00-slipway was left as it is on server.test: sshd has not read yet what would keep root out as soon "
        f"as it does: {keyword} in {path}. Put that right there first"
    )
    assert snapshot(config) == before
    path.unlink()
    wanted.apply()
    path.write_text(f"{line}\n")
    with pytest.raises(AgentError, match=f"{keyword} in {path}"):
        wanted.remove()
    assert "reload ssh.service" in lines(systemctl)


@pytest.mark.usefixtures("came_by_ssh")
@pytest.mark.parametrize(
    "line",
    [
        "AllowUsers anna root",
        "AllowUsers ro*@198.51.100.0/24",
        "DenyUsers root@203.0.113.0/24",
        "DenyUsers anna",
        "AllowGroups wheel root",
        "Port 22\nPort 2222",
        "ListenAddress 192.0.2.1",
        "Match User anna\nPubkeyAuthentication no",
    ],
)
def test_what_others_wrote_and_lets_people_in_is_left_alone(config: Path, systemctl: Path, line: str) -> None:
    drop_in(config, "50-mine").write_text(f"{line}\n")
    SshConfig(settings=HARDENED).apply()
    assert lines(systemctl)[-1] == "reload ssh.service"


@pytest.mark.usefixtures("came_by_ssh")
def test_what_the_settings_themselves_refuse_is_left_to_the_new_connection(systemctl: Path) -> None:
    SshConfig(settings={"AllowGroups": "nobody"}).apply()
    assert lines(systemctl)[-1] == "reload ssh.service"


def test_another_mode_or_owner_is_drift_and_is_put_right(config: Path, systemctl: Path) -> None:
    wanted = SshConfig(settings=HARDENED)
    wanted.apply()
    drop_in(config).chmod(0o666)
    os.chown(drop_in(config), 1, -1)
    assert (wanted.read() or {})["mode"] == "0666, owned by daemon"
    wanted.apply()
    assert (wanted.read() or {})["mode"] == "0600"
    assert lines(systemctl)


def test_a_removed_drop_in_leaves_the_rest_as_it_was(config: Path, systemctl: Path) -> None:
    main = config / "sshd_config"
    main.write_text(f"PermitRootLogin yes\n{main.read_text()}")
    before = snapshot(config)
    wanted = SshConfig(settings=HARDENED)
    wanted.apply()
    assert snapshot(config) != before
    wanted.remove()
    assert snapshot(config) == before
    reloads = len(lines(systemctl))
    wanted.remove()
    assert len(lines(systemctl)) == reloads


def test_everything_that_may_be_written_is_saved_first(config: Path, systemctl: Path) -> None:
    drop_in(config, "50-cloud").write_text("")
    rescue = SshConfig(settings=HARDENED).rescue()
    expected = [config / "sshd_config", drop_in(config), drop_in(config, "50-cloud")]
    assert rescue.files == tuple(map(str, expected))
    assert rescue.reload == (("systemctl", "reload", "ssh.service"),)
    assert lines(systemctl) == ["is-active --quiet ssh.service"]


def test_nothing_is_reloaded_where_each_connection_starts_a_server(config: Path, command: Callable[..., Path]) -> None:
    systemctl = command("systemctl", '[ "$1" != is-active ]')
    wanted = SshConfig(settings=HARDENED)
    wanted.apply()
    assert drop_in(config).exists()
    assert wanted.rescue().reload == ()
    assert not [line for line in lines(systemctl) if line.startswith("reload")]


HEAD = "  sl  local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode\n"
ROW = "   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 {} 1\n"


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the table of the sockets that listen: sshd's, and one of another program on the same port."""
    monkeypatch.setattr(sshd, "_RELOAD_SECONDS", 600)
    path = tmp_path / "proc" / "net" / "tcp"
    path.parent.mkdir(parents=True)
    path.write_text(HEAD + ROW.format(111) + ROW.format(333))
    return path


def test_a_reload_ends_when_sshd_listens_by_another_socket(
    tmp_path: Path, table: Path, command: Callable[..., Path]
) -> None:
    gone, later = tmp_path / "gone", tmp_path / "later"
    gone.write_text(HEAD + ROW.format(333))
    later.write_text(HEAD + ROW.format(222) + ROW.format(333))
    swap = f"(cp {gone} {table}; sleep 0.2; mv {later} {table}) > /dev/null 2>&1 &"
    command("systemctl", f'case "$*" in reload*) {swap} ;; *ssh.socket) exit 3 ;; esac')
    sshd.reload()
    assert ROW.format(222) in table.read_text()


def test_nobody_waits_for_other_sockets_where_systemd_listens(table: Path, command: Callable[..., Path]) -> None:
    systemctl = command("systemctl")
    before = table.read_text()
    sshd.reload()
    assert lines(systemctl)[-1] == "reload ssh.service"
    assert table.read_text() == before


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"settings": {"Match": "User x"}}, "settings"),
        ({"settings": {"Permit Root": "x"}}, "settings"),
        ({"settings": {"PermitRootLogin": "no", "permitrootlogin": "no"}}, "settings"),
        ({"settings": {"PermitRootLogin": "no\nMatch all"}}, "settings"),
        ({"settings": {"PermitRootLogin": " "}}, "settings"),
        ({"settings": {}, "name": "00-slipway.conf"}, "name"),
        ({"settings": {}, "mode": "0666"}, "mode"),
    ],
)
def test_what_is_no_single_setting_is_a_mistake(fields: dict[str, Any], field: str) -> None:
    assert [name for name, _ in SshConfig(**fields).mistakes()] == [field]


def test_good_settings_are_no_mistake() -> None:
    assert not list(SshConfig(settings=HARDENED).mistakes())
