"""What the kinds have in common that decide a release: they write down what became of it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from infra.host.agent import history
from infra.host.agent.release_record import FAILED, GOOD, LONGEST_TEXT, Record
from infra.host.agent.request import current

_SHOWN_ID = 12


@dataclass(frozen=True, kw_only=True)
class Released:
    """What is known of a release before it happens.

    `service` is `<stack>-<product>/<service>`; without it nothing is written down. `config` changes with everything the
    container is made of besides its image.
    """

    service: str = ""
    image: str = ""
    tag: str = ""
    revision: str = ""
    config: str = ""
    strategy: str = ""

    def note_success(self, release: str, container: Any, *, down: float | None = None) -> None:
        """Write down that the release serves, unless it is the one that served before."""
        self._note(release, container, result=GOOD, down=down)

    def note_failure(self, release: str, container: Any, gate: str, reason: str) -> None:
        """Write down where and why the release failed; the reason must not quote what a container said."""
        self._note(release, container, result=FAILED, gate=gate, reason=reason[:LONGEST_TEXT])

    def _note(self, release: str, container: Any, **outcome: Any) -> None:
        if not self.service:
            return
        run, going_on = current().run, history.progress(self.service)
        record = Record(
            id=run.id,
            service=self.service,
            release=release,
            image=self.image,
            tag=self.tag,
            revision=self.revision,
            config=self.config,
            strategy=self.strategy,
            container=_short(container),
            actor=run.actor[:LONGEST_TEXT],
            start=going_on.start.isoformat(timespec="seconds"),
            end=datetime.now(UTC).isoformat(timespec="seconds"),
            phases=dict(going_on.phases),
            **outcome,
        )
        try:
            if not (record.is_good and _serves_already(record)):
                history.add(record)
        except OSError as error:
            # What serves is not worse for it.
            current().warn(f"the release of {self.service} could not be written down: {error.strerror}")


def _serves_already(record: Record) -> bool:
    """Tell whether the last release put this very container into service."""
    last = history.records(record.service)[-1:]
    return bool(record.container) and any(each.is_good and each.container == record.container for each in last)


def _short(container: Any) -> str:
    return str(container["Id"])[:_SHOWN_ID] if container else ""
