"""The way to a server, and what is told when it is barred."""

import subprocess
from pathlib import Path

import pytest

from infra.host.plugin.diagnosis import Attempt, UnwelcomeError, diagnose
from infra.host.ssh import Connection, fingerprint, ssh_command, ssh_options

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEzZ0tpFuXm6DzQC1CVz+6MqBxKiJFKZC5cJ1WIvGU0W"
PINNED = Connection(host="server.test", port=2222, user="deploy", host_key=f"{KEY} root@server")


def diagnosed(complaints: str, code: int | None = 255, connection: Connection = PINNED) -> str:
    return str(diagnose(Attempt(connection=connection, user="deploy", code=code, complaints=complaints)))


def test_options_are_a_flat_list_that_every_caller_of_ssh_takes() -> None:
    options = ssh_options(PINNED)
    assert options[::2] == ["-o"] * (len(options) // 2)
    assert "BatchMode=yes" in options
    assert "StrictHostKeyChecking=yes" in options


def test_an_inline_host_key_is_the_only_one_that_counts() -> None:
    options = ssh_options(PINNED)
    assert {"GlobalKnownHostsFile=none", "UserKnownHostsFile=none", f"KnownHostsCommand=/bin/echo %H {KEY}"} <= {
        *options
    }


def test_a_file_of_known_hosts_is_the_only_one_that_counts() -> None:
    options = ssh_options(Connection(host="server.test", known_hosts=".lab/known_hosts"))
    assert {"GlobalKnownHostsFile=none", "UserKnownHostsFile=.lab/known_hosts"} <= {*options}


def test_only_the_given_key_is_offered() -> None:
    assert "IdentitiesOnly=yes" in ssh_options(Connection(host="server.test", identity_file="~/.ssh/deploy"))
    assert "IdentitiesOnly=yes" not in ssh_options(PINNED)


def test_a_host_is_never_taken_for_an_option() -> None:
    command = ssh_command(Connection(host="-oProxyCommand=x"), "deploy", "true")
    assert command[-3:] == ["--", "-oProxyCommand=x", "true"]


def test_a_fingerprint_is_the_one_that_openssh_shows(tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "key"], check=True)
    shown = subprocess.run(["ssh-keygen", "-l", "-f", tmp_path / "key.pub"], capture_output=True, text=True, check=True)
    assert fingerprint((tmp_path / "key.pub").read_text()) == shown.stdout.split()[1]


@pytest.mark.parametrize("text", ["", "ssh-ed25519", "ssh-ed25519 not-base64!", "ssh-rsa " + KEY.split()[1]])
def test_what_is_no_public_key_has_no_fingerprint(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        fingerprint(text)


def test_a_wrong_host_key_is_told_with_both_fingerprints() -> None:
    said = "debug1: Server host key: ssh-ed25519 SHA256:shown\nHost key verification failed.\r\n"
    assert diagnosed(said) == (
        f"the host key of server.test (port 2222) is not the pinned one: expected {fingerprint(KEY)} got SHA256:shown; "
        "put it in the stack file only if you know why it changed, and have compared it on the server"
    )


def test_the_expected_key_is_looked_up_in_known_hosts(tmp_path: Path) -> None:
    (tmp_path / "known").write_text(f"[server.test]:2222 {KEY}\n")
    connection = Connection(host="server.test", port=2222, known_hosts=str(tmp_path / "known"))
    said = "debug1: Server host key: ssh-ed25519 SHA256:shown\nHost key verification failed."
    assert f"expected {fingerprint(KEY)} got SHA256:shown" in diagnosed(said, connection=connection)


def test_a_host_key_that_nobody_has_pinned_is_not_known() -> None:
    said = "debug1: Server host key: ssh-ed25519 SHA256:shown\nHost key verification failed."
    assert "is not known, it shows SHA256:shown" in diagnosed(said, connection=Connection(host="server.test"))


@pytest.mark.parametrize(
    ("complaints", "code", "sentence"),
    [
        ("", None, "server.test (port 2222) does not answer to user deploy"),
        ("ssh: connect to host server.test port 2222: Connection refused\r", 255, "to user deploy: Connection refused"),
        (
            "x\nUnable to negotiate with 192.0.2.1 port 2222: no matching cipher found. Their offer: 3des-cbc\r",
            255,
            "do not understand each other: no matching cipher found",
        ),
        ("ssh: Could not resolve hostname server.test: Name or service not known", 255, "Name or service not known"),
        ("deploy@server.test: Permission denied (publickey).", 255, "refused the login of deploy"),
        (
            "no such identity: /key: No such file or directory\nPermission denied (publickey).",
            255,
            "key file /key cannot",
        ),
        ("sudo: a password is required", 1, "refused sudo to deploy"),
        ("sudo\ndebug1: Exit\n: sorry, you must have a tty to run sudo", 1, "refused sudo to deploy"),
        ("bash: line 1: sudo: command not found", 127, "refused sudo to deploy"),
        ("bash: line 1: python3: command not found", 127, "has no python3"),
        ("sudo: python3: command not found", 1, "has no python3"),
        ("Traceback\nImportError: no Self\ndebug1: Exit status 1", 1, "deploy (exit code 1): ImportError: no Self"),
    ],
)
def test_a_failed_sign_in_is_one_sentence(complaints: str, code: int | None, sentence: str) -> None:
    told = diagnosed(complaints, code)
    assert sentence in told
    assert "\n" not in told


@pytest.mark.parametrize("complaints", ["Permission denied (publickey).", "sudo: a password is required"])
def test_another_user_is_tried_where_this_one_is_not_welcome(complaints: str) -> None:
    code = 255 if "denied" in complaints else 1
    error = diagnose(Attempt(connection=PINNED, user="deploy", code=code, complaints=complaints))
    assert isinstance(error, UnwelcomeError)
