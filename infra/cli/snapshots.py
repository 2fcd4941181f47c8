"""How a product was after each of its releases, and which of them to go back to; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from infra.host.agent.release_record import Record


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """A product after a run that released some of its services, and failed with none."""

    id: str
    """The release of the product."""
    end: str
    actor: str
    serving: Mapping[str, Record]
    """Service → the release that served then."""

    def has(self, images: Mapping[str, str]) -> bool:
        """Tell whether these images ran, as far as it is known."""
        return all(record.image == images[name] for name, record in self.serving.items() if name in images)


def snapshots(records: Sequence[Record]) -> list[Snapshot]:
    """Return how a product was after each good run, the oldest first.

    Args:
        records: of all services of one product, the oldest first.
    """
    runs: dict[str, list[Record]] = {}
    for record in records:
        runs.setdefault(record.id, []).append(record)
    serving: dict[str, Record] = {}
    taken = []
    for run, released in sorted(runs.items(), key=lambda item: item[1][-1].end):
        serving |= {record.name: record for record in released if record.is_good}
        if all(record.is_good for record in released):
            last = released[-1]
            taken.append(Snapshot(id=run, end=last.end, actor=last.actor, serving=dict(serving)))
    return taken


def before(taken: Sequence[Snapshot], images: Mapping[str, str]) -> Snapshot | None:
    """Return the snapshot to go back to from some images, or nothing when there is none.

    It is from before these images first ran: after a rollback the next one goes further back, not to what was left.

    Args:
        taken: the oldest first.
        images: service → image that runs, or was to.
    """
    first = next((index for index, snapshot in enumerate(taken) if snapshot.has(images)), len(taken))
    return next((snapshot for snapshot in reversed(taken[:first]) if not snapshot.has(images)), None)


def named(taken: Sequence[Snapshot], name: str) -> Snapshot | None:
    """Return the newest snapshot of a name: of a product's release, or a service's as its container carries it."""
    return next((snapshot for snapshot in reversed(taken) if name in _names(snapshot)), None)


def _names(snapshot: Snapshot) -> set[str]:
    own = (record.release for record in snapshot.serving.values() if record.id == snapshot.id)
    return {snapshot.id, *own}
