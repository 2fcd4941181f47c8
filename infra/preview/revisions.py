"""Revisions of the project in folders of their own; the checkout and its index stay as they are."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

TOOLS: Final = ".venv"
"""What a revision does not bring along: Python and its packages, as they are installed here."""


class RevisionError(Exception):
    """There is no such revision here; the text is one sentence for people."""


class Repository:
    """The git repository around a project.

    Args:
        root: folder of the project.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def head(self) -> str:
        """Return the commit that is checked out; empty where there is none."""
        try:
            return self._git("rev-parse", "--verify", "HEAD^{commit}")
        except RevisionError:
            return ""

    def merge_base(self, revision: str) -> str:
        """Return the commit at which this branch and a revision part.

        Raises:
            RevisionError: there is none, or git does not have it.
        """
        if revision.startswith("-"):
            text = "a base revision does not begin with a dash"
            raise RevisionError(text)
        shallow = "; fetch the whole history (`fetch-depth: 0`)" if self._is_shallow() else ""
        try:
            commit = self._git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        except RevisionError:
            text = f"the base revision {revision} does not exist here{shallow}"
            raise RevisionError(text) from None
        try:
            return self._git("merge-base", "HEAD", commit)
        except RevisionError:
            text = f"the base revision {revision} and this branch have no commit in common{shallow}"
            raise RevisionError(text) from None

    def export(self, commit: str, folder: Path) -> Path:
        """Write what a commit holds into a folder, and return where the project is in it.

        Raises:
            RevisionError: git could not.
        """
        index = {"GIT_INDEX_FILE": str(folder.with_name(f"{folder.name}.index"))}
        folder.mkdir(parents=True)
        self._git("read-tree", commit, variables=index)
        self._git("checkout-index", "--all", f"--prefix={folder}/", variables=index, at=self._top())
        return self._with_tools(folder / self._prefix())

    def copy(self, folder: Path) -> Path:
        """Write what git would commit of the checkout into a folder, and return where the project is in it.

        Without what git ignores: keys of this machine are no part of a revision.
        """
        top = self._top()
        listed = self._git("ls-files", "--cached", "--others", "--exclude-standard", "-z", at=top)
        for name in dict.fromkeys(filter(None, listed.split("\0"))):
            source = top / name
            if source.is_symlink() or source.is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, folder / name, follow_symlinks=False)
        return self._with_tools(folder / self._prefix())

    def _with_tools(self, project: Path) -> Path:
        project.mkdir(parents=True, exist_ok=True)
        if (self._root / TOOLS).exists() and not (project / TOOLS).exists():
            (project / TOOLS).symlink_to(self._root / TOOLS)
        return project

    def _is_shallow(self) -> bool:
        return self._git("rev-parse", "--is-shallow-repository") == "true"

    def _top(self) -> Path:
        return Path(self._git("rev-parse", "--show-toplevel"))

    def _prefix(self) -> str:
        return self._git("rev-parse", "--show-prefix")

    def _git(self, *arguments: str, variables: Mapping[str, str] | None = None, at: Path | None = None) -> str:
        try:
            run = subprocess.run(
                ["git", *arguments],
                cwd=at or self._root,
                env={**os.environ, "LC_ALL": "C", **(variables or {})},
                capture_output=True,
                encoding="utf-8",
                check=False,
            )
        except FileNotFoundError:
            text = "git is not on PATH"
            raise RevisionError(text) from None
        if run.returncode:
            said = run.stderr.strip().splitlines()
            raise RevisionError((said or ["git gave no reason"])[-1].removeprefix("fatal: "))
        return run.stdout.strip()
