"""One issue of a repository: opened when something is not as declared, updated, closed when everything is."""

from collections.abc import Mapping
from typing import Any, Final

from infra.preview.github import GitHub
from infra.watch.night import Night
from infra.watch.page import is_ours, page

TITLE: Final = "What runs is not what is declared"
LABEL: Final = "infra/drift"
PULL: Final = "pull_request"
"""GitHub lists pull requests among the issues, told by this key."""


class Issue:
    """The issue that is ours to write.

    Args:
        github: the repository.
    """

    def __init__(self, github: GitHub) -> None:
        self._github = github

    def tell(self, night: Night, url: str) -> str:
        """Open, update or close the issue; return what was done.

        Args:
            night: what was found.
            url: address of the run that looked, where there is one.
        """
        known = self._open()
        body = page(night, url=url)
        if night.is_calm:
            for one in known:
                self._close(one, body)
            return f"closed {_named(known)}" if known else "everything is as declared, and no issue is open"
        if not known:
            made = self._github.post("/issues", {"title": TITLE, "body": body, "labels": [LABEL]})
            return f"opened #{made['number']}"
        # Two runs at once may each have opened one.
        for other in known[1:]:
            self._close(other, body)
        self._github.patch(f"/issues/{known[0]['number']}", {"body": body})
        return f"updated {_named(known[:1])}"

    def _open(self) -> list[Mapping[str, Any]]:
        """Return our open issues, the oldest first: anybody can write our marker, so the author counts, too."""
        author = self._github.who()
        found = [
            each
            for each in self._github.list("/issues", state="open")
            if PULL not in each
            and (each.get("user") or {}).get("login") == author
            and is_ours(str(each.get("body") or ""))
        ]
        return sorted(found, key=lambda one: int(one["number"]))

    def _close(self, issue: Mapping[str, Any], body: str) -> None:
        content = {"body": body, "state": "closed", "state_reason": "completed"}
        self._github.patch(f"/issues/{issue['number']}", content)


def _named(issues: list[Mapping[str, Any]]) -> str:
    return ", ".join(f"#{one['number']}" for one in issues)
