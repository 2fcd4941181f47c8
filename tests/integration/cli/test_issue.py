"""`slipway issue`, against a stand-in for GitHub."""

import dataclasses
import json
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from infra.cli.differences import Comparison, Difference, Unread
from infra.cli.policy_report import Finding, Report
from infra.watch.issue import LABEL
from infra.watch.page import MARKER
from tests.github_standin.server import Fault, GitHubStandIn
from tests.github_standin.world import ACTIONS, Thing
from tests.integration.cli.conftest import READER
from tests.unit.cli.conftest import Slipway
from tests.unit.preview.test_markdown import HOSTILE, frame, structure

CANARY = "canary-3e80"


def difference(resource: str, path: str = "mode", server: str = "main") -> Difference:
    return Difference(
        server=server, resource=resource, urn=f"urn::{resource}", property=path, expected=CANARY, actual=[CANARY, 1]
    )


def finding(verdict: str = "violated", text: str = "x") -> Finding:
    parts: dict[str, Any] = {part.name: text for part in dataclasses.fields(Finding)}
    return Finding(**{**parts, "verdict": verdict})


class Night:
    """Writes what the commands print, and runs the command over it."""

    def __init__(self, slipway: Slipway, folder: Path) -> None:
        self._slipway = slipway
        self.drift = folder / "drift-dev.json"
        self.policy = folder / "policy-dev.json"

    def found(self, *differences: Difference, unread: Sequence[Unread] = (), findings: Sequence[Finding] = ()) -> None:
        comparison = Comparison(differences=list(differences), unread=list(unread), read=40)
        content = {"stack": "dev", **dataclasses.asdict(comparison)}
        self.drift.write_text(json.dumps(content, indent=2), encoding="utf-8")
        report = Report(format=1, judged=["dev"], findings=findings, waivers=[], unknown={})
        self.policy.write_text(report.as_json(), encoding="utf-8")

    def tell(self, code: int = 0) -> str:
        result = self._slipway("issue", "--drift", str(self.drift), "--policy", str(self.policy))
        assert result.exit_code == code, result.output
        assert "canary-token" not in result.output
        return result.output


@pytest.fixture
def night(slipway: Slipway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Night:
    monkeypatch.setenv("GITHUB_RUN_ID", "7")
    monkeypatch.delenv("GITHUB_SERVER_URL", raising=False)
    return Night(slipway, tmp_path)


def issues(standin: GitHubStandIn, state: str = "open") -> list[Thing]:
    return [one for one in standin.world.issues.values() if one["state"] == state]


def test_one_issue_is_opened_updated_and_closed(standin: GitHubStandIn, night: Night) -> None:
    night.found()
    assert "no issue is open" in night.tell()
    assert standin.world.made("POST", "PATCH") == []
    night.found(difference("File motd"), difference("File motd", "content"), findings=[finding()])
    assert "opened #" in night.tell()
    (opened,) = issues(standin)
    assert opened["labels"] == [{"name": LABEL}]
    assert "1 resource changed, 1 rule broken" in opened["body"]
    assert "https://github.com/acme/shop/actions/runs/7" in opened["body"]
    for count in range(2, 30):
        night.found(*(difference(f"File f{number}") for number in range(count)))
        assert f"updated #{opened['number']}" in night.tell()
    assert "29 resources changed" in opened["body"]
    night.found()
    assert f"closed #{opened['number']}" in night.tell()
    assert issues(standin) == []
    assert opened["state_reason"] == "completed"
    assert "Everything is as declared" in opened["body"]
    night.found(difference("File motd"))
    night.tell()
    assert len(standin.world.issues) == 2, "what was closed is history"


def test_values_are_never_told(standin: GitHubStandIn, night: Night) -> None:
    night.found(difference("File motd", "content"), difference("Unit ssh", ""))
    night.tell()
    body = issues(standin)[0]["body"]
    assert CANARY not in body
    assert "<code>content</code>" in body
    assert "<code>Unit ssh</code>: is gone" in body


def test_what_could_not_be_looked_at_keeps_the_issue_open(standin: GitHubStandIn, night: Night) -> None:
    night.found(difference("File motd"))
    night.tell()
    unread = Unread(server="main", resources=("File motd",), reason="main does not answer\nTraceback")
    night.found(unread=[unread])
    night.tell(code=1)
    (still,) = issues(standin)
    assert "main does not answer" in still["body"]
    assert "Traceback" not in still["body"]


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b'{"stack": "dev"', b'{"differences": []}', b"\xff"])
def test_a_file_that_says_nothing_opens_the_issue(standin: GitHubStandIn, night: Night, content: bytes | None) -> None:
    night.found()
    if content is None:
        night.drift.unlink()
    else:
        night.drift.write_bytes(content)
    night.tell(code=1)
    (opened,) = issues(standin)
    assert "1 look failed" in opened["body"]
    assert "drift-dev" in opened["body"]


def test_a_stack_that_could_not_be_judged_is_named(standin: GitHubStandIn, night: Night) -> None:
    night.found()
    report = Report(format=1, judged=["dev"], findings=[], waivers=[], unknown={"dev": "no such state"})
    night.policy.write_text(report.as_json(), encoding="utf-8")
    night.tell(code=1)
    assert "<code>dev</code>: <code>no such state</code>" in issues(standin)[0]["body"]


@pytest.mark.parametrize("verdict", ["advice", "waiting", "waived"])
def test_what_stops_no_update_opens_no_issue(standin: GitHubStandIn, night: Night, verdict: str) -> None:
    night.found(findings=[finding(verdict)])
    night.tell()
    assert standin.world.issues == {}


def test_the_issue_is_found_among_all_others_and_by_its_author(standin: GitHubStandIn, night: Night) -> None:
    for number in range(1, 120):
        standin.world.pull(number, f"{number:040x}")
        standin.world.issue("talk", "octocat")
    forged = standin.world.issue(f"{MARKER}\nall is well", "mallory")
    night.found(difference("File motd"))
    night.tell()
    ours = standin.world.issues[max(standin.world.issues)]
    for _ in range(120):
        standin.world.issue("talk", "octocat")
    night.found()
    assert f"closed #{ours['number']}" in night.tell()
    assert (forged["state"], forged["body"]) == ("open", f"{MARKER}\nall is well")


def test_what_two_runs_at_once_have_opened_twice_becomes_one(standin: GitHubStandIn, night: Night) -> None:
    first, second = (standin.world.issue(f"{MARKER}\nx", ACTIONS) for _ in range(2))
    night.found(difference("File motd"))
    night.tell()
    assert (first["state"], second["state"]) == ("open", "closed")


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_leaves_the_frame_as_it_is(standin: GitHubStandIn, night: Night, name: str) -> None:
    bodies = []
    # No file holds half a character, and a file of a dozen megabytes is not read.
    for text in ("name", HOSTILE[name].encode("utf-8", "replace").decode()[:100_000]):
        unread = Unread(server=text, resources=(text,), reason=text or "x")
        night.found(difference(text, text, text), unread=[unread], findings=[finding(text=text)])
        night.tell(code=1)
        bodies.append(issues(standin)[0]["body"])
    assert frame(bodies[0]) == frame(bodies[1])
    assert structure(bodies[0]) == structure(bodies[1])
    assert len(issues(standin)) == 1


def test_thousands_of_changes_are_cut_by_whole_resources(standin: GitHubStandIn, night: Night) -> None:
    night.found(*(difference(f"File f{number}") for number in range(5000)), findings=[finding()] * 3000)
    night.tell()
    body = issues(standin)[0]["body"]
    assert len(body) <= 60_000
    assert "5000 resources changed, 3000 rules broken" in body
    assert body.count(" more; the run has them all") == 2
    assert body.rstrip().endswith("</sub>")


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault(status=HTTPStatus.FORBIDDEN, method="POST"), "`issues: write`"),
        (Fault(status=HTTPStatus.BAD_GATEWAY, method="POST"), "HTTP 502"),
        (Fault(status=HTTPStatus.TOO_MANY_REQUESTS, headers={"Retry-After": "3600"}), "limit is used up"),
    ],
)
def test_a_refusal_is_one_sentence(standin: GitHubStandIn, night: Night, fault: Fault, reason: str) -> None:
    standin.faults.append(fault)
    night.found(difference("File motd"))
    assert reason in night.tell(code=1)


@pytest.mark.usefixtures("standin")
def test_a_token_that_may_only_read_is_told_what_it_lacks(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", READER)
    night.found(difference("File motd"))
    assert "`issues: write`" in night.tell(code=1)


@pytest.mark.usefixtures("standin")
def test_a_night_that_nobody_looked_at_is_a_wrong_command_line(slipway: Slipway) -> None:
    assert slipway("issue").exit_code == 2
