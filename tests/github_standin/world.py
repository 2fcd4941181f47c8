"""What the stand-in knows: repositories, who may do what in them, and what has happened."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from tests.github_standin.repository import Repository

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
    scopes: frozenset[str] | None = None
    """What a classic token may do; GitHub says nothing of that for the other kinds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """A request that came in."""

    method: str
    path: str
    query: dict[str, str]
    content: Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a request was answered with."""

    call: Call
    status: int
    body: Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Owner:
    """An organisation or user that has repositories."""

    number: int
    plan: str = "team"
    is_organisation: bool = True
    members: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()


def _early() -> datetime:
    return datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)


@dataclass(kw_only=True)
class World:
    """Owners with their repositories; one of these has pull requests and issues."""

    repository: str = "acme/shop"
    owners: dict[str, Owner] = field(default_factory=dict)
    """Login to who it is."""
    users: dict[str, int] = field(default_factory=dict)
    """Login of a person to the id."""
    repositories: dict[str, Repository] = field(default_factory=dict)
    """`owner/name` in small letters to the repository."""
    started: datetime = field(default_factory=_early)
    ticks: "count[int]" = field(default_factory=count)
    accounts: dict[str, Account] = field(default_factory=dict)
    """Token → who it belongs to."""
    pulls: dict[int, Thing] = field(default_factory=dict)
    comments: dict[int, list[Thing]] = field(default_factory=dict)
    """Number of an issue or pull request → its comments, the oldest first."""
    issues: dict[int, Thing] = field(default_factory=dict)
    labels: dict[int, list[str]] = field(default_factory=dict)
    remembers: bool = True
    """Whether it keeps what it is asked, and what it answers."""
    calls: list[Call] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    numbers: "count[int]" = field(default_factory=lambda: count(1000))

    def now(self) -> str:
        """Return a time that is later than every one before."""
        return (self.started + timedelta(seconds=next(self.ticks))).strftime("%Y-%m-%dT%H:%M:%SZ")

    def number(self) -> int:
        """Return a number that nothing has yet."""
        return next(self.numbers)

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

    def note_call(self, call: Call) -> None:
        """Keep a request."""
        if self.remembers:
            self.calls.append(call)

    def note_answer(self, call: Call, status: int, body: Any) -> None:
        """Keep what a request was answered with, as it is now."""
        if self.remembers:
            self.answers.append(Answer(call=call, status=status, body=copy.deepcopy(body)))

    def made(self, *methods: str) -> list[Call]:
        """Return the requests of some methods."""
        return [call for call in self.calls if call.method in methods]
