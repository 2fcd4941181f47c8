"""A server of the lab that is watched, and the channels that its alerts come to."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests import channels
from tests.lab.conftest import Workshop
from tests.lab.images import WATCHERS
from tests.lab.server import LabServer

SERVER = LabServer("dev")
HERE = "10.214.0.1"
"""This machine, as the lab's servers reach it."""
TOKEN, CHAT = "123:canary-token-of-the-lab", -100
TO = "ops@lab.test"
CALLED = "/ping/canary-path-of-the-lab"
PATIENCE_SECONDS = 150


@dataclass(frozen=True, slots=True)
class Told:
    """Where alerts come to."""

    telegram: channels.Channel
    mail: channels.Channel
    watchdog: channels.Channel


def configure(dev: Workshop, told: Told, *, chat: int = CHAT, to: str = TO) -> None:
    """Write the section, its images and its secret."""

    def change(config: Any) -> None:
        config["slipway:monitoring"] = {
            "notifications": {
                "telegram": {
                    "chat_id": chat,
                    "token": {"config": "telegram"},
                    "api_url": f"http://{told.telegram.address}",
                },
                "email": {
                    "smarthost": told.mail.address,
                    "from": "alerts@lab.test",
                    "to": [to],
                    "require_tls": False,
                },
                "watchdog": {"url": {"config": "watchdog"}},
            }
        }

    dev.configure(change)
    for name in WATCHERS:
        dev.release(name, "lab", product="monitoring")
    dev.keep_secret("telegram", TOKEN)
    dev.keep_secret("watchdog", f"http://{told.watchdog.address}{CALLED}")


def watch(workshop: Workshop, told: Told) -> Workshop:
    """Have the server of a stack watched, by channels that are tried."""
    workshop.settle()
    configure(workshop, told)
    workshop.stack.up().expect_success()
    return workshop


def prometheus(path: str, stack: str = "dev") -> Any:
    """Ask Prometheus, which nobody reaches from outside, by its own container."""
    url = f"http://127.0.0.1:9090/api/v1/{path}"
    command = ("docker", "exec", f"{stack}-monitoring-prometheus", "wget", "-q", "-O", "-", url)
    return json.loads(LabServer(stack).run(*command))["data"]


def watchers() -> set[str]:
    """Return the names of all that watches and runs."""
    return {name for name in SERVER.containers(everything=False) if name.startswith("dev-monitoring-")}


def psql(statements: str) -> None:
    """Run statements in the database of the shop."""
    SERVER.run("docker", "exec", "--user", "postgres", "dev-shop-db", "psql", "-qAt", "-c", statements)


def seconds_until(condition: Callable[[], bool], begun: float, patience: float = PATIENCE_SECONDS) -> float:
    """Return how long after a moment a condition held."""
    while not condition():
        assert time.monotonic() - begun < patience, "nobody was told"
        time.sleep(0.5)
    return time.monotonic() - begun


def until_told(
    channel: channels.Channel, known: int, sentence: str, begun: float, patience: float = PATIENCE_SECONDS
) -> float:
    """Return how long after a moment a channel has got a sentence, in a message after those that are known."""
    return seconds_until(lambda: any(sentence in text for text in channel.messages[known:]), begun, patience)
