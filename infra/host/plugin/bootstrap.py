"""How the agent gets to a server: its source is the first line it reads, and nothing is written to a disk."""

import json
import shlex
from collections.abc import Mapping
from importlib.resources import files

import infra.host.agent

_PACKAGE = infra.host.agent.__name__
_PARENTS = ("infra", "infra.host")

# Runs on the server; short, because it travels on a command line that anybody there can read.
LOADER = """
import sys, json, importlib.abc, importlib.util
given = json.loads(sys.stdin.buffer.readline())
class Sent(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    def find_spec(self, name, path, target=None):
        if name in given["modules"]:
            return importlib.util.spec_from_loader(name, self, is_package=name in given["packages"])
    def get_source(self, name):
        return given["modules"][name]
sys.meta_path.insert(0, Sent())
""".strip()
"""Takes the modules that the first line brings, and the packages that they are in; the rest of the line is `given`."""
_SCRIPT = f"""{LOADER}
importlib.import_module(given["main"]).main(given["kinds"], given["host"], given["run"])"""


def agent_command(*, as_root: bool) -> str:
    """Return the shell command that starts the agent.

    Args:
        as_root: whether the user who signs in is root already; else the agent is started by sudo.
    """
    words = ["python3", "-I", "-u", "-c", _SCRIPT]
    return shlex.join(words if as_root else ["sudo", "-n", "--", *words])


def agent_modules() -> list[str]:
    """Return the names of the agent's modules."""
    return sorted(f"{_PACKAGE}.{name.removesuffix('.py')}" for name in _sources() if name != "__init__.py")


def first_line(host: str, run: Mapping[str, str]) -> bytes:
    """Return the line that brings the agent's source.

    Args:
        host: what the agent calls its server in messages.
        run: id and actor of this run of Pulumi, for what the agent writes down.
    """
    modules = {f"{_PACKAGE}.{name.removesuffix('.py')}": text for name, text in _sources().items()}
    modules[_PACKAGE] = modules.pop(f"{_PACKAGE}.__init__")
    given = {
        "modules": {**dict.fromkeys(_PARENTS, ""), **modules},
        "packages": [*_PARENTS, _PACKAGE],
        "main": f"{_PACKAGE}.session",
        "kinds": agent_modules(),
        "host": host,
        "run": dict(run),
    }
    return json.dumps(given).encode() + b"\n"


def _sources() -> dict[str, str]:
    folder = files(infra.host.agent)
    return {entry.name: entry.read_text() for entry in folder.iterdir() if entry.name.endswith(".py")}
