"""The agent as a process of its own on this machine, talked to line by line."""

import json
import subprocess
import sys
from typing import Any, Self

from infra.host.plugin import bootstrap

# Set up as on a server, except for the places and the patience given by the test.
LAUNCH = """
import json, sys
from infra.host.agent import places, session
settings = json.loads(sys.argv[1])
session._SILENCE_SECONDS = settings["silence"]
for name, value in settings["places"].items():
    setattr(places, name, type(getattr(places, name))(value))
session.main(settings["kinds"], "server.test", {"id": "0123abcd", "actor": "ops@laptop"})
"""


def command(*, silence: float = 30, **places: str | int) -> list[str]:
    """Return the command line of an agent with some places elsewhere."""
    settings = json.dumps({"silence": silence, "kinds": bootstrap.agent_modules(), "places": places})
    return [sys.executable, "-c", LAUNCH, settings]


class Agent:
    """An agent that was started."""

    def __init__(self, *, silence: float = 30, **places: str | int) -> None:
        self.process = subprocess.Popen(
            command(silence=silence, **places), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
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
        assert self.process.stdin
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()

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
        self.process.wait(30)
