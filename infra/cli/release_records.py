"""What the servers have written down of the releases of a stack, and of the migrations before them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from infra.host.agent import migration_record, places
from infra.host.agent.migration_record import Step
from infra.host.agent.release_record import Record, parse
from infra.host.remote import Remote

# A product that was never released has no folder.
_SCRIPT: Final = 'for folder; do for file in "$folder"/*.jsonl; do [ ! -f "$file" ] || cat -- "$file"; done; done'


def read_records(server: Remote, stack: str, products: Sequence[str]) -> list[Record]:
    """Return the records of some products, the oldest first.

    Raises:
        RemoteError: the server does not let us in.
    """
    lines = _lines(server, places.HISTORY, stack, products)
    return sorted(filter(None, map(parse, lines)), key=lambda record: record.end)


def read_migrations(server: Remote, stack: str, product: str) -> list[Step]:
    """Return the migrations of a product's databases, the oldest first.

    Raises:
        RemoteError: the server does not let us in.
    """
    lines = _lines(server, places.MIGRATIONS, stack, [product])
    return sorted(filter(None, map(migration_record.parse, lines)), key=lambda step: step.start)


def _lines(server: Remote, root: Path, stack: str, products: Sequence[str]) -> list[str]:
    folders = [str(root / f"{stack}-{product}") for product in products]
    return server.run("sh", "-c", _SCRIPT, "sh", *folders).splitlines()
