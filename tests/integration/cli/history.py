"""A server with release records, in the place of ssh."""

from pathlib import Path

from infra.host.agent.migration_record import Step
from infra.host.agent.release_record import Record
from tests.integration.cli.conftest import Program
from tests.unit.cli.history import image

SSH = """
import pathlib, sys
here = pathlib.Path(__file__).parent
words = sys.argv[1:]
host, command = words[words.index("--") + 1:]
print("debug1: Sending command: " + command, file=sys.stderr)
if "/var/lib/slipway/migrations/dev-shop" in command:
    print((here / "migrations").read_text(), end="")
    sys.exit()
assert "/var/lib/slipway/history/dev-shop" in command, command
answer = here / "records"
if not answer.exists():
    print("ssh: connect to host 127.0.0.1 port 22: Connection refused", file=sys.stderr)
    sys.exit(255)
print(answer.read_text(), end="")
"""


class Server:
    """A server that can be asked, once it has records."""

    def __init__(self, program: Program) -> None:
        self._folder = program("ssh", SSH).parent
        self.migrated()

    def has(self, *records: Record, more: str = "") -> None:
        """Have these records."""
        (self._folder / "records").write_text("".join(each.line() for each in records) + more, encoding="utf-8")

    def migrated(self, *steps: Step) -> None:
        """Have these migrations."""
        (self._folder / "migrations").write_text("".join(each.line() for each in steps), encoding="utf-8")


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
