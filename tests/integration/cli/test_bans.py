"""`slipway bans` and `slipway unban`, with a program in the place of ssh."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.integration.cli.conftest import Program
from tests.unit.cli.conftest import KEY, Slipway

SSH = """
import json, pathlib, shlex, sys
here = pathlib.Path(__file__).parent
words = sys.argv[1:]
host, command = words[words.index("--") + 1:]
with (here / "calls").open("a") as calls:
    calls.write(json.dumps([host, command]) + "\\n")
assert words[words.index("-l") + 1] == "deploy"
assert "StrictHostKeyChecking=yes" in words and "UserKnownHostsFile=none" in words, "the host key is not pinned"
answers = json.loads((here / "answers.json").read_text())
for part, (code, said, complaint) in answers.items():
    if part in f"{host} {command}":
        print("debug1: Connecting", file=sys.stderr)
        if code != 255:
            print("Authorised users only.", "debug1: Sending command: " + command, sep="\\n", file=sys.stderr)
        print(complaint, "Transferred: sent 1, received 2", "debug1: Exit status 9", sep="\\n", file=sys.stderr)
        print(said)
        sys.exit(code)
raise AssertionError(f"{host} was not expected to be asked {command}")
"""
TIMES = """2026-11-21 10:30:00+0100
jail sshd
192.0.2.1 \t2026-11-21 10:00:00 + 3600 = 2026-11-21 11:00:00
2001:db8::7 \t2026-11-21 10:29:00 + 600 = 2026-11-21 10:39:00
jail recidive
192.0.2.1 \t2026-11-20 10:00:00 + -1 = 9999-12-31 23:59:59"""
"""As fail2ban 1.0.2 and 1.1.0 print it."""
BANNED = "[{'sshd': ['192.0.2.1', '2001:db8::7']}, {'recidive': ['192.0.2.1']}, {'web': []}]"
TWO_SERVERS = f"""
config:
  slipway:servers:
    main: {{host: one.test, ssh: {{host_key: "{KEY}"}}, admin_keys: ["{KEY}"]}}
    other: {{host: two.test, ssh: {{host_key: "{KEY}"}}, admin_keys: ["{KEY}"]}}
"""
DEAD = (255, "", "ssh: connect to host two.test port 22: Connection refused")

Answer = tuple[int, str, str]


class Servers:
    """Two servers, and what they answer."""

    def __init__(self, program: Program, project: Path) -> None:
        self.bin = program("ssh", SSH).parent
        (project / "Pulumi.dev.yaml").write_text(TWO_SERVERS, encoding="utf-8")

    def answer(self, answers: Mapping[str, Answer]) -> None:
        """Answer the first of these words that are in host and command."""
        (self.bin / "answers.json").write_text(json.dumps(answers), encoding="utf-8")

    def calls(self) -> list[list[str]]:
        return [json.loads(line) for line in (self.bin / "calls").read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def servers(program: Program, project: Path) -> Servers:
    """Return two servers, of which one bans."""
    both = Servers(program, project)
    both.answer(
        {
            "two.test": (0, "[{'sshd': []}]", ""),
            "fail2ban-client banned": (0, BANNED, ""),
            "--with-time": (0, TIMES, ""),
        }
    )
    return both


def test_bans_are_listed_with_their_times(slipway: Slipway, servers: Servers) -> None:
    result = slipway("bans", "dev")
    assert result.exit_code == 0, f"{result.output} {servers.calls()}"
    rows = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert rows[1:4] == [
        "main sshd 192.0.2.1 2026-11-21 10:00:00+01:00 2026-11-21 11:00:00+01:00 30 min 0 s",
        "main sshd 2001:db8::7 2026-11-21 10:29:00+01:00 2026-11-21 10:39:00+01:00 9 min 0 s",
        "main recidive 192.0.2.1 2026-11-20 10:00:00+01:00 for ever",
    ]
    assert rows[4] == "Lift one with `slipway unban dev <address>`."


def test_bans_are_json_for_programs(slipway: Slipway, servers: Servers) -> None:
    first, *_, last = json.loads(slipway("bans", "dev", "--server", "main", "--json").stdout)
    assert first["remaining_seconds"] == 1800
    assert first["since"] == "2026-11-21T10:00:00+01:00"
    assert (last["until"], last["remaining_seconds"]) == (None, None)
    assert {host for host, _ in servers.calls()} == {"one.test"}


def test_a_ban_that_ends_while_it_is_read_is_listed_without_times(slipway: Slipway, servers: Servers) -> None:
    times = TIMES.replace("2001:db8::7", "198.51.100.1")
    servers.answer({"two.test": DEAD, "client banned": (0, BANNED, ""), "--with-time": (0, times, "")})
    assert "2001:db8::7  unknown" in slipway("bans", "dev").stdout


def test_nobody_may_be_banned(slipway: Slipway, servers: Servers) -> None:
    servers.answer({"client banned": (0, "[{'sshd': []}]", "")})
    result = slipway("bans", "dev")
    assert result.exit_code == 0
    assert "Nobody is banned." in result.stdout


def test_a_silent_server_hides_no_bans_of_another(slipway: Slipway, servers: Servers) -> None:
    servers.answer({"two.test": DEAD, "client banned": (0, BANNED, ""), "--with-time": (0, TIMES, "")})
    result = slipway("bans", "dev")
    assert result.exit_code == 1
    assert "192.0.2.1" in result.stdout
    assert result.stderr.splitlines() == [
        "slipway: other: two.test does not answer to user deploy: Connection refused.",
        "`slipway doctor dev` says what to do.",
    ]


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ((9, "", "sudo: fail2ban-client: command not found"), "there is no fail2ban-client on one.test"),
        ((9, "", "bash: line 1: sudo: command not found"), "refused sudo to deploy"),
        ((9, "", "ERROR   Failed to access socket path. Is fail2ban running?"), "Is fail2ban running?"),
        ((9, "", "sudo: a password is required"), "refused sudo to deploy"),
        ((9, "", ""), "`fail2ban-client` failed and said nothing"),
        ((0, "Status", ""), "in a form that is not known"),
        ((0, "['sshd']", ""), "in a form that is not known"),
        ((255, "", "Host key verification failed."), "the host key of one.test is not the pinned one"),
    ],
)
def test_why_a_server_could_not_be_asked_is_said(
    slipway: Slipway, servers: Servers, answer: Answer, sentence: str
) -> None:
    servers.answer({"client banned": answer})
    result = slipway("bans", "dev", "--server", "main")
    assert result.exit_code == 1
    assert sentence in result.stderr
    assert "debug1" not in result.stderr
    assert "Authorised" not in result.stderr, "the banner is not the reason"


def test_an_own_exit_code_of_255_is_not_taken_for_a_failed_sign_in(slipway: Slipway, servers: Servers) -> None:
    servers.answer({"client banned": (0, "[]", "")})
    slipway("bans", "dev", "--server", "main")
    ((_, command),) = servers.calls()
    assert command == "sudo -n -- fail2ban-client banned || exit 9"


def test_an_unknown_server_is_usage(slipway: Slipway, servers: Servers) -> None:
    result = slipway("bans", "dev", "--server", "mian")
    assert result.exit_code == 2
    assert "dev has no server mian; did you mean `main`?" in result.stderr
    assert not (servers.bin / "calls").exists()


def test_an_address_is_let_in_on_every_server(slipway: Slipway, servers: Servers) -> None:
    servers.answer({"one.test": (0, "2", ""), "two.test": (0, "0", "")})
    result = slipway("unban", "dev", "192.0.2.1")
    assert result.exit_code == 0
    assert "main: 192.0.2.1 is let in again, 2 jails had banned it." in result.stdout
    assert "other: 192.0.2.1 was not banned." in result.stdout
    assert {command for _, command in servers.calls()} == {"sudo -n -- fail2ban-client unban 192.0.2.1 || exit 9"}


@pytest.mark.parametrize(
    ("written", "meant"),
    [("2001:0DB8:0:0::7", "2001:db8::7"), ("::ffff:192.0.2.1", "192.0.2.1"), ("192.0.2.1", "192.0.2.1")],
)
def test_an_address_is_written_as_fail2ban_does(slipway: Slipway, servers: Servers, written: str, meant: str) -> None:
    servers.answer({"unban": (0, "1", "")})
    data = json.loads(slipway("unban", "dev", written, "--server", "main", "--json").stdout)
    assert data == {"address": meant, "lifted": {"main": 1}}
    ((_, command),) = servers.calls()
    assert f"unban {meant} ||" in command


@pytest.mark.parametrize(
    "address", ["--all", "192.0.2", "192.0.2.1; reboot", "example.com", "10.0.0.0/8", "fe80::1%eth0"]
)
def test_what_is_no_address_reaches_no_server(slipway: Slipway, servers: Servers, address: str) -> None:
    result = slipway("unban", "dev", "--", address)
    assert result.exit_code == 2
    assert address in result.stderr
    assert not (servers.bin / "calls").exists()


def test_who_is_kept_out_is_told_what_to_do(slipway: Slipway, servers: Servers) -> None:
    servers.answer({"one.test": (0, "1", ""), "two.test": DEAD})
    result = slipway("unban", "dev", "192.0.2.1")
    assert result.exit_code == 1
    assert "main: 192.0.2.1 is let in again, one jail had banned it." in result.stdout
    assert "run this from another network" in result.stderr


def test_an_answer_that_is_no_number_is_no_success(slipway: Slipway, servers: Servers) -> None:
    servers.answer({"unban": (0, "ok", "")})
    result = slipway("unban", "dev", "192.0.2.1", "--server", "main")
    assert result.exit_code == 1
    assert "something else than a number" in result.stderr
