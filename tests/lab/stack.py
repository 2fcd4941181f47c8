"""A stack under the real engine, as a person at a shell has it."""

import contextlib
import functools
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 1800
"""Seconds after which a run counts as hung."""

OWN = {"NO_COLOR": "1", "PULUMI_DEBUG_COMMANDS": "true"}
"""What tests add to a person's environment: plain text, and the flag `--event-log`."""
CUT_OFF = ("unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")
"""Runs a command without a network; the loopback device is what the engine and its plugins talk over."""

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run of the CLI printed and how it ended."""

    code: int
    output: str
    """Standard output and standard error, as they came."""

    def expect_success(self) -> "Outcome":
        """Return itself, or fail with everything the run printed."""
        assert self.code == 0, f"exit {self.code}\n{self.output}"
        return self


@dataclass(slots=True)
class Stack:
    """One stack with its configuration and its release file."""

    name: str
    releases: Path
    """Folder of the release files of this run."""
    config: Path | None = None
    """Configuration to use in place of `Pulumi.<name>.yaml`."""
    printed: list[str] = field(default_factory=list)
    """Everything any run printed, for the search for canaries."""

    def up(self, *arguments: str) -> Outcome:
        """Bring the servers to what the program says, with the policy pack on."""
        return self.run("up", "--yes", "--skip-preview", *self._pack(), *arguments)

    def preview(self, *arguments: str) -> Outcome:
        """Show what an `up` would change."""
        return self.run("preview", *self._pack(), *arguments)

    def refresh(self, *arguments: str) -> Outcome:
        """Read what is on the servers."""
        return self.run("refresh", *arguments)

    def run(self, *arguments: str) -> Outcome:
        """Run the CLI to its end."""
        return self._finish(self.start(*arguments))

    def _finish(self, process: "subprocess.Popen[str]") -> Outcome:
        try:
            output, _ = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        self.printed.append(output)
        return Outcome(process.returncode, output)

    def slipway(self, *arguments: str) -> Outcome:
        """Run the `slipway` command to its end."""
        return self._finish(self._spawn("slipway", *arguments))

    def manage(self, *arguments: str) -> Outcome:
        """Run one of the commands below `pulumi stack`, which take no configuration."""
        return self._finish(self._spawn("pulumi", "stack", *arguments, "--non-interactive", "--stack", self.name))

    def recorded(self, kind: str) -> list[str]:
        """Return the names on the server of all resources of a type in the state, those to be deleted, too."""
        state = json.loads(self.manage("export").expect_success().output)
        resources = state["deployment"]["resources"]
        return [resource["outputs"]["name"] for resource in resources if resource["type"] == kind]

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start the CLI on this stack."""
        config = ["--config-file", str(self.config)] if self.config else []
        return self._spawn("pulumi", *arguments, "--non-interactive", "--stack", self.name, *config)

    def _spawn(self, *command: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            # Outside the lab this is another machine than the server; it must not take the server's processors.
            ["nice", "-n", "10", *command],
            cwd=ROOT,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def environment(self) -> dict[str, str]:
        """Return what `make env` exports, with the release files of this run."""
        return {**os.environ, **exports(), **OWN, "SLIPWAY_RELEASES": str(self.releases)}

    def kill_when(self, reached: Callable[[Event], bool], log: Path, *, plugins: bool) -> None:
        """Start an `up` and kill it with SIGKILL at the first engine event that `reached` accepts.

        Args:
            reached: Tells whether the moment has come.
            log: File for the engine's events; must not exist.
            plugins: Whether the plugins are killed with the CLI, or left to notice.
        """
        process = self._begin(log)
        try:
            _await(reached, log, process)
        finally:
            for victim in [process.pid, *(descendants(process.pid) if plugins else [])]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(victim, signal.SIGKILL)
            process.wait()
            # Not read to its end: a plugin that outlives the CLI holds it open.
            if process.stdout:
                process.stdout.close()

    def interfere_when(self, reached: Callable[[Event], bool], log: Path, act: Callable[[int], object]) -> Outcome:
        """Start an `up`, do something at the first engine event that `reached` accepts, and run it to its end.

        Args:
            reached: Tells whether the moment has come.
            log: File for the engine's events; must not exist.
            act: Gets the process id of the CLI.
        """
        process = self._begin(log)
        with ThreadPoolExecutor(1) as pool:
            # Read from the beginning: a pipe that is full would hold the run up before its moment.
            ended = pool.submit(self._finish, process)
            try:
                _await(reached, log, process)
                act(process.pid)
            except BaseException:
                process.kill()
                raise
            return ended.result()

    def _begin(self, log: Path) -> "subprocess.Popen[str]":
        return self.start("up", "--yes", "--skip-preview", *self._pack(), "--event-log", str(log))

    def _pack(self) -> list[str]:
        return ["--policy-pack", "policies/run"]


def _await(reached: Callable[[Event], bool], log: Path, process: "subprocess.Popen[str]") -> None:
    """Wait for the moment of a run."""
    if not any(reached(event) for event in follow(log, lambda: process.poll() is None)):
        message = f"the run ended with {process.wait()} before its moment came"
        raise AssertionError(message)


def follow(log: Path, alive: Callable[[], bool]) -> Iterator[Event]:
    """Yield the engine's events as they are written, until the run has ended and all are read."""
    position = 0
    while True:
        running = alive()
        text = _written_since(log, position)
        complete = text.rfind(b"\n") + 1
        for line in text[:complete].splitlines():
            yield json.loads(line)
        position += complete
        if not running:
            return
        time.sleep(0.02)


def _written_since(log: Path, position: int) -> bytes:
    """Return what was added to a file; reading all of it each time would take a processor from the run."""
    if not log.exists():
        return b""
    with log.open("rb") as stream:
        stream.seek(position)
        return stream.read()


def descendants(pid: int) -> list[int]:
    """Return the processes that a process started, and those they started: each plugin has a group of its own."""
    table = subprocess.run(["ps", "-eo", "pid=,ppid="], check=True, capture_output=True, text=True).stdout
    children: dict[int, list[int]] = {}
    for line in table.splitlines():
        child, parent = map(int, line.split())
        children.setdefault(parent, []).append(child)
    found = [pid]
    for each in found:
        found.extend(children.get(each, []))
    return found[1:]


def run(folder: Path, environment: Mapping[str, str], *words: str, given: str = "", patience: int = PATIENCE) -> str:
    """Run a command in a project to a good end, and return what it printed; what it says otherwise is shown.

    Args:
        folder: of the project.
        environment: all that the command has.
        words: the command.
        given: to its standard input.
        patience: seconds after which it counts as hung.
    """
    done = subprocess.run(
        [*words, "--non-interactive"],
        cwd=folder,
        env=environment,
        input=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=patience,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


@functools.cache
def exports() -> Mapping[str, str]:
    """Return the variables that `make env` prints, which are asked for once."""
    script = 'eval "$(make -s env)" && env -0'
    text = subprocess.run(["bash", "-c", script], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    pairs = (entry.split("=", 1) for entry in text.split("\0") if "=" in entry)
    return {name: value for name, value in pairs if os.environ.get(name) != value}
