"""Previews without state, secret, server or network: the program of two revisions, compared."""

import os
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.cli.project import Project
from infra.cli.pulumi import PulumiError
from infra.cli.refusal import RefusalError
from infra.preview.comparison import compare, destructive
from infra.preview.report import LONGEST_FAILURE, Report, StackReport
from infra.preview.revisions import Repository, RevisionError
from infra.preview.room import Room
from infra.preview.run import Run, listen

HEAD: Final = "head"
BASE: Final = "base"
Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Revision:
    """A revision in a folder of its own, or why there is none."""

    project: Path | None = None
    failure: str = ""


def preview_offline(project: Project, stacks: Sequence[str], base: str, run: str, say: Say) -> Report:
    """Compare what the checkout's program wants with what that of the merge base with a revision does.

    Uncommitted work counts as part of the head; what git ignores does not.

    Args:
        project: the checkout.
        stacks: names of the stacks.
        base: revision to compare with.
        run: number of the workflow's run, empty elsewhere.
        say: shows what is being waited for.

    Raises:
        RefusalError: there is no git, or no Pulumi.
    """
    repository = Repository(project.root)
    with tempfile.TemporaryDirectory(prefix="slipway-preview-") as name:
        folder = Path(name)
        say("Taking a copy of both revisions")
        head, commit = _head(repository, folder / HEAD), ""
        try:
            commit = repository.merge_base(base)
            former = _Revision(project=repository.export(commit, folder / BASE))
        except RevisionError as error:
            former = _Revision(failure=f"{error}.")
        room = Room(folder)
        say(f"Previewing {', '.join(stacks)} at both revisions")
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            runs = {
                (stack, where): pool.submit(_run, room, revision, stack, where)
                for stack in stacks
                for where, revision in ((HEAD, head), (BASE, former))
            }
        reports = [_stack(stack, runs[stack, HEAD].result(), runs[stack, BASE].result()) for stack in stacks]
    return Report(source="offline", head=repository.head(), base=commit, run=run, stacks=tuple(reports))


def _head(repository: Repository, folder: Path) -> _Revision:
    try:
        return _Revision(project=repository.copy(folder))
    except RevisionError as error:
        text = f"an offline preview compares revisions: {error}."
        raise RefusalError(text) from None


def _run(room: Room, revision: _Revision, stack: str, name: str) -> Run | None:
    """Return what the preview of a stack came to; nothing where the revision does not have the stack."""
    if revision.project is None:
        return Run(failure=revision.failure)
    if not (revision.project / f"Pulumi.{stack}.yaml").is_file():
        return None
    try:
        return listen(room.events(revision.project, stack, name))
    except (RefusalError, PulumiError, ValueError) as error:
        return Run(failure=str(error))


def _stack(name: str, head: Run | None, base: Run | None) -> StackReport:
    """Return the report of one stack; one that a revision does not have wants nothing there."""
    wanted, former = head or Run(), base or Run()
    if wanted.failure or former.failure:
        return StackReport(
            name=name,
            findings=tuple(wanted.findings),
            failure=wanted.failure[:LONGEST_FAILURE],
            base_failure=former.failure[:LONGEST_FAILURE],
        )
    compared = compare(former.resources, wanted.resources)
    return StackReport(
        name=name,
        operations=tuple(compared.operations),
        destructive=tuple(destructive(compared.operations)),
        unchanged=compared.unchanged,
        impacts=tuple(compared.impacts),
        findings=tuple(wanted.findings),
    )
