"""`slipway doctor`, with small programs in place of Pulumi and ssh."""

import json
import os
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.integration.cli.conftest import Program
from tests.unit.cli.conftest import DIGEST, Slipway

PULUMI = """
import json, sys
words = sys.argv[1:]
if words[0] == "version":
    print("{version}")
elif words[0] == "whoami":
    print(json.dumps({{"url": "file:///state"}}))
elif words[:2] == ["stack", "ls"]:
    print(json.dumps([{{"name": "dev"}}]))
elif words[:2] == ["config", "set"]:
    assert "encryptionsalt: v1:AAAA" in open(words[words.index("--config-file") + 1]).read()
    sys.exit("{passphrase}" or 0)
"""
SSH = """
import sys
words = sys.argv[1:]
if words == ["-V"]:
    sys.exit(print("OpenSSH_9.2p1 Debian, OpenSSL 3", file=sys.stderr))
user = words[words.index("-l") + 1]
if words[0] == "-G":
    sys.exit(print("{settings}"))
assert "StrictHostKeyChecking=yes" in words
{answer}
"""
UNREACHED = "print('ssh: connect to host 127.0.0.1 port 22: Connection timed out', file=sys.stderr); sys.exit(255)"
WELCOME = """import time
if any("nproc" in word for word in words):
    print("2\\n4014080 kB")
else:
    print("Python 3.13.5")
    print(int(time.time()))
"""
REFUSED = "print('Permission denied (publickey).', file=sys.stderr); sys.exit(255)"


def ssh(answer: str, settings: str = "hostname 127.0.0.1") -> str:
    """Return a program in the place of ssh.

    Args:
        answer: what it does when it signs in.
        settings: what it makes of its configuration.
    """
    return SSH.format(answer=answer, settings=settings)


@pytest.fixture
def healthy(project: Path, program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project on a machine that has all it needs."""
    program("pulumi", PULUMI.format(version="v3.259.0", passphrase=""))
    program("pulumi-language-python", "")
    program("ssh", ssh(WELCOME))
    home = tmp_path / "home"
    for name in ("docker", "github", "random"):
        folder = home / "plugins" / f"resource-{name}-v{version(f'pulumi_{name}')}"
        folder.mkdir(parents=True)
        (folder / f"pulumi-resource-{name}").touch()
    monkeypatch.setenv("PULUMI_HOME", str(home))
    monkeypatch.setenv("SSH_AUTH_SOCK", "/run/agent")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    program_folder = tmp_path / "bin"
    monkeypatch.setenv("PATH", f"{program_folder}:{os.environ['PATH']}")
    stack = project / "Pulumi.dev.yaml"
    stack.write_text(stack.read_text(encoding="utf-8") + "encryptionsalt: v1:AAAA\n", encoding="utf-8")
    releases = project / "stacks" / "releases"
    releases.mkdir(parents=True)
    images = {"db": f"registry.test/postgres@{DIGEST}", "web": f"registry.test/shop/web@{DIGEST}"}
    entries = {service: {"image": image} for service, image in images.items()}
    (releases / "dev.yaml").write_text(json.dumps({"shop": entries}), encoding="utf-8")
    return project


def refusals(output: str) -> list[str]:
    """Return the lines that say no."""
    return [line for line in output.splitlines() if line.startswith("no ")]


def test_a_healthy_machine_gets_ok_on_every_line(slipway: Slipway, healthy: Path) -> None:
    result = slipway("doctor", "dev")
    assert refusals(result.stdout) == []
    assert result.exit_code == 0, f"{result.output} in {healthy}"
    assert "deploy@127.0.0.1, Python 3.13.5" in result.stdout


def test_without_a_stack_no_server_is_asked(slipway: Slipway, healthy: Path) -> None:
    result = slipway("doctor")
    assert result.exit_code == 0, f"{result.output} in {healthy}"
    assert "server main" not in result.stdout


def test_programs_get_json(slipway: Slipway, healthy: Path) -> None:
    data = json.loads(slipway("doctor", "dev", "--json").stdout)
    assert {line["name"] for line in data} >= {"python", "pulumi", "docker plugin", "ssh", "stack", "server main"}
    assert all(line["ok"] for line in data), f"{data} in {healthy}"


def test_a_stand_in_is_called_one(slipway: Slipway, healthy: Path) -> None:
    (plugin,) = (healthy.parent / "home" / "plugins").glob("resource-docker-*")
    (plugin / "standin").touch()
    lines = slipway("doctor").stdout.splitlines()
    assert [line for line in lines if "docker plugin" in line and "stand-in" in line]
    assert [line for line in lines if "random plugin" in line and "the vendor's" in line]


@pytest.mark.parametrize(
    ("reported", "sentence"),
    [("v3.258.9", "v3.258.9 is older than 3.259.0"), ("(unknown)", "does not say which version it is")],
)
def test_a_pulumi_that_is_too_old_is_said(
    slipway: Slipway, healthy: Path, program: Program, reported: str, sentence: str
) -> None:
    program("pulumi", PULUMI.format(version=reported, passphrase=""))
    result = slipway("doctor")
    assert result.exit_code == 1, healthy
    (line,) = refusals(result.stdout)
    assert sentence in line
    assert "run `make tools`" in line


def test_a_missing_plugin_is_said(slipway: Slipway, healthy: Path) -> None:
    (plugin,) = (healthy.parent / "home" / "plugins").glob("resource-docker-*/pulumi-resource-docker")
    plugin.unlink()
    (line,) = refusals(slipway("doctor").stdout)
    assert line.startswith("no  docker plugin")


@pytest.mark.parametrize("is_there", [True, False])
def test_a_passphrase_file_that_is_set_is_not_asked_for(
    slipway: Slipway, healthy: Path, program: Program, monkeypatch: pytest.MonkeyPatch, *, is_there: bool
) -> None:
    program("pulumi", PULUMI.format(version="v3.259.0", passphrase="error: incorrect passphrase"))
    path = healthy / "passphrase-file"
    if is_there:
        path.write_text("other", encoding="utf-8")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE_FILE", str(path))
    (line,) = refusals(slipway("doctor", "dev").stdout)
    assert ("is it the passphrase of this stack?" if is_there else "passphrase-file, which is not there: put") in line
    assert "set PULUMI_CONFIG_PASSPHRASE_FILE" not in line


def test_a_passphrase_file_is_looked_for_where_pulumi_does(
    slipway: Slipway, healthy: Path, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    program("pulumi", PULUMI.format(version="v3.259.0", passphrase="error: incorrect passphrase"))
    (healthy / "passphrase-file").write_text("other", encoding="utf-8")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE_FILE", "passphrase-file")
    (healthy / "below").mkdir()
    monkeypatch.chdir(healthy / "below")
    (line,) = refusals(slipway("doctor", "dev").stdout)
    assert "is it the passphrase of this stack?" in line


def test_a_wrong_passphrase_is_said(slipway: Slipway, healthy: Path, program: Program) -> None:
    program("pulumi", PULUMI.format(version="v3.259.0", passphrase="error: incorrect passphrase"))
    result = slipway("doctor", "dev")
    assert result.exit_code == 1, healthy
    (line,) = refusals(result.stdout)
    assert "incorrect passphrase" in line


def test_every_mistake_of_the_files_is_a_line(slipway: Slipway, healthy: Path) -> None:
    (healthy / "stacks" / "releases" / "dev.yaml").unlink()
    compose = healthy / "compose.yaml"
    compose.write_text(compose.read_text(encoding="utf-8") + "  db2: {imag: x}\n", encoding="utf-8")
    lines = refusals(slipway("doctor", "dev").stdout)
    assert [line for line in lines if "stacks/releases/dev.yaml" in line]
    assert [line for line in lines if "services.db2.imag" in line]


def test_mistakes_of_the_stack_file_are_lines_too(slipway: Slipway, healthy: Path) -> None:
    (healthy / "Pulumi.dev.yaml").write_text("config: {slipway:edge: {}}\n", encoding="utf-8")
    result = slipway("doctor", "dev")
    assert result.exit_code == 1
    assert [line for line in refusals(result.stdout) if "slipway:edge.acme" in line]


def test_a_missing_key_file_is_said(slipway: Slipway, healthy: Path) -> None:
    (healthy / "password").unlink()
    lines = refusals(slipway("doctor", "dev").stdout)
    assert [line for line in lines if "password does not exist" in line]


def test_a_fresh_server_is_signed_in_to_as_the_bootstrap_user(
    slipway: Slipway, healthy: Path, program: Program
) -> None:
    program("ssh", ssh(f"if user == 'deploy':\n    {REFUSED}\n{WELCOME}"))
    result = slipway("doctor", "dev")
    assert result.exit_code == 0, f"{result.output} in {healthy}"
    assert "root@127.0.0.1, Python 3.13.5; `slipway up` makes deploy first" in result.stdout


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (REFUSED, "refused the login of deploy; and 127.0.0.1 refused the login of root"),
        (
            "print('Host key verification failed.', file=sys.stderr); sys.exit(255)",
            "the host key of 127.0.0.1 is not the pinned one: expected SHA256:",
        ),
        (
            "print('ssh: connect to host 127.0.0.1 port 22: Connection refused', file=sys.stderr); sys.exit(255)",
            "127.0.0.1 does not answer to user deploy: Connection refused",
        ),
        ("print('bash: python3: command not found', file=sys.stderr); sys.exit(127)", "has no python3"),
        (
            "import time; print('Python 3.13.5'); print(int(time.time()) - 7200)",
            "behind that of this machine: by a wrong clock apt and TLS refuse",
        ),
    ],
)
def test_a_server_that_cannot_be_signed_in_to_says_why(
    slipway: Slipway, healthy: Path, program: Program, answer: str, sentence: str
) -> None:
    program("ssh", ssh(answer))
    result = slipway("doctor", "dev")
    assert result.exit_code == 1, healthy
    (line,) = refusals(result.stdout)
    assert line.startswith("no  server main")
    assert sentence in line


def test_a_way_through_a_bastion_is_named(slipway: Slipway, healthy: Path, program: Program) -> None:
    settings = "hostname 127.0.0.1\\nproxyjump hop@bastion.test:2222"
    program("ssh", ssh(WELCOME, settings))
    assert "Python 3.13.5, by way of hop@bastion.test:2222" in slipway("doctor", "dev").stdout, healthy
    program("ssh", ssh(UNREACHED, settings))
    (line,) = refusals(slipway("doctor", "dev").stdout)
    assert line.endswith("ssh goes by way of hop@bastion.test:2222: see whether that works by itself.")


@pytest.mark.parametrize(
    ("firewall", "hint"),
    [
        ("{}", "Connection timed out; where its SSH port is closed to this machine, docs/runners.md has the ways in."),
        (
            "{ssh_from: [10.8.0.0/24, 2001:db8::7]}",
            "2001:db8::7 sign in, this machine would come from 127.0.0.1: docs/runners.md has the ways in.",
        ),
        ("{ssh_from: [127.0.0.0/8]}", "where its SSH port is closed to this machine, docs/runners.md has the ways in."),
    ],
)
def test_a_server_that_is_closed_to_this_machine_is_told_apart_from_a_dead_one_as_far_as_can_be(
    slipway: Slipway, healthy: Path, program: Program, firewall: str, hint: str
) -> None:
    program("ssh", ssh(UNREACHED))
    stack = healthy / "Pulumi.dev.yaml"
    text = stack.read_text(encoding="utf-8")
    stack.write_text(text.replace("admin_keys:", f"firewall: {firewall}, admin_keys:"), encoding="utf-8")
    (line,) = refusals(slipway("doctor", "dev").stdout)
    assert line.endswith(hint)
