"""The agent as a process of its own on this machine, talked to line by line."""

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any, Self

from infra.host.agent import session
from infra.host.plugin import bootstrap

PATIENCE_SECONDS = 300
"""How long an agent that should end is waited for; a busy machine may let it stand still for a while."""
SILENCE_SECONDS = session._SILENCE_SECONDS
"""How long an agent hears nothing before it ends."""
WHEN_TOLD = 0.0
"""In the place of a silence: its seconds pass when the test says so."""
# Set up as on a server, except for the places given by the test, and for time: a second of silence passes for the agent
# with every line that says so, and never by itself.
LAUNCH = """
import json, sys
from queue import Empty, SimpleQueue
from infra.host.agent import places, product_lock, session

class Lines(SimpleQueue):
    def get(self, timeout):
        for _ in range(timeout):
            if (line := super().get()) != b"a second passes\\n":
                return line
        raise Empty

settings = json.loads(sys.argv[1])
if settings["silence"]:
    session._SILENCE_SECONDS = settings["silence"]
else:
    session.SimpleQueue = Lines
product_lock._PATIENCE_SECONDS = settings["patience"]
for name, value in settings["places"].items():
    setattr(places, name, type(getattr(places, name))(value))
session.main(settings["kinds"], "server.test", {"id": "0123abcd", "actor": "ops@laptop"})
"""


def command(places: Mapping[str, str | int], silence: float) -> list[str]:
    """Return the command line of an agent with some places elsewhere.

    Args:
        places: of the agent.
        silence: seconds by a real clock after which the agent ends, or `WHEN_TOLD`.
    """
    modules = bootstrap.agent_modules()
    settings = {"silence": silence, "patience": PATIENCE_SECONDS, "kinds": modules, "places": dict(places)}
    return [sys.executable, "-c", LAUNCH, json.dumps(settings)]


class Agent:
    """An agent that was started."""

    def __init__(self, places: Mapping[str, str | int] | None = None, *, silence: float = WHEN_TOLD) -> None:
        self.process = subprocess.Popen(
            command(places or {}, silence), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.greeting = self.hear()
        assert self.greeting["ready"]

    def __enter__(self) -> Self:
        """Talk."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        with self.process:
            self.process.kill()

    def say(self, **message: Any) -> None:
        """Send a line."""
        self._write(json.dumps(message) + "\n")

    def let_pass(self, seconds: int) -> None:
        """Have the agent hear nothing for some seconds."""
        self._write("a second passes\n" * seconds)

    def hear(self) -> Any:
        """Return the next line that is no mere status."""
        while "status" in (message := self.hear_anything()):
            continue
        return message

    def hear_anything(self) -> Any:
        """Return the next line."""
        assert self.process.stdout
        return json.loads(self.process.stdout.readline())

    def ask(self, operation: str, kind: str, **want: Any) -> Any:
        """Send a request and return its answer."""
        self.say(id=1, op=operation, kind=kind, want=want)
        return self.hear()

    def hang_up(self) -> None:
        """End the agent's input and wait for its end."""
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(PATIENCE_SECONDS)

    def _write(self, text: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(text)
        self.process.stdin.flush()
