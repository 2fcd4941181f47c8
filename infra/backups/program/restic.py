"""A repository of restic's at a target, and the snapshots in it."""

import json
import os
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from infra.backups.program import places, processes
from infra.backups.program.plan import OPENER, Plan, Target
from infra.backups.program.trouble import AwayError, TroubleError

PAUSES_SECONDS = (10, 30, 60)
"""Between the attempts to reach a target."""
_PATIENCE_SECONDS = 60
_PRUNE_SECONDS = 24 * 3600
_MISSING = re.compile(r"no such file|does not exist|not found|NoSuchKey", re.IGNORECASE)
_NO_BUCKET = re.compile(r"bucket[^:]* (does not exist|not found)|NoSuchBucket", re.IGNORECASE)
_DENIED = re.compile(r"access ?denied|access ?key|signature|forbidden|permission denied|AuthFailure", re.IGNORECASE)
_NO_KEY = re.compile(r"wrong password|no key found")
GONE = "the repository is gone: somebody has removed it, and with it all former backups"
COMPLETE = "manifest"
"""Tag of the manifest of a run in which nothing failed."""
PARTIAL = "partial"
"""Tag of the manifest of any other run."""
_INCOMPLETE = 3
"""Exit code of a backup that could not read every file."""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """Something that is kept."""

    id: str
    time: datetime
    tags: tuple[str, ...]

    def tag(self, name: str) -> str:
        """Return the value of a tag such as `run=…`; empty when there is none."""
        return next((tag.removeprefix(f"{name}=") for tag in self.tags if tag.startswith(f"{name}=")), "")


@dataclass(frozen=True, kw_only=True)
class Stored:
    """What came of a backup."""

    snapshot: str
    size: int
    """Bytes read."""
    added: int
    """Bytes that the repository has grown by, before compression."""


class Repository:
    """Runs restic; neither passphrase nor credentials are on a command line."""

    def __init__(self, plan: Plan, target: Target, folder: Path | None = None) -> None:
        self.target = target
        self._plan = plan
        self._folder = folder or plan.folder
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": "/root",
            **target.environment,
            **_credentials(self._folder / f"{target.name}.json"),
        }

    def make_ready(self) -> None:
        """Reach the repository, and make it when it is new.

        Raises:
            AwayError: the target does not answer, after several attempts.
            TroubleError: it does, and something is wrong with it.
        """
        if not self.is_there():
            if self.was_there():
                self._fail(GONE)
            self._must("init")
        elif not _known(self._plan, self.target).exists() and self.snapshots(COMPLETE):
            # What an empty server holds would from now on be the newest backup.
            self._fail("there are backups of a former server: restore them first (runbook lost-server)")
        acknowledge(self._plan, self.target)

    def was_there(self) -> bool:
        """Tell whether this server has made the repository, or taken it over."""
        try:
            return _known(self._plan, self.target).read_text(encoding="utf-8").strip() == self.target.repository
        except FileNotFoundError:
            return False

    def is_there(self) -> bool:
        """Tell whether there is a repository that the passphrase opens, with several attempts to reach it."""
        for pause in (*PAUSES_SECONDS, None):
            try:
                return self._answers()
            except AwayError:
                if pause is None:
                    raise
                time.sleep(pause)
        return False

    def _answers(self) -> bool:
        try:
            result = processes.run(
                self._words("cat", "config"), environment=self._environment, patience=_PATIENCE_SECONDS
            )
        except TroubleError as error:
            raise AwayError(self._message(str(error))) from None
        said = result.complaints
        if result.code == 0:
            return True
        if _NO_KEY.search(said):
            self._fail("the passphrase does not open the repository")
        if _NO_BUCKET.search(said):
            self._fail("there is no such bucket")
        if _DENIED.search(said):
            self._fail(f"the credentials are refused: {_reason(said)}")
        if _MISSING.search(said):
            return False
        raise AwayError(self._message(f"does not answer: {_reason(said)}"))

    def snapshots(self, *tags: str) -> list[Snapshot]:
        """Return what is kept of the product, the oldest first; with all of the tags."""
        words = ("snapshots", "--json", "--no-lock", "--host", self._plan.product)
        chosen = ("--tag", ",".join(tags)) if tags else ()
        found = json.loads(self._must(*words, *chosen) or "null") or []
        listed = (
            Snapshot(id=each["id"], time=_moment(each["time"]), tags=tuple(each.get("tags") or ())) for each in found
        )
        return sorted(listed, key=lambda snapshot: snapshot.time)

    def store_output(self, command: Sequence[str], name: str, tags: Sequence[str]) -> Stored:
        """Keep what a command prints, if it ends well."""
        words = self._words(*_backup(self._plan.product, tags), "--stdin", "--stdin-filename", name)
        return self._stored(processes.pour(command, words, self._environment))

    def store_text(self, text: str, name: str, tags: Sequence[str]) -> Stored:
        """Keep a text."""
        words = self._words(*_backup(self._plan.product, tags), "--stdin", "--stdin-filename", name)
        return self._stored(processes.run(words, text=text, environment=self._environment))

    def store_files(self, paths: Sequence[str], excluded: Sequence[str], tags: Sequence[str]) -> Stored:
        """Keep files and folders."""
        left_out = [f"--exclude={path}" for path in excluded]
        words = self._words(*_backup(self._plan.product, tags), *left_out, "--", *paths)
        return self._stored(processes.run(words, environment=self._environment))

    def text(self, snapshot: str, name: str) -> str:
        """Return a text that was kept."""
        return self._must("dump", "--no-lock", snapshot, name)

    def send(self, snapshot: str, name: str, command: Sequence[str]) -> None:
        """Give what was kept to a command."""
        words = self._words("dump", "--no-lock", snapshot, name)
        processes.drain(words, command, self._environment)

    def restore(self, snapshot: str, folder: Path) -> None:
        """Write kept files below a folder, read them again and compare."""
        self._must("restore", "--no-lock", "--verify", "--target", str(folder), snapshot)

    def keep(self, retention: Mapping[str, int]) -> None:
        """Forget runs that the retention does not ask for, and incomplete ones once a complete one has come after."""
        counts = (f"--keep-{name}={count}" for name, count in retention.items())
        only = ("--host", self._plan.product, "--tag", COMPLETE, "--group-by", "host")
        groups = json.loads(self._must("forget", "--dry-run", "--json", *only, *counts) or "null") or []
        kept = {tag for group in groups for snapshot in group["keep"] or () for tag in snapshot["tags"]}
        there = self.snapshots()
        newest = max(snapshot.time for snapshot in there if COMPLETE in snapshot.tags)
        superseded = (snapshot for snapshot in there if snapshot.time < newest)
        gone = [snapshot.id for snapshot in superseded if f"run={snapshot.tag('run')}" not in kept]
        if gone:
            self._must("forget", *gone)
        self._prune()

    def _prune(self) -> None:
        """Give back, once a day, the room of what was forgotten."""
        stamp = places.KNOWN / self._plan.product / f"{self.target.name}.pruned"
        if stamp.exists() and stamp.stat().st_mtime > time.time() - _PRUNE_SECONDS:
            return
        self._must("prune")
        stamp.touch()

    def check(self, part: str) -> None:
        """Read a part of all packs, as `2/7`, and compare with their sums."""
        self._must("check", f"--read-data-subset={part}")

    def unlock(self) -> None:
        """Remove the locks of runs that are over."""
        self._must("unlock")

    def size(self) -> int:
        """Return how many bytes the repository takes."""
        return int(json.loads(self._must("stats", "--json", "--no-lock", "--mode", "raw-data"))["total_size"])

    def _stored(self, result: processes.Result) -> Stored:
        summary = next((line for line in _json_lines(result.output) if line.get("message_type") == "summary"), None)
        tolerable = result.code == _INCOMPLETE and _only_vanished(result.complaints)
        if summary is None or (result.code and not tolerable):
            self._fail(_reason(result.complaints) or result.last_words)
        return Stored(
            snapshot=summary["snapshot_id"], size=summary["total_bytes_processed"], added=summary["data_added"]
        )

    def _must(self, *words: str) -> str:
        result = processes.run(self._words(*words), environment=self._environment)
        if result.code:
            self._fail(f"`restic {words[0]}` failed: {_reason(result.complaints) or result.last_words}")
        return result.output

    def _words(self, *words: str) -> list[str]:
        opener = str(self._folder / OPENER)
        common = ("--repo", self.target.repository, "--password-file", opener, "--cache-dir", str(places.CACHE))
        return ["restic", *common, *self.target.options, *words]

    def _fail(self, text: str) -> NoReturn:
        raise TroubleError(self._message(text))

    def _message(self, text: str) -> str:
        return f"target {self.target.name}: {text}"


def acknowledge(plan: Plan, target: Target) -> None:
    """Take note that this server is the one whose backups a target has."""
    known = _known(plan, target)
    known.parent.mkdir(parents=True, exist_ok=True)
    known.write_text(f"{target.repository}\n", encoding="utf-8")


def _known(plan: Plan, target: Target) -> Path:
    return places.KNOWN / plan.product / target.name


def _backup(product: str, tags: Sequence[str]) -> tuple[str, ...]:
    return ("backup", "--json", "--host", product, "--tag", ",".join(tags))


def _credentials(path: Path) -> Mapping[str, str]:
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def _json_lines(text: str) -> Iterable[Mapping[str, Any]]:
    for line in text.splitlines():
        if line.startswith("{"):
            yield json.loads(line)


def _only_vanished(complaints: str) -> bool:
    """Tell whether all files that could not be read have been deleted meanwhile: what is in use does that."""
    failed = [line for line in _json_lines(complaints) if line.get("message_type") == "error"]
    return bool(failed) and not any(os.path.lexists(line.get("item", "/")) for line in failed)


def _reason(complaints: str) -> str:
    """Return the line that says why: advice comes after it."""
    lines = [line.strip() for line in complaints.splitlines() if line.strip()]
    return next((line for line in lines if line.startswith("Fatal:")), lines[-1] if lines else "")


def _moment(text: str) -> datetime:
    # Nanoseconds, of which Python reads six digits.
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text)).astimezone(UTC)
