"""A server with release records, in the place of ssh."""

from pathlib import Path
from typing import Any

from infra.host.agent.release_record import Record
from tests.unit.cli.conftest import Program

SSH = """
import pathlib, sys
here = pathlib.Path(__file__).parent
words = sys.argv[1:]
host, command = words[words.index("--") + 1:]
assert "/var/lib/slipway/history/dev-shop" in command, command
print("debug1: Sending command: " + command, file=sys.stderr)
answer = here / "records"
if not answer.exists():
    print("ssh: connect to host 127.0.0.1 port 22: Connection refused", file=sys.stderr)
    sys.exit(255)
print(answer.read_text(), end="")
"""


def image(service: str, number: int) -> str:
    """Return the image of a release."""
    repository = {"web": "registry.test/shop/web", "db": "registry.test/postgres"}[service]
    return f"{repository}@sha256:{number:064x}"


def record(run: int, service: str, number: int, **changes: Any) -> Record:
    """Return the record of a release in a run; its end tells the order of runs."""
    fields: dict[str, Any] = {
        "id": f"run{run}",
        "service": f"dev-shop/{service}",
        "release": f"{service}{number}",
        "image": image(service, number),
        "tag": f"v{number}",
        "revision": f"{number:040x}",
        "config": "c0",
        "strategy": "rolling",
        "container": f"{service}{number}",
        "actor": "octocat",
        "start": f"2026-11-21T10:{run:02}:00+00:00",
        "end": f"2026-11-21T10:{run:02}:30+00:00",
        "result": "good",
    }
    return Record(**{**fields, **changes})


def failed(run: int, service: str, number: int) -> Record:
    """Return the record of a release that its gate stopped."""
    return record(run, service, number, result="failed", gate="gate", reason="expected healthy within 60 s")


class Server:
    """A server that can be asked, once it has records."""

    def __init__(self, program: Program) -> None:
        self._folder = program("ssh", SSH).parent

    def has(self, *records: Record, more: str = "") -> None:
        """Have these records."""
        (self._folder / "records").write_text("".join(each.line() for each in records) + more, encoding="utf-8")


def release_file(**numbers: int) -> str:
    """Return a release file with a comment that must survive."""
    entries = "".join(f"  {name}:\n    image: {image(name, number)}\n" for name, number in numbers.items())
    return f"# Written by machines.\nshop:\n{entries}"


def write_release_file(project: Path, **numbers: int) -> Path:
    """Write a release file and return its path."""
    path = project / "stacks/releases/dev.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(release_file(**numbers), encoding="utf-8")
    return path
