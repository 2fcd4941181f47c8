"""What the servers have written down of the releases of a stack."""

from collections.abc import Sequence
from typing import Final

from infra.host.agent import places
from infra.host.agent.release_record import Record, parse
from infra.host.remote import Remote

# A product that was never released has no folder.
_SCRIPT: Final = 'for folder; do for file in "$folder"/*.jsonl; do [ ! -f "$file" ] || cat -- "$file"; done; done'


def read_records(server: Remote, stack: str, products: Sequence[str]) -> list[Record]:
    """Return the records of some products, the oldest first.

    Raises:
        RemoteError: the server does not let us in.
    """
    folders = [str(places.HISTORY / f"{stack}-{product}") for product in products]
    said = server.run("sh", "-c", _SCRIPT, "sh", *folders)
    return sorted(filter(None, map(parse, said.splitlines())), key=lambda record: record.end)
