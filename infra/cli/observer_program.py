"""The program that sees what is on a server, sent there for one question: nothing has to be installed."""

import json
from typing import Any, Final

from infra.cli.project import Stack
from infra.config.monitoring_images import MONITORING
from infra.config.releases import EDGE_PRODUCT, EDGE_SERVICE
from infra.host import sent
from infra.host.plugin.bootstrap import LOADER
from infra.host.remote import Remote
from infra.monitoring.render import declared
from infra.monitoring.targets import watchers

_PACKAGE: Final = "infra.monitoring.observer"
_PARENTS: Final = ("infra", "infra.monitoring", _PACKAGE)
_SCRIPT: Final = f"""{LOADER}
sys.exit(importlib.import_module(given["main"]).main(given["arguments"]))"""
COMMAND: Final = ("python3", "-I", "-c", _SCRIPT)
"""What runs the program that its input brings."""


def look(server: Remote, stacks: list[Any]) -> dict[str, Any]:
    """Return what is on a server.

    Args:
        server: is asked.
        stacks: what each has there, by `here`.

    Raises:
        RemoteError: it cannot be asked.
    """
    found: dict[str, Any] = json.loads(server.run(*COMMAND, stdin=program("look", stacks)))
    return found


def program(verb: str, question: Any) -> str:
    """Return the line that brings the program, and what it is asked."""
    given = {
        "modules": {**dict.fromkeys(_PARENTS, ""), **sent.as_modules(_PACKAGE)},
        "packages": _PARENTS,
        "main": f"{_PACKAGE}.main",
        "arguments": [verb, json.dumps(question)],
    }
    return f"{json.dumps(given)}\n"


def here(stack: Stack, server: str) -> dict[str, Any]:
    """Return what a stack has on a server, as its files say it.

    Raises:
        ConfigurationError: compose files have mistakes.
    """
    sections = stack.sections
    products = {name: each for name, each in sections.products.items() if each.server == server}
    known = {
        name: (stack.services(name), sorted({way.host for way in each.ingress if way.host}))
        for name, each in products.items()
    }
    further: dict[str, list[str]] = {}
    if server not in sections.owners:
        if sections.edge:
            further[EDGE_PRODUCT] = [EDGE_SERVICE]
        if watching := sections.monitoring:
            services = {name: found for name, (found, _) in known.items()}
            shown = watching.grafana and server in watching.hosts
            further[MONITORING] = watchers(services, grafana=shown)
    return declared(stack.name, known, further)
