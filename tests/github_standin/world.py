"""What the stand-in knows: one repository, who may do what in it, and what has happened."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

ACTIONS = "github-actions[bot]"
"""Who the token of a workflow's run belongs to."""

Thing = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """Who a token belongs to."""

    login: str
    may_write: bool = True
    is_installation: bool = False
    """Whether it may not ask who it is, as the token of a workflow's run."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """A request that came in."""

    method: str
    path: str
    query: dict[str, str]
    content: Any


@dataclass(kw_only=True)
class World:
    """One repository."""

    repository: str = "acme/shop"
    accounts: dict[str, Account] = field(default_factory=dict)
    """Token → who it belongs to."""
    pulls: dict[int, Thing] = field(default_factory=dict)
    comments: dict[int, list[Thing]] = field(default_factory=dict)
    """Number of an issue or pull request → its comments, the oldest first."""
    issues: dict[int, Thing] = field(default_factory=dict)
    labels: dict[int, list[str]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    numbers: "count[int]" = field(default_factory=lambda: count(1000))

    def pull(self, number: int, head: str, *, state: str = "open") -> None:
        """Open a pull request, or move it on."""
        self.pulls[number] = {"number": number, "state": state, "head": {"sha": head}}
        self.comments.setdefault(number, [])
        self.labels.setdefault(number, [])

    def comment(self, number: int, body: str, login: str) -> Thing:
        """Write a comment."""
        made = {"id": next(self.numbers), "body": body, "user": {"login": login}}
        self.comments[number].append(made)
        return made

    def issue(self, body: str, login: str, *, title: str = "An issue", labels: Sequence[str] = ()) -> Thing:
        """Open an issue."""
        number = next(self.numbers)
        made = {"number": number, "state": "open", "title": title, "body": body, "user": {"login": login}}
        self.issues[number] = {**made, "labels": [{"name": name} for name in labels]}
        return self.issues[number]

    def made(self, *methods: str) -> list[Call]:
        """Return the requests of some methods."""
        return [call for call in self.calls if call.method in methods]
