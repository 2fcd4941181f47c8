"""Revisions in folders of their own, out of a repository that stays as it is."""

import os
import subprocess
from pathlib import Path

import pytest

from infra.preview.revisions import Repository, RevisionError


def git(folder: Path, *arguments: str) -> str:
    """Run git as somebody."""
    who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b.test", "GIT_COMMITTER_NAME": "a"}
    return subprocess.run(
        ["git", "-c", "commit.gpgsign=false", *arguments],
        cwd=folder,
        env={**os.environ, **who, "GIT_COMMITTER_EMAIL": "a@b.test"},
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project one folder below the top of a repository, on a branch that has left `main`."""
    top = tmp_path / "checkout"
    folder = top / "infra"
    (folder / ".venv").mkdir(parents=True)
    git(top, "init", "-q", "-b", "main")
    (top / ".gitignore").write_text(".venv\n*.key\n", encoding="utf-8")
    (folder / "a.txt").write_text("one", encoding="utf-8")
    git(top, "add", "-A")
    git(top, "commit", "-qm", "one")
    git(top, "checkout", "-qb", "branch")
    (folder / "a.txt").write_text("two", encoding="utf-8")
    git(top, "commit", "-qam", "two")
    git(top, "checkout", "-q", "main")
    (folder / "b.txt").write_text("later", encoding="utf-8")
    git(top, "add", "-A")
    git(top, "commit", "-qm", "later")
    git(top, "checkout", "-q", "branch")
    return folder


def state(project: Path) -> tuple[str, ...]:
    """Return all that a command could have changed of a repository."""
    return (
        git(project, "status", "--porcelain=v2", "--branch"),
        git(project, "worktree", "list"),
        git(project, "stash", "list"),
    )


def test_the_base_is_where_the_branch_left_and_is_written_out_whole(project: Path, tmp_path: Path) -> None:
    before = state(project)
    repository = Repository(project)
    commit = repository.merge_base("main")
    assert commit == git(project, "rev-parse", "main~1")
    made = repository.export(commit, tmp_path / "base")
    assert made == tmp_path / "base" / "infra"
    assert (made / "a.txt").read_text(encoding="utf-8") == "one"
    assert not (made / "b.txt").exists()
    assert (made / ".venv").resolve() == project / ".venv"
    assert state(project) == before


def test_the_head_is_the_checkout_with_work_in_hand_and_without_what_git_ignores(project: Path, tmp_path: Path) -> None:
    (project / "a.txt").write_text("three", encoding="utf-8")
    (project / "new.txt").write_text("new", encoding="utf-8")
    (project / "my.key").write_text("secret", encoding="utf-8")
    (project / "link").symlink_to("/etc/passwd")
    before = state(project)
    made = Repository(project).copy(tmp_path / "head")
    assert (made / "a.txt").read_text(encoding="utf-8") == "three"
    assert (made / "new.txt").exists()
    assert not (made / "my.key").exists()
    assert (made / "link").is_symlink(), "a link is copied as a link"
    assert state(project) == before


def test_a_file_that_is_gone_is_no_part_of_the_head(project: Path, tmp_path: Path) -> None:
    (project / "a.txt").unlink()
    assert not (Repository(project).copy(tmp_path / "head") / "a.txt").exists()


@pytest.mark.parametrize("revision", ["gone", "0" * 40, "--output=x", "main:infra/a.txt", ""])
def test_a_base_that_does_not_exist_is_one_sentence(project: Path, revision: str) -> None:
    with pytest.raises(RevisionError, match=r"base revision"):
        Repository(project).merge_base(revision)


def test_a_base_without_a_commit_in_common_is_told(project: Path) -> None:
    git(project, "checkout", "-q", "--orphan", "other")
    git(project, "commit", "-qm", "other")
    with pytest.raises(RevisionError, match="no commit in common"):
        Repository(project).merge_base("main")


def test_a_shallow_clone_is_told_what_it_lacks(project: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{project.parent}", str(clone))
    with pytest.raises(RevisionError, match="fetch-depth: 0"):
        Repository(clone).merge_base("origin/main")


def test_outside_of_git_there_is_no_head(tmp_path: Path) -> None:
    assert Repository(tmp_path).head() == ""
