"""`slipway comment`, against a stand-in for GitHub."""

from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from infra.preview.markdown import comment, is_about, marker
from infra.preview.page import LIMIT
from infra.preview.report import Finding, Operation, Report, StackReport
from tests.github_standin.server import Fault, GitHubStandIn
from tests.github_standin.world import ACTIONS
from tests.integration.cli.conftest import OTHERS, READER
from tests.unit.cli.conftest import Slipway
from tests.unit.preview.events import VOLUME, urn

NUMBER = 12
HEAD, LATER = "a" * 40, "b" * 40
BROKEN = Finding(
    verdict="violated", rule="a_rule", number="D01", severity="high", resource="x", sentence="s", remedy="r", waived=""
)
LOST = Operation(kind="delete", urn=urn(VOLUME, "data"))
DIRE = StackReport(name="dev", operations=(LOST,), destructive=(LOST.urn,), findings=(BROKEN,))
CALM = StackReport(name="dev", unchanged=3)


@pytest.fixture(autouse=True)
def pull_request(standin: GitHubStandIn) -> None:
    """Have one pull request."""
    standin.world.pull(NUMBER, HEAD)


@pytest.fixture
def say(slipway: Slipway, tmp_path: Path) -> "Say":
    return Say(slipway, tmp_path / "preview.json")


class Say:
    """Runs the command with a report; the token must not come out."""

    def __init__(self, slipway: Slipway, path: Path) -> None:
        self._slipway = slipway
        self.path = path

    def __call__(self, *stacks: StackReport, head: str = HEAD, run: str = "7", code: int = 0) -> str:
        report = Report(source="offline", head=head, base="", run=run, stacks=stacks)
        self.path.write_text(report.as_json(), encoding="utf-8")
        return self.run("--report", str(self.path), "--head", head, "--run", "7", code=code)

    def run(self, *arguments: str, code: int = 0) -> str:
        result = self._slipway("comment", *arguments)
        assert result.exit_code == code, result.output
        assert "canary-token" not in result.output
        return result.output


def bodies(standin: GitHubStandIn) -> list[str]:
    return [each["body"] for each in standin.world.comments[NUMBER]]


def test_forty_pushes_of_three_stacks_with_two_thousand_changes_leave_one_comment(
    standin: GitHubStandIn, say: Say
) -> None:
    changes = tuple(Operation(kind="update", urn=urn(VOLUME, f"data-{number}"), paths=("a",)) for number in range(2000))
    stacks = [StackReport(name=name, operations=changes) for name in ("dev", "test", "prod")]
    for push in range(40):
        head = f"{push:040x}"
        standin.world.pull(NUMBER, head)
        # Every fourth run fails before it has a report.
        if push % 4 == 3:
            say.run("--report", "gone.json", "--head", head, "--run", "7", code=1)
            assert "The preview failed" in bodies(standin)[0]
        else:
            say(*stacks, head=head)
            assert "Changes 6000 resources" in bodies(standin)[0]
        assert len(bodies(standin)) == 1
        assert len(bodies(standin)[0]) <= LIMIT
        assert is_about(bodies(standin)[0]) == head


def test_the_comment_is_found_through_all_pages(standin: GitHubStandIn, say: Say) -> None:
    for index in range(250):
        standin.world.comment(NUMBER, f"talk {index}", "octocat")
    say(CALM)
    for index in range(250):
        standin.world.comment(NUMBER, f"more talk {index}", "octocat")
    say(DIRE)
    ours = [body for body in bodies(standin) if is_about(body)]
    assert len(ours) == 1
    assert "Not to be merged" in ours[0]
    assert len(bodies(standin)) == 501


def test_the_comment_goes_from_bad_to_failed_to_nothing_with_its_labels(standin: GitHubStandIn, say: Say) -> None:
    standin.world.labels[NUMBER].append("documentation")
    say(DIRE)
    assert standin.world.labels[NUMBER] == ["documentation", "infra/destroy", "infra/policy"]
    say(StackReport(name="dev", failure="the stack file is wrong"))
    assert "The preview failed" in bodies(standin)[0]
    assert len(standin.world.labels[NUMBER]) == 3, "nobody knows whether the labels are wrong"
    say(CALM)
    assert "## Nothing changes" in bodies(standin)[0]
    assert standin.world.labels[NUMBER] == ["documentation"]
    assert len(bodies(standin)) == 1


def test_a_repeat_writes_nothing(standin: GitHubStandIn, say: Say) -> None:
    say(DIRE)
    written = len(standin.world.made("POST", "PATCH", "DELETE"))
    assert "says so already" in say(DIRE)
    assert len(standin.world.made("POST", "PATCH", "DELETE")) == written


def test_somebody_elses_comment_with_our_marker_is_left_alone(standin: GitHubStandIn, say: Say) -> None:
    forged = f"{marker(HEAD, 'offline')}\n## Nothing changes\n"
    standin.world.comment(NUMBER, forged, "mallory")
    say(DIRE)
    assert bodies(standin)[0] == forged
    assert len(bodies(standin)) == 2


def test_what_two_runs_at_once_have_written_twice_becomes_one(standin: GitHubStandIn, say: Say) -> None:
    report = Report(source="offline", head=HEAD, base="", run="7", stacks=(CALM,))
    for _ in range(3):
        standin.world.comment(NUMBER, comment(report), ACTIONS)
    say(DIRE)
    assert len(bodies(standin)) == 1


def test_a_token_that_may_say_who_it_is_writes_under_its_own_name(
    standin: GitHubStandIn, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", OTHERS)
    say(CALM)
    say(DIRE)
    assert [each["user"]["login"] for each in standin.world.comments[NUMBER]] == ["bot-of-acme"]


def test_a_report_about_an_older_commit_is_marked(standin: GitHubStandIn, say: Say) -> None:
    standin.world.pull(NUMBER, LATER)
    report = Report(source="offline", head=HEAD, base="", run="7", stacks=(DIRE,))
    say.path.write_text(report.as_json(), encoding="utf-8")
    say.run("--report", str(say.path), "--head", HEAD, "--pull", str(NUMBER))
    assert "> **Stale**" in bodies(standin)[0]
    assert standin.world.labels[NUMBER] == [], "labels of a commit that is not merged mislead"


def test_a_run_that_ends_late_does_not_write_over_a_later_commit(standin: GitHubStandIn, say: Say) -> None:
    standin.world.pull(NUMBER, LATER)
    say(CALM, head=LATER)
    before = bodies(standin)
    report = Report(source="offline", head=HEAD, base="", run="7", stacks=(DIRE,))
    say.path.write_text(report.as_json(), encoding="utf-8")
    command = ("--report", str(say.path), "--head", HEAD, "--pull", str(NUMBER))
    assert "left alone" in say.run(*command)
    say.path.write_bytes(b"{}")
    assert "left alone" in say.run(*command, code=1)
    assert bodies(standin) == before


def test_a_push_marks_the_comment_as_stale_once(standin: GitHubStandIn, say: Say) -> None:
    say(DIRE)
    assert "nothing to mark" in say.run("--pull", str(NUMBER), "--stale")
    for head, found_by in ((LATER, ("--pull", str(NUMBER))), ("c" * 40, ("--head", "c" * 40))):
        standin.world.pull(NUMBER, head)
        say.run("--stale", *found_by)
    body = bodies(standin)[0]
    assert body.count("**Stale**") == 1
    assert "cccccccccccc" in body
    assert "Not to be merged" in body


def test_an_offline_report_gives_way_to_one_against_the_state(standin: GitHubStandIn, say: Say) -> None:
    arguments = ("--report", str(say.path), "--head", HEAD, "--run", "7")
    say(DIRE)
    against_state = Report(source="state", head=HEAD, base="", run="7", stacks=(CALM,))
    say.path.write_text(against_state.as_json(), encoding="utf-8")
    say.run(*arguments)
    assert "## Nothing changes" in bodies(standin)[0]
    before = bodies(standin)
    assert "shows this commit against the state" in say(DIRE)
    say.path.unlink()
    assert "shows this commit against the state" in say.run(*arguments, "--offline", code=1)
    assert bodies(standin) == before
    say.run(*arguments, code=1)
    assert "The preview failed" in bodies(standin)[0], "what the comment says is not known to hold any more"
    standin.world.pull(NUMBER, LATER)
    say(DIRE, head=LATER)
    assert "Not to be merged" in bodies(standin)[0], "the state of yesterday's commit is older news"


def test_a_stranger_cannot_claim_to_have_seen_the_state(standin: GitHubStandIn, say: Say) -> None:
    forged = StackReport(name="dev", hash="0" * 64)
    report = Report(source="state", head=HEAD, base="", run="7", stacks=(forged,))
    say.path.write_text(report.as_json(), encoding="utf-8")
    said = say.run("--report", str(say.path), "--head", HEAD, "--run", "7", "--offline", code=1)
    assert "which that run cannot make" in said
    assert "--expect" not in bodies(standin)[0]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "the run has left none"),
        (b"", "the run has left none"),
        (b"not json @octocat", "it is no report"),
        (b" " * (9 * 1024 * 1024), "larger than 8 MiB"),
        (Report(source="offline", head=LATER, base="", run="7", stacks=()).as_json().encode(), "another commit"),
        (Report(source="offline", head=HEAD, base="", run="8", stacks=()).as_json().encode(), "another run"),
    ],
)
def test_a_report_that_cannot_be_used_is_told_in_the_comment(
    standin: GitHubStandIn, say: Say, content: bytes | None, reason: str
) -> None:
    say(DIRE)
    if content is None:
        say.path.unlink()
    else:
        say.path.write_bytes(content)
    said = say.run("--report", str(say.path), "--head", HEAD, "--run", "7", code=1)
    assert reason in said
    assert len(bodies(standin)) == 1
    assert reason in bodies(standin)[0]
    assert "octocat" not in bodies(standin)[0]


def test_the_pull_request_is_the_one_whose_branch_is_at_the_commit(standin: GitHubStandIn, say: Say) -> None:
    for number in range(100, 350):
        standin.world.pull(number, f"{number:040x}")
    standin.world.pull(11, HEAD, state="closed")
    say(CALM, head=f"{349:040x}")
    assert len(standin.world.comments[349]) == 1
    assert "no open pull request is at" in say(CALM, head="d" * 40, code=1)
    assert "nothing to mark: no open pull request is at" in say.run("--stale", "--head", "d" * 40)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=HTTPStatus.TOO_MANY_REQUESTS, headers={"Retry-After": "0"}, times=2),
        Fault(status=HTTPStatus.FORBIDDEN, headers={"Retry-After": "0"}, times=3),
        Fault(status=HTTPStatus.FORBIDDEN, headers={"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1"}),
        Fault(status=HTTPStatus.FORBIDDEN, headers={"Retry-After": "0"}, times=1, method="POST"),
        Fault(status=HTTPStatus.BAD_GATEWAY, times=2, method="GET"),
        Fault(status=HTTPStatus.SERVICE_UNAVAILABLE, times=3, method="GET"),
    ],
)
def test_a_limit_or_a_fault_that_passes_is_waited_for(standin: GitHubStandIn, say: Say, fault: Fault) -> None:
    standin.faults.append(fault)
    say(DIRE)
    assert fault.times == 0
    assert len(bodies(standin)) == 1


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault(status=HTTPStatus.TOO_MANY_REQUESTS, headers={"Retry-After": "3600"}), "limit is used up"),
        (
            Fault(
                status=HTTPStatus.FORBIDDEN,
                headers={"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "9999999999"},
            ),
            "limit is used up",
        ),
        (Fault(status=HTTPStatus.TOO_MANY_REQUESTS, headers={"Retry-After": "0"}, times=99), "limit is used up"),
        (Fault(status=HTTPStatus.UNPROCESSABLE_ENTITY, method="POST"), "does not take what was sent"),
        (Fault(status=HTTPStatus.BAD_GATEWAY, method="POST"), "HTTP 502"),
        (Fault(status=HTTPStatus.FORBIDDEN), "`pull-requests: write`"),
    ],
)
def test_a_refusal_is_one_sentence(standin: GitHubStandIn, say: Say, fault: Fault, reason: str) -> None:
    standin.faults.append(fault)
    assert reason in say(DIRE, code=1)
    assert len(bodies(standin)) == 0


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("GITHUB_TOKEN", "", "GITHUB_TOKEN is not set"),
        ("GITHUB_TOKEN", "canary-token-wrong", "does not know the token"),
        ("GITHUB_TOKEN", READER, "`pull-requests: write`"),
        ("GITHUB_REPOSITORY", "acme/other", "has no such thing"),
        ("GITHUB_REPOSITORY", "../../user", "named as `owner/name`"),
        ("GITHUB_API_URL", "http://github.test", "in the clear"),
        ("GITHUB_API_URL", "http://127.0.0.1:9", "does not answer"),
    ],
)
def test_a_wrong_sign_in_is_one_sentence(
    say: Say, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, reason: str
) -> None:
    monkeypatch.setenv(variable, value)
    assert reason in say(CALM, code=1)


def test_a_next_page_on_another_host_gets_no_token(
    standin: GitHubStandIn, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    for index in range(150):
        standin.world.comment(NUMBER, f"talk {index}", "octocat")
    links: dict[str, Any] = {"next": {"url": "http://127.0.0.1:9/steal"}}
    monkeypatch.setattr("httpx.Response.links", links)
    assert "another host" in say(CALM, code=1)


def test_a_command_line_without_a_repository_says_how_to_name_one(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_REPOSITORY")
    assert "`--repository OWNER/NAME`, or set GITHUB_REPOSITORY" in say.run(code=2)


@pytest.mark.parametrize("arguments", [["--stale"], ["--report", "x"], ["--report", "x", "--pull", "12"]])
def test_a_command_line_without_a_commit_is_wrong(say: Say, arguments: list[str]) -> None:
    say.run(*arguments, code=2)
