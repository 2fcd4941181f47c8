"""What is written down of a release of a service, as a line of JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

GOOD = "good"
FAILED = "failed"
KEPT = 100
"""Records of a service that are kept, the newest ones."""
KEPT_GOOD = 20
"""Good ones that are kept however many failed since: a rollback goes back to one of them."""
LONGEST_TEXT = 300
"""Characters of a reason or an actor."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """A release of one service, and what became of it; nothing in it is secret."""

    id: str
    """What the services that one run released have in common: the release of the product."""
    service: str
    """`<stack>-<product>/<service>`."""
    release: str
    """What the container is named after; nothing when no container was made."""
    image: str
    """By digest, `repository@sha256:…`."""
    tag: str
    revision: str
    """Commit that the image was built from, where it is known."""
    config: str
    """Changes with everything that the container is made of besides its image."""
    strategy: str
    """`rolling` or `stop-first`."""
    container: str
    """Id of the container, shortened."""
    actor: str
    """Who ran it."""
    start: str
    """When its image was pulled or its container made, whatever came first; UTC."""
    end: str
    """When it was done; UTC."""
    result: str
    """`good` or `failed`."""
    gate: str = ""
    """Where it failed: `pull`, `migrate`, `gate`, `switch` or `bake`."""
    reason: str = ""
    down: float | None = None
    """Seconds for which a stop-first service did not answer, where that could be measured."""
    phases: Mapping[str, float] = field(default_factory=dict)
    """Seconds each phase took, of those that there were: `pull`, `migrate`, `stop`, `start`, `gate`, `switch`, `bake`,
    `drain`."""

    @property
    def product(self) -> str:
        """Stack and product, as in `dev-shop`."""
        return self.service.partition("/")[0]

    @property
    def name(self) -> str:
        """Name of the service in its product."""
        return self.service.partition("/")[2]

    @property
    def digest(self) -> str:
        """The image without its repository."""
        return self.image.partition("@")[2]

    @property
    def is_good(self) -> bool:
        """Whether it serves, or has served."""
        return self.result == GOOD

    def line(self) -> str:
        """Return it as a line of JSON, with its digest for whoever reads that line."""
        return json.dumps({**asdict(self), "digest": self.digest}) + "\n"


_NAMES = frozenset(each.name for each in fields(Record))


def parse(line: str) -> Record | None:
    """Return the record of a line, or nothing when it is none."""
    try:
        data: Any = json.loads(line)
        return Record(**{name: value for name, value in data.items() if name in _NAMES})
    except (ValueError, TypeError, AttributeError):
        return None


def bounded(records: Sequence[Record]) -> list[Record]:
    """Return the records that are kept."""
    good = [record for record in records if record.is_good][-KEPT_GOOD:]
    newest = records[-KEPT:]
    return [record for record in records if record in good or record in newest]
