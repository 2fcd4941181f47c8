"""The floor that no audit may fall below: a file that is committed, and raised by hand."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import Field, RootModel, ValidationError

from infra.audit.report import Finding, Kind, ServerReport
from infra.config.section import Section


class FloorError(Exception):
    """The file cannot be used; the text is one sentence without its full stop."""


class ServerFloor(Section):
    """What one server must reach."""

    lynis_index: int | None = Field(default=None, ge=0, le=100)
    """Least hardening index."""
    lynis_warnings: int | None = Field(default=None, ge=0)
    """Most warnings."""
    ssh_policy: Literal["passed"] | None = None
    """That the policy of ssh-audit is kept."""


class Floor(RootModel[dict[str, dict[str, ServerFloor]]]):
    """Stack → server → what it must reach."""


def read_floor(path: Path, stack: str) -> dict[str, ServerFloor]:
    """Return what the servers of a stack must reach.

    Raises:
        FloorError: it cannot be read, is in another form, or says nothing of the stack.
    """
    try:
        floor = Floor.model_validate_json(path.read_bytes())
    except OSError as error:
        text = f"{path} cannot be read: {error.strerror}"
        raise FloorError(text) from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        at = ".".join(map(str, first["loc"]))
        text = f"{path}: {at + ': ' if at else ''}{first['msg']}"
        raise FloorError(text) from None
    if stack not in floor.root:
        text = f"{path} says nothing of the stack {stack}"
        raise FloorError(text)
    return floor.root[stack]


def below(name: str, server: ServerReport, floor: ServerFloor) -> Iterator[Finding]:
    """Yield what of a server is below its floor; a measure that is missing is never above it."""

    def finding(kind: Kind, text: str) -> Finding:
        return Finding(server=name, kind=kind, text=text)

    if floor.lynis_index is not None or floor.lynis_warnings is not None:
        if server.lynis is None:
            yield finding("unknown", "the floor is about Lynis, which was not run")
        else:
            if server.lynis.index < (floor.lynis_index or 0):
                text = f"the hardening index of Lynis is {server.lynis.index}, below the floor of {floor.lynis_index}"
                yield finding("worse", text)
            count = len(server.lynis.warnings)
            if floor.lynis_warnings is not None and count > floor.lynis_warnings:
                text = (
                    f"Lynis has {count} warnings, above the floor of {floor.lynis_warnings}: {server.lynis.warnings[0]}"
                )
                yield finding("worse", text)
    if floor.ssh_policy is not None:
        if server.ssh is None:
            yield finding("unknown", "the floor is about ssh-audit, which was not run")
        elif not server.ssh.passed:
            yield finding("worse", f"ssh-audit: {server.ssh.policy} is broken: {', '.join(server.ssh.errors)}")
