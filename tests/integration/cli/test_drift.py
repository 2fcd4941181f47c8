"""`slipway drift`, with a program in Pulumi's place that prints the engine's events."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.cli import events
from tests.integration.cli.conftest import Program
from tests.integration.cli.test_bans import DEAD, Servers
from tests.unit.cli.conftest import Slipway

CHECKOUT = Path(__file__).parents[3]
ENGINE = """
import os, pathlib, sys
here = pathlib.Path(__file__).parent
(here / "call").write_text(" ".join(sys.argv[1:]))
assert os.environ["PULUMI_ENABLE_STREAMING_JSON_PREVIEW"] == "true"
sys.stdout.write((here / "events").read_text())
sys.stderr.write((here / "complaint").read_text())
sys.exit(int((here / "code").read_text()))
"""
STACK = "urn:pulumi:dev::slipway::"
CANARY = "canary-9f04"
SEALED = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "[secret]"}
ENDED = {"summaryEvent": {"result": "succeeded"}}


def server(name: str) -> list[Mapping[str, Any]]:
    """Return the events of a server's provider, as Pulumi 3.259 prints them."""
    urn = f"{STACK}slipway:server:Server$pulumi:providers:host::{name}"
    state = {"custom": True, "parent": f"{STACK}slipway:server:Server::{name}"}
    step = {"op": "refresh", "urn": urn, "type": "pulumi:providers:host", "old": state, "provider": ""}
    return [{"resourcePreEvent": {"metadata": step}}, {"resOutputsEvent": {"metadata": {**step, "op": "same"}}}]


class Resource:
    """A resource of a server and what the engine says of it."""

    def __init__(self, name: str, on: str = "main", kind: str = "host:index:File") -> None:
        self.urn = f"{STACK}slipway:server:Server${kind}::{name}"
        provider = f"{STACK}slipway:server:Server$pulumi:providers:host::{on}::1f0c"
        self.step = {"urn": self.urn, "type": kind, "provider": provider, "old": {"custom": True}}
        self.begun = {"resourcePreEvent": {"metadata": {**self.step, "op": "refresh"}}}

    def same(self) -> list[Mapping[str, Any]]:
        return [self.begun, self._done(op="same", detailedDiff={})]

    def gone(self) -> list[Mapping[str, Any]]:
        return [self.begun, self._done(op="delete", new=None)]

    def changed(
        self, *paths: str, old: object, new: object, side: str = "inputs", detailed: bool = True
    ) -> list[Mapping[str, Any]]:
        details = {path: {"diffKind": "update", "inputDiff": side == "inputs"} for path in paths}
        how = {"detailedDiff": details} if detailed else {"diffs": list(paths), "detailedDiff": None}
        states = {"old": {"custom": True, side: old}, "new": {"custom": True, side: new}}
        return [self.begun, self._done(op="update", **how, **states)]

    def set_by_others(self) -> list[Mapping[str, Any]]:
        outputs = {"updatedAt": "2026-01-01", "remoteUpdatedAt": "2026-02-02"}
        return [self.begun, self._done(op="same", detailedDiff={}, new={"custom": True, "outputs": outputs})]

    def failed(self, reason: str) -> list[Mapping[str, Any]]:
        return [self.begun, remark("error", f"Preview failed: {reason}\n", self.urn)]

    def _done(self, **more: object) -> Mapping[str, Any]:
        return {"resOutputsEvent": {"metadata": {**self.step, **more}}}


def remark(severity: str, message: str, urn: str = "") -> Mapping[str, Any]:
    """Return an event by which the engine says something."""
    return {"diagnosticEvent": {"severity": severity, "message": message, **({"urn": urn} if urn else {})}}


class Engine:
    """What the program in Pulumi's place does."""

    def __init__(self, program: Program) -> None:
        self.bin = program("pulumi", ENGINE).parent
        self.complains("", code=0)

    def prints(self, *events: Iterable[Mapping[str, Any]], ended: bool = True) -> None:
        every = [*(event for group in events for event in group), *([ENDED] if ended else [])]
        (self.bin / "events").write_text("".join(f"{json.dumps(event)}\n" for event in every), encoding="utf-8")

    def complains(self, text: str, code: int = 255) -> None:
        self.prints(ended=False)
        (self.bin / "complaint").write_text(text, encoding="utf-8")
        (self.bin / "code").write_text(str(code), encoding="utf-8")

    def call(self) -> str:
        return (self.bin / "call").read_text(encoding="utf-8")


@pytest.fixture
def engine(program: Program) -> Engine:
    """Return an engine that has nothing to say yet."""
    return Engine(program)


def found(output: str) -> list[tuple[str, str, Any, Any]]:
    """Return what JSON output says has drifted."""
    names = ("resource", "property", "expected", "actual")
    return [tuple(one[name] for name in names) for one in json.loads(output)["differences"]]


def test_a_stack_as_it_was_left_is_clean(slipway: Slipway, engine: Engine) -> None:
    engine.prints(server("main"), Resource("motd").same(), Resource("issue").same())
    result = slipway("drift", "dev")
    assert result.exit_code == 0, result.output
    assert "Nothing has drifted: 2 resources" in result.stdout


def test_state_and_servers_are_left_alone(slipway: Slipway, engine: Engine) -> None:
    engine.prints(server("main"))
    slipway("drift", "dev")
    assert "refresh --preview-only" in engine.call()
    assert "--run-program=false" in engine.call(), "with the program, one dead server ends the run for all"
    assert "--stack dev" in engine.call()


def test_drift_is_a_line_each_and_exit_code_2(slipway: Slipway, engine: Engine) -> None:
    old, new = {"mode": "0600", "owner": "root"}, {"mode": "0644", "owner": "eve"}
    engine.prints(server("main"), Resource("motd").changed("mode", "owner", old=old, new=new), Resource("ok").same())
    result = slipway("drift", "dev")
    assert result.exit_code == 2
    assert [line.split() for line in result.stdout.splitlines()[1:3]] == [
        ["main", "File", "motd", "mode", "0600", "0644"],
        ["main", "File", "motd", "owner", "root", "eve"],
    ]
    assert "1 of the 2 resources read have drifted. Next: `slipway up dev`." in result.stdout


def test_a_resource_that_is_gone_is_drift(slipway: Slipway, engine: Engine) -> None:
    engine.prints(server("main"), Resource("motd").gone())
    result = slipway("drift", "dev", "--json")
    assert result.exit_code == 2
    assert found(result.stdout) == [("File motd", "", "there", "gone")]


@pytest.mark.parametrize(
    ("path", "sides", "values"),
    [
        ("groups[1]", ({"groups": ["sudo", "docker"]}, {"groups": ["sudo", "lp"]}), ("docker", "lp")),
        ("groups[1]", ({"groups": ["sudo", "docker"]}, {"groups": ["sudo"]}), ("docker", None)),
        ('settings["log.level"]', ({"settings": {"log.level": 1}}, {"settings": {"log.level": 2}}), (1, 2)),
        ('settings["a\\"b"]', ({"settings": {'a"b': 1}}, {"settings": {}}), (1, None)),
        ("ports[0].internal", ({"ports": [{"internal": 80}]}, {"ports": [{"internal": 81}]}), (80, 81)),
    ],
)
def test_the_values_are_those_at_the_path(
    slipway: Slipway, engine: Engine, path: str, sides: tuple[object, object], values: tuple[object, object]
) -> None:
    engine.prints(server("main"), Resource("thing").changed(path, old=sides[0], new=sides[1]))
    assert found(slipway("drift", "dev", "--json").stdout) == [("File thing", path, *values)]


@pytest.mark.parametrize("detailed", [True, False])
def test_a_provider_may_compare_what_it_put_out(slipway: Slipway, engine: Engine, *, detailed: bool) -> None:
    container = Resource("web", kind="docker:index/container:Container")
    changed = container.changed("memory", old={"memory": 256}, new={"memory": 512}, side="outputs", detailed=detailed)
    engine.prints(server("main"), changed)
    assert found(slipway("drift", "dev", "--json").stdout) == [("Container web", "memory", 256, 512)]


def test_noise_without_an_operation_is_not_drift(slipway: Slipway, engine: Engine) -> None:
    web = Resource("web")
    noise = {**web.step, "op": "same", "detailedDiff": {"mounts[0]": {"diffKind": "update"}}}
    engine.prints(server("main"), [web.begun, {"resOutputsEvent": {"metadata": noise}}])
    assert slipway("drift", "dev").exit_code == 0


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("content", {"content": SEALED}, {"content": SEALED}),
        ("content", {"content": SEALED}, {"content": CANARY}),
        ("envs[0]", {"envs": [SEALED, "A=1"]}, {"envs": [CANARY, "A=1"]}),
        ("envs[1]", {"envs": [SEALED, "A=1"]}, {"envs": ["A=1", CANARY]}),
        ("data.key", {"data": {"key": SEALED}}, {"data": {"key": CANARY}}),
    ],
)
def test_a_secret_is_never_shown(slipway: Slipway, engine: Engine, path: str, old: object, new: object) -> None:
    engine.prints(server("main"), Resource("login").changed(path, old=old, new=new))
    outputs = [slipway("drift", "dev").output, slipway("drift", "dev", "--json").output]
    assert all("[secret]" in output for output in outputs)
    assert CANARY not in "".join(outputs), "a provider may read in the clear what went in sealed"


def test_a_dead_server_does_not_hide_the_drift_of_another(slipway: Slipway, engine: Engine) -> None:
    engine.prints(
        server("main"),
        server("other"),
        *(Resource(f"f{number}", on="other").failed("other does not answer to user deploy") for number in range(5)),
        Resource("motd").changed("mode", old={"mode": "0600"}, new={"mode": "0644"}),
        [remark("error", "preview failed\n")],
    )
    (engine.bin / "code").write_text("1", encoding="utf-8")
    result = slipway("drift", "dev")
    assert result.exit_code == 2, "drift that was found is certain"
    assert "File motd" in result.stdout
    assert "could not tell: other, File f0, File f1, File f2 and 2 more: other does not answer" in result.stderr
    assert result.stderr.count("could not tell") == 1


def test_a_dead_server_alone_is_exit_code_1(slipway: Slipway, engine: Engine) -> None:
    engine.prints(server("main"), Resource("motd").failed("main does not answer to user deploy"), Resource("ok").same())
    result = slipway("drift", "dev", "--json")
    assert result.exit_code == 1
    (unread,) = json.loads(result.stdout)["unread"]
    assert unread == {"server": "main", "resources": ["File motd"], "reason": "main does not answer to user deploy"}


def test_an_engine_that_dies_midway_is_not_clean(slipway: Slipway, engine: Engine) -> None:
    engine.prints(server("main"), [Resource("motd").begun], Resource("ok").same(), ended=False)
    (engine.bin / "code").write_text("137", encoding="utf-8")
    result = slipway("drift", "dev")
    assert result.exit_code == 1
    assert "File motd: the engine ended before it was read" in result.stderr


def test_an_engine_that_does_not_say_it_is_done_is_not_clean(slipway: Slipway, engine: Engine) -> None:
    engine.prints(server("main"), Resource("ok").same(), ended=False)
    result = slipway("drift", "dev")
    assert result.exit_code == 1
    assert "could not tell: the engine ended before it was done" in result.stderr


def test_trouble_of_no_resource_is_not_clean(slipway: Slipway, engine: Engine) -> None:
    engine.prints(server("main"), Resource("ok").same(), [remark("error", "could not find provider x\nTraceback")])
    result = slipway("drift", "dev")
    assert result.exit_code == 1
    assert "could not tell: could not find provider x\n" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_stack_never_brought_up_is_not_said_to_be_clean(slipway: Slipway, engine: Engine) -> None:
    engine.prints()
    result = slipway("drift", "dev")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "could not tell: nothing was ever applied: run `pulumi up` first" in result.stderr


def test_of_a_secret_that_somebody_else_set_it_is_said_what_puts_yours_back(slipway: Slipway, engine: Engine) -> None:
    secret = Resource("STRIPE")
    replace = f"put yours back: `pulumi up --stack dev --replace '{secret.urn}'`."
    engine.prints(server("main"), secret.set_by_others())
    result = slipway("drift", "dev")
    assert (result.exit_code, replace in result.stdout) == (2, True)
    assert "`slipway up dev`" not in result.stdout, "it would change nothing"
    engine.prints(server("main"), secret.set_by_others(), Resource("motd").gone())
    both = slipway("drift", "dev").stdout
    assert "2 of the 2 resources read have drifted. Next: `slipway up dev`." in both
    assert replace in both


def test_what_the_engine_warns_of_is_passed_on(slipway: Slipway, engine: Engine) -> None:
    web = Resource("web")
    engine.prints(server("main"), web.same(), [remark("warning", "is in an unhealthy state\n", web.urn)])
    assert "warning: File web: is in an unhealthy state" in slipway("drift", "dev").stderr


def test_an_engine_that_refuses_says_why(slipway: Slipway, engine: Engine) -> None:
    engine.complains("warning: x\nerror: get stack secrets manager: incorrect passphrase\n")
    result = slipway("drift", "dev")
    assert result.exit_code == 1
    assert "the state of dev cannot be compared: get stack secrets manager: incorrect passphrase." in result.stderr


def test_a_wrong_stack_does_not_end_as_drift_does(slipway: Slipway, engine: Engine) -> None:
    result = slipway("drift", "live")
    assert result.exit_code == 1, "2 is drift"
    assert "there is no stack file Pulumi.live.yaml" in result.stderr
    assert not (engine.bin / "call").exists()


def test_lines_of_a_plugin_are_no_events(slipway: Slipway, engine: Engine) -> None:
    engine.prints(server("main"), Resource("ok").same())
    events = (engine.bin / "events").read_text(encoding="utf-8")
    (engine.bin / "events").write_text(f"hello from a plugin\n17\n{events}", encoding="utf-8")
    assert slipway("drift", "dev").exit_code == 0


def test_of_two_long_texts_the_first_differing_line_is_shown(slipway: Slipway, engine: Engine) -> None:
    old, new = {"content": "a\nb\nc\n"}, {"content": "a\nB\nc\n"}
    engine.prints(server("main"), Resource("motd").changed("content", old=old, new=new))
    assert slipway("drift", "dev").stdout.splitlines()[1].split()[3:] == [
        "content",
        "line",
        "2:",
        "b",
        "line",
        "2:",
        "B",
    ]
    engine.prints(server("main"), Resource("motd").changed("content", old=old, new={"content": "a\nb\n"}))
    assert "line 3: c" in slipway("drift", "dev").stdout
    assert "ends before line 3" in slipway("drift", "dev").stdout


def test_an_engine_that_hangs_is_given_up(slipway: Slipway, program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    program("pulumi", "import time\nprint('{}', flush=True)\ntime.sleep(600)\n")
    monkeypatch.setattr(events, "PATIENCE_SECONDS", 1)
    result = slipway("drift", "dev")
    assert result.exit_code == 1
    assert "a provider hangs" in result.stderr


def test_an_interrupt_ends_the_engine_too(project: Path, program: Program) -> None:
    program(
        "pulumi",
        "import os, time\nopen('engine', 'w').write(str(os.getpid()))\nprint('{}', flush=True)\ntime.sleep(600)",
    )
    with subprocess.Popen(
        [sys.executable, "-m", "infra.cli", "drift", "dev"],
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
        cwd=project,
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        while not (project / "engine").exists() or not (project / "engine").read_text(encoding="ascii"):
            assert run.poll() is None, "it ended before it was interrupted"
            time.sleep(0.02)
        run.send_signal(signal.SIGINT)
        assert run.stderr is not None
        assert "Traceback" not in run.stderr.read()
        assert run.wait() == 130
    with pytest.raises(ProcessLookupError):
        os.kill(int((project / "engine").read_text(encoding="ascii")), 0)


def test_a_missing_pulumi_is_said(slipway: Slipway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    result = slipway("drift", "dev")
    assert result.exit_code == 1
    assert "pulumi is not on PATH: run `make tools`" in result.stderr


def test_servers_keep_the_count_when_asked(slipway: Slipway, engine: Engine, program: Program, project: Path) -> None:
    servers = Servers(program, project)
    servers.answer({"one.test": (0, "", ""), "two.test": (0, "", "")})
    old, new = {"mode": "0600", "owner": "root"}, {"mode": "0644", "owner": "eve"}
    away = Resource("away", on="other").failed("two.test does not answer")
    motd = Resource("motd").changed("mode", "owner", old=old, new=new)
    engine.prints(server("main"), server("other"), motd, away)
    result = slipway("drift", "dev", "--record")
    assert result.exit_code == 2, result.output
    assert [host for host, _ in servers.calls()] == ["one.test"], "nothing is known of the other one"
    assert servers.calls()[0][1].split(" || ")[-2].endswith("/var/lib/slipway/drift/dev.json")


def test_a_count_that_could_not_be_kept_is_not_known(
    slipway: Slipway, engine: Engine, program: Program, project: Path
) -> None:
    Servers(program, project).answer({"one.test": DEAD, "two.test": DEAD})
    engine.prints(server("main"), Resource("motd").same())
    assert slipway("drift", "dev").exit_code == 0
    assert slipway("drift", "dev", "--record").exit_code == 1
