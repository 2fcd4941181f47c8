"""One comment on a pull request, and its labels: found again, updated in place, and never anybody else's."""

from collections.abc import Mapping
from typing import Any, Final

from infra.preview.github import GitHub, GitHubError
from infra.preview.markdown import comment, is_about, is_against_state, labels, stale, unusable
from infra.preview.report import Report, Source

ABOUT_STALE: Final = "> **Stale**"
_LATER: Final = "left alone: the comment is about a later commit"
_CLOSER: Final = "left alone: the comment shows this commit against the state"


class MovedOnError(GitHubError):
    """No open pull request is at a commit."""


class PullRequest:
    """A pull request whose comment is ours to write.

    Args:
        github: the repository.
        number: of the pull request.
    """

    def __init__(self, github: GitHub, number: int) -> None:
        self._github = github
        self._number = number
        self.head = str(github.get(f"/pulls/{number}")["head"]["sha"])

    def tell(self, report: Report, url: str) -> str:
        """Write the report into the comment and set the labels; return what was done.

        A run that ends late does not write over the report of a later commit, nor one that has compared programs over
        the report of one that has seen the state.
        """
        moved = self.head if report.head != self.head else ""
        known = self._comments()
        if better := self._better(known, report.head, report.source):
            return better
        done = self._write(known, comment(report, url=url, branch_is_at=moved))
        if not moved:
            self._label(labels(report))
        return done

    def tell_failure(self, reason: str, head: str, source: Source, url: str) -> str:
        """Write that there is no report into the comment; labels stay as they are."""
        known = self._comments()
        if better := self._better(known, head, source):
            return better
        return self._write(known, unusable(reason, head=head, source=source, url=url))

    def mark_stale(self) -> str:
        """Say at the head of the comment that the branch has moved on, if it has."""
        known = self._comments()
        about = is_about(known[0]["body"]) if known else None
        if about is None or about == self.head:
            return "nothing to mark: the comment is about the head, or there is none"
        first, _, rest = str(known[0]["body"]).partition("\n")
        if rest.startswith(ABOUT_STALE):
            rest = rest.partition("\n")[2].lstrip("\n")
        return self._write(known, f"{first}\n{stale(about, self.head)}\n\n{rest}")

    def _better(self, known: list[Mapping[str, Any]], head: str, source: Source) -> str:
        """Return why what the comment says already is better than anything about a commit from a kind of preview."""
        body = str(known[0]["body"]) if known else ""
        about = is_about(body)
        if head != self.head and about == self.head:
            return _LATER
        return _CLOSER if source == "offline" and about == head and is_against_state(body) else ""

    def _comments(self) -> list[Mapping[str, Any]]:
        """Return our comments, the oldest first: anybody can write our marker, so the author counts, too."""
        author = self._github.who()
        return [
            each
            for each in self._github.list(f"/issues/{self._number}/comments")
            if (each.get("user") or {}).get("login") == author and is_about(str(each.get("body") or "")) is not None
        ]

    def _write(self, known: list[Mapping[str, Any]], body: str) -> str:
        """Put a text into the oldest of our comments; what two runs at once have made besides goes."""
        if not known:
            self._github.post(f"/issues/{self._number}/comments", {"body": body})
            return "commented"
        for other in known[1:]:
            self._github.delete(f"/issues/comments/{other['id']}")
        if known[0]["body"] == body:
            return "the comment says so already"
        self._github.patch(f"/issues/comments/{known[0]['id']}", {"body": body})
        return "updated the comment"

    def _label(self, wanted: Mapping[str, bool]) -> None:
        path = f"/issues/{self._number}/labels"
        there = {str(label["name"]) for label in self._github.list(path)}
        if missing := [name for name, is_wanted in wanted.items() if is_wanted and name not in there]:
            self._github.post(path, {"labels": missing})
        for name, is_wanted in wanted.items():
            if not is_wanted and name in there:
                self._github.delete(f"{path}/{name.replace('/', '%2F')}")


def pull_request_at(github: GitHub, head: str) -> int:
    """Return the number of the open pull request whose branch is at a commit.

    Not taken from the report: who writes one could name any pull request.

    Raises:
        MovedOnError: there is none.
    """
    for pull in github.list("/pulls", state="open"):
        if pull["head"]["sha"] == head:
            return int(pull["number"])
    text = f"no open pull request is at {head}: its branch has moved on, or it is closed"
    raise MovedOnError(text)
