"""What is written down of a migration, as a line of JSON, and what the lines of a service mean for an image."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple

from infra.host.agent.release_record import GOOD

RUNNING = "running"
CONTRACT = "contract"
PHASES = ("expand", CONTRACT)
RUNBOOK = "docs/runbooks/back-past-a-contract-migration.md"
_KEPT = 100
_KEPT_CONTRACTS = 20
_SHOWN_DIGEST = 12


@dataclass(frozen=True, kw_only=True)
class Step:
    """A migration that was begun, and what became of it; nothing in it is secret."""

    run: str
    """Run of Pulumi that began it."""
    service: str
    """`<stack>-<product>/<service>`."""
    image: str
    """By digest, `repository@sha256:…`."""
    tag: str
    command: str
    """Changes with the words of the command."""
    phase: str
    """`expand`, or `contract`: what an older image needs may be gone."""
    container: str
    timeout: float
    """Most seconds it may take."""
    actor: str
    start: str
    """When it began: UTC, and as a text in the order of time."""
    end: str = ""
    result: str = RUNNING
    """`running`, `good` or `failed`."""
    reason: str = ""

    @property
    def is_good(self) -> bool:
        """Whether it has ended well."""
        return self.result == GOOD

    def line(self) -> str:
        """Return it as a line of JSON."""
        return json.dumps(asdict(self)) + "\n"


class Release(NamedTuple):
    """An image that was put into service."""

    image: str
    start: str


class Action(Enum):
    """What is done with an image that is about to be released."""

    MIGRATE = "migrate"
    NOTHING = "nothing"
    REFUSE = "refuse"


class Verdict(NamedTuple):
    """What is done, and the migration that stands in the way where it is refused."""

    action: Action
    obstacle: Step | None = None


_NAMES = frozenset(each.name for each in fields(Step))


def known(data: object) -> Step | None:
    """Return the step that a map describes, or nothing when it is none."""
    if not isinstance(data, Mapping):
        return None
    try:
        return Step(**{name: value for name, value in data.items() if name in _NAMES})
    except TypeError:
        return None


def parse(line: str) -> Step | None:
    """Return the step of a line, or nothing when it is none."""
    try:
        data: Any = json.loads(line)
    except ValueError:
        return None
    return known(data)


def bounded(steps: Sequence[Step]) -> list[Step]:
    """Return the steps that are kept: those that forbid an older image outlive the others."""
    contracts = [step for step in steps if step.phase == CONTRACT][-_KEPT_CONTRACTS:]
    newest = steps[-_KEPT:]
    return [step for step in steps if step in contracts or step in newest]


def judge(image: str, command: str, steps: Sequence[Step], released: Sequence[Release]) -> Verdict:
    """Return what is done with an image.

    An image is older when another one was migrated since it was first seen; it never migrates. What serves now is never
    refused: to release it again takes nobody back.

    Args:
        image: by digest.
        command: what stands for the words of its migration.
        steps: the migrations of the service, the oldest first.
        released: what was put into service, the oldest first.
    """
    mine = [step for step in steps if step.image == image]
    releases = [release.start for release in released if release.image == image]
    seen = [*(step.start for step in mine), *releases]
    if not seen:
        return Verdict(Action.MIGRATE)
    fitted = max([*(step.start for step in mine if step.is_good), *releases], default=min(seen))
    others = [step for step in steps if step.image != image]
    # One that failed counts, too: nobody knows how far it got.
    contract = next((step for step in others if step.phase == CONTRACT and step.start > fitted), None)
    serves = bool(released) and released[-1].image == image
    if contract and not serves:
        return Verdict(Action.REFUSE, contract)
    is_older = any(step.is_good and step.start > min(seen) for step in others)
    is_done = any(step.is_good and step.command == command for step in mine)
    return Verdict(Action.NOTHING if is_older or is_done else Action.MIGRATE)


def refusal(service: str, image: str, step: Step) -> str:
    """Return why an image is not released, and the moment to which its database would have to go back."""
    began = datetime.fromisoformat(step.start).strftime("%Y-%m-%d %H:%M:%S UTC")
    ended = "" if step.is_good else ", and did not end well, so that nobody knows how far it got"
    return (
        f"{service} cannot go back to {_shown(image)}: its database is ahead by the contract migration of "
        f"{step.tag or _shown(step.image)}, which began at {began}{ended}. The restore point is just before that: "
        f"see {RUNBOOK}"
    )


def steps_of(data: object) -> list[Step]:
    """Return the steps among what an output holds."""
    return [step for step in map(known, _items(data)) if step]


def releases_of(data: object) -> list[Release]:
    """Return the releases among what an output holds."""
    maps = (item for item in _items(data) if isinstance(item, Mapping))
    return [Release(str(item.get("image")), str(item.get("start"))) for item in maps]


def _items(data: object) -> Iterable[object]:
    return data if isinstance(data, Sequence) and not isinstance(data, str) else ()


def _shown(image: str) -> str:
    return image.partition("@sha256:")[2][:_SHOWN_DIGEST] or image
