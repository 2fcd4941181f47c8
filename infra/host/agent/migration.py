"""A migration of a database, run before the new release of a service starts."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

from infra.host.agent import container_log, docker, history, impact, migrations, product_lock
from infra.host.agent.container_state import actual, moment, subject
from infra.host.agent.kind import AgentError, Kind
from infra.host.agent.migration_record import (
    PHASES,
    RUNNING,
    Action,
    Step,
    Verdict,
    judge,
    refusal,
    releases_of,
    steps_of,
)
from infra.host.agent.release_record import FAILED, GOOD, LONGEST_TEXT
from infra.host.agent.released import Released
from infra.host.agent.request import current

_POLL_SECONDS = 0.2
_GRACE_SECONDS = 10
"""How long one that takes too long gets to end by itself."""
_STOPPING_SECONDS = 60
_SERVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*/[A-Za-z0-9][A-Za-z0-9_.-]*")


@dataclass(frozen=True, kw_only=True)
class Migration(Released, Kind):
    """Brings the database of a service to where its image wants it, by a container that is prepared and not started.

    An image migrates once with one command, and never when it is older than one that has migrated since. Where that one
    took away what the older image may need (`phase` contract), the older image is refused. A migration that is still at
    work when its run is gone is waited for by the next run, which takes its result.
    """

    IDENTITY: ClassVar[tuple[str, ...]] = ("service",)
    COMPUTED: ClassVar[tuple[str, ...]] = ("impact", "steps", "released")
    SETTLED: ClassVar[Mapping[str, Any]] = MappingProxyType({"impact": impact.NO_CHANGE})

    container: str
    command: tuple[str, ...]
    phase: str = "expand"
    timeout: float = 300
    release: str = ""

    def read(self) -> dict[str, Any] | None:
        """Return what the server has written down, or nothing while this image has still to migrate."""
        if self._judge().action is Action.MIGRATE:
            return None
        return {
            "steps": [asdict(step) for step in migrations.steps(self.service)],
            "released": [release._asdict() for release in migrations.released(self.service)],
        }

    def apply(self) -> None:
        """Migrate where that is still to be done.

        Raises:
            AgentError: with the last words of the container, when it does not end well within its time; also when the
                image may need what was taken away since.
        """
        with product_lock.migrating(self.service.partition("/")[0], self.timeout):
            self._settle()
            verdict = self._judge()
            self._require_way_back(verdict)
            if verdict.action is Action.MIGRATE:
                self._migrate()

    def remove(self) -> None:
        """Leave the database, and what is written down of it."""

    def compare(self, former: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return that the database will be migrated, as far as the state can tell.

        Raises:
            AgentError: by the state, the image may need what was taken away since.
        """
        known = former or {}
        if (known.get("image"), known.get("command")) == (self.image, list(self.command)):
            return {"impact": impact.NO_CHANGE}
        verdict = judge(self.image, self._command, steps_of(known.get("steps")), releases_of(known.get("released")))
        self._require_way_back(verdict)
        migrates = verdict.action is Action.MIGRATE
        return {"impact": impact.migration(self.phase) if migrates else impact.NO_CHANGE}

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield what cannot be written down or run."""
        if not _SERVICE.fullmatch(self.service):
            yield "service", "must be `<stack>-<product>/<service>`"
        if "@sha256:" not in self.image:
            yield "image", "must name the image by digest, as in `repository@sha256:…`"
        if not self.command:
            yield "command", "must have a word"
        if self.phase not in PHASES:
            yield "phase", f"must be one of {', '.join(PHASES)}"
        if self.timeout <= 0:
            yield "timeout", "must be longer than 0 seconds"

    @property
    def _command(self) -> str:
        return hashlib.sha256(repr(self.command).encode()).hexdigest()[:8]

    def _judge(self) -> Verdict:
        return judge(self.image, self._command, migrations.steps(self.service), migrations.released(self.service))

    def _require_way_back(self, verdict: Verdict) -> None:
        if verdict.obstacle:
            raise AgentError(refusal(self.service, self.image, verdict.obstacle))

    def _settle(self) -> None:
        """Wait for what a former run has left at work, and write down what became of it."""
        for step in migrations.steps(self.service):
            if step.result == RUNNING:
                current().status(f"waiting for the migration of {self.service} that began at {step.start}")
                ending = _ending(step)
                if _has_run(step, ending.container):
                    _close(step, ending.fault)
                else:
                    migrations.forget(step)

    def _migrate(self) -> None:
        container = docker.container(self.container)
        if container is None:
            message = f"{self.service} cannot migrate: there is no container {self.container} on {current().host}"
            raise AgentError(message)
        current().status(f"migrating the database of {self.service} ({self.phase})")
        try:
            with history.phase(self.service, "migrate"):
                self._run(container)
        except AgentError as error:
            self.note_failure(self.release, container, "migrate", error.reason)
            raise

    def _run(self, container: Any) -> None:
        """Run the container to its end; it is written down before it starts, so that nothing that ran is unknown."""
        step = self._begun()
        migrations.note(step)
        try:
            docker.ask("POST", f"/containers/{container['Id']}/start")
        except AgentError:
            migrations.forget(step)
            raise
        ending = _ending(step)
        _close(step, ending.fault)
        if ending.fault:
            ended = ending.container
            said = f". {container_log.said(ended, since=datetime.fromisoformat(step.start))}" if ended else ""
            name = subject(container, self.container)
            message = f"{name} did not migrate its database, and is not released: {ending.fault}{said}"
            raise AgentError(message, ending.fault)

    def _begun(self) -> Step:
        return Step(
            run=current().run.id,
            service=self.service,
            image=self.image,
            tag=self.tag,
            command=self._command,
            phase=self.phase,
            container=self.container,
            timeout=self.timeout,
            actor=current().run.actor[:LONGEST_TEXT],
            start=datetime.now(UTC).isoformat(),
        )


class _Ending(NamedTuple):
    """How a migration ended."""

    container: Any
    """As the engine describes it; nothing when it is gone."""
    fault: str
    """Why it did not end well, or nothing."""


def _ending(step: Step) -> _Ending:
    """Wait for the end of a migration; one that takes too long is stopped."""
    is_late = False
    while (container := docker.container(step.container)) and container["State"]["Running"]:
        age = datetime.now(UTC) - moment(container["State"]["StartedAt"])
        is_late = is_late or age.total_seconds() > step.timeout
        if is_late:
            path = f"/containers/{container['Id']}/stop"
            docker.ask("POST", path, query={"t": str(_GRACE_SECONDS)}, seconds=_STOPPING_SECONDS)
        current().pause(_POLL_SECONDS)
    expected = f"expected the migration to end well within {step.timeout:g} s"
    if container is None:
        return _Ending(None, f"{expected}, its container is gone")
    if is_late:
        return _Ending(container, f"{expected}, it was still at work and was stopped")
    is_good = container["State"]["Status"] == "exited" and container["State"]["ExitCode"] == 0
    return _Ending(container, "" if is_good else f"{expected}, {actual(container)}")


def _has_run(step: Step, container: Any) -> bool:
    """Tell whether a migration did begin: its run may have ended just before."""
    return container is None or moment(container["State"]["StartedAt"]) >= datetime.fromisoformat(step.start)


def _close(step: Step, fault: str) -> None:
    """Write down what became of a migration."""
    end = datetime.now(UTC).isoformat(timespec="seconds")
    migrations.note(replace(step, end=end, result=FAILED if fault else GOOD, reason=fault[:LONGEST_TEXT]))
