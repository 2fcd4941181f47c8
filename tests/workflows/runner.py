"""Runs jobs of the workflows as events of GitHub set them off."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.preview.revisions import Repository
from tests.lab.stack import ROOT, Outcome
from tests.unit.preview.test_revisions import git
from tools.paths import BIN, SHARED

WORKFLOWS = Path(".github") / "workflows"
STAND_INS = Path(__file__).parent / "actions"
REPOSITORY = "acme/shop"
PATIENCE = 1200
"""Seconds after which a run counts as hung."""
USED = re.compile(r"^\s*uses: (?P<action>[\w./-]+)@(?P<commit>[0-9a-f]{40})\b", re.MULTILINE)
KEPT = ("HOME", "LANG", "TMPDIR")
"""All that a runner has of this process's environment, besides PATH."""


def make_repository(folder: Path) -> Path:
    """Make a repository on its default branch, with what git would commit of this checkout."""
    project = Repository(ROOT).copy(folder)
    (project / ".venv").unlink()
    git(project, "init", "-q", "-b", "main")
    # As GitHub's: any commit can be fetched by its name.
    git(project, "config", "uploadpack.allowAnySHA1InWant", "true")
    git(project, "remote", "add", "origin", f"https://github.com/{REPOSITORY}.git")
    git(project, "add", "-A")
    git(project, "commit", "-qm", "base")
    return project


@dataclass(kw_only=True)
class Runner:
    """A machine that runs jobs of a repository's workflows."""

    repository: Path
    folder: Path
    """Where it works, and keeps artifacts."""
    variables: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    """Variables of the machine itself."""

    def run(self, workflow: str, event: str, payload: Mapping[str, Any], *, job: str = "", number: int = 1) -> Outcome:
        """Run a workflow, or one job of it with those it needs.

        Args:
            workflow: name of its file.
            event: that sets it off.
            payload: what GitHub tells of the event.
            job: name of the job; all when empty.
            number: of the run.
        """
        self._artifacts().mkdir(parents=True, exist_ok=True)
        self._lay_out_cache()
        told, kept = self.folder / "event.json", self.folder / "secrets.yaml"
        told.write_text(json.dumps(payload), encoding="utf-8")
        # In act's own environment they would be in that of every job. JSON is YAML, which act takes by this ending.
        kept.write_text(json.dumps(self.secrets), encoding="utf-8")
        options = {
            "--directory": self.repository,
            "--workflows": WORKFLOWS / workflow,
            "--eventpath": told,
            "--secret-file": kept,
            "--action-cache-path": self.folder / "work",
            "--container-daemon-socket": "-",
            **({"--job": job} if job else {}),
        }
        pairs = [
            *(("--platform", f"{label}=-self-hosted") for label in ("ubuntu-24.04", "self-hosted")),
            *(("--local-repository", each) for each in self._stand_ins()),
            *(("--env", f"{name}={value}") for name, value in self._environment(number).items()),
            *(("--var", f"{name}={value}") for name, value in self.variables.items()),
            *((name, str(value)) for name, value in options.items()),
        ]
        command = [str(BIN / "act"), event, "--no-cache-server", "--no-skip-checkout"]
        done = subprocess.run(
            ["nice", "-n", "10", *command, *(word for pair in pairs for word in pair)],
            env=self._own(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return Outcome(done.returncode, done.stdout)

    def artifact(self, number: int, name: str) -> Path:
        """Return the folder of an artifact."""
        return self._artifacts() / str(number) / name

    def _artifacts(self) -> Path:
        return self.folder / "artifacts"

    def _environment(self, number: int) -> Mapping[str, str]:
        """Return what jobs have in their environment besides what act gives them."""
        return {
            "GITHUB_RUN_ID": str(number),
            "RUNNER_ARTIFACTS": str(self._artifacts()),
            "RUNNER_ORIGIN": str(self.repository),
            "RUNNER_PROJECT": str(ROOT),
            "RUNNER_PYTHON": sys.executable,
            # act gives jobs a terminal, GitHub does not.
            "TERM": "dumb",
            # What the tools were made with: another Python would make them anew.
            "PYTHON": str(Path(sys.base_prefix) / "bin" / "python3"),
            **self.environment,
        }

    def _own(self) -> Mapping[str, str]:
        """Return act's environment: the machine's programs, but for those of this checkout."""
        machines = [folder for folder in os.environ["PATH"].split(os.pathsep) if folder != str(BIN)]
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        return {**kept, "PATH": os.pathsep.join(machines), "XDG_CACHE_HOME": str(self._cache)}

    @property
    def _cache(self) -> Path:
        return self.folder / "cache"

    def _lay_out_cache(self) -> None:
        """Give the runner a cache of its own, in which only what took long to build is this machine's."""
        self._cache.mkdir(exist_ok=True)
        if not (self._cache / SHARED.name).exists():
            SHARED.mkdir(parents=True, exist_ok=True)
            (self._cache / SHARED.name).symlink_to(SHARED)

    def _stand_ins(self) -> list[str]:
        """Return what stands in for each action, in the version that the workflows name."""
        texts = [path.read_text(encoding="utf-8") for path in (self.repository / WORKFLOWS).iterdir()]
        used = {(found["action"], found["commit"]) for text in texts for found in USED.finditer(text)}
        return [f"{name}@{commit}={STAND_INS / Path(name).name}" for name, commit in sorted(used)]
