"""Previews without state, secret, server or network: the program of two revisions, compared."""

import os
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.cli.events import Event, engine_events
from infra.cli.project import Project
from infra.cli.pulumi import PulumiError, ask
from infra.cli.refusal import RefusalError
from infra.preview.comparison import compare, destructive
from infra.preview.placeholders import redact
from infra.preview.report import LONGEST_FAILURE, Report, StackReport
from infra.preview.revisions import Repository, RevisionError
from infra.preview.run import Run, listen

PACK: Final = "policies/run"
PASSED_ON: Final = ("LANG", "LC_ALL", "TMPDIR", "TZ")
"""All that a program of somebody else's gets of this process's environment, besides where the tools are."""
PULUMI_HOME: Final = "PULUMI_HOME"
NO_WAY_OUT: Final = "#!/bin/sh\necho 'an offline preview signs in nowhere' >&2\nexit 255\n"
"""What is found in the place of ssh, by which host plugin and docker plugin reach servers."""
EXECUTABLE: Final = 0o700
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
        room = _Room(folder)
        say(f"Previewing {', '.join(stacks)} at both revisions")
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            runs = {
                (stack, where): pool.submit(room.run, revision, stack, where)
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


class _Room:
    """Where previews run, each with a state, a passphrase and a home folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._programs = folder / "bin"
        self._programs.mkdir()
        ssh = self._programs / "ssh"
        ssh.write_text(NO_WAY_OUT, encoding="utf-8")
        ssh.chmod(EXECUTABLE)

    def run(self, revision: _Revision, stack: str, name: str) -> Run | None:
        """Return what the preview of a stack came to; nothing where the revision does not have the stack."""
        if revision.project is None:
            return Run(failure=revision.failure)
        path = revision.project / f"Pulumi.{stack}.yaml"
        if not path.is_file():
            return None
        state = self._folder / "state" / f"{name}-{stack}"
        state.mkdir(parents=True)
        environment = self._environment(state)
        try:
            _without_secrets(revision.project, path, stack, environment)
            return listen(_events(revision.project, stack, environment))
        except (RefusalError, PulumiError, ValueError) as error:
            return Run(failure=str(error))

    def _environment(self, state: Path) -> Mapping[str, str]:
        given = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        home = Path(os.environ.get(PULUMI_HOME, "~/.pulumi")).expanduser()
        return {
            **given,
            "HOME": str(state),
            "PATH": f"{self._programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            PULUMI_HOME: str(home),
            "PULUMI_BACKEND_URL": f"file://{state}",
            "PULUMI_CONFIG_PASSPHRASE": secrets.token_hex(),
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }


def _without_secrets(project: Path, path: Path, stack: str, environment: Mapping[str, str]) -> None:
    """Make the stack in its backend, with placeholders for its secrets."""
    text, placeholders = redact(path.read_text(encoding="utf-8"))
    # A link would have the text written to wherever it leads.
    path.unlink()
    path.write_text(text, encoding="utf-8")
    ask(project, "stack", "init", stack, "--no-select", environment=environment, alone=True)
    if placeholders:
        pairs = [word for key, value in placeholders.items() for word in ("--secret", f"{key}={value}")]
        ask(project, "config", "set-all", "--stack", stack, *pairs, environment=environment, alone=True)


def _events(project: Path, stack: str, environment: Mapping[str, str]) -> "Iterator[Event | str | None]":
    """Yield the events, and then the error of a run that failed."""
    command = ["pulumi", "preview", "--json", "--refresh=false", "--stack", stack, "--policy-pack", PACK]
    failure = f"{stack} cannot be previewed"
    yield (yield from engine_events(project, command, failure=failure, environment=environment, alone=True))


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
