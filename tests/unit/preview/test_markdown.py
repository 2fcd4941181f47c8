"""The comment: hostile names never alter its frame, and it is cut by whole resources."""

import re
import unicodedata
from collections.abc import Mapping

import pytest
from markdown_it import MarkdownIt

from infra.preview.escaping import LONGEST, visible
from infra.preview.markdown import BEGINNING, comment, is_about, labels, marker, page, stale, unusable
from infra.preview.page import LIMIT
from infra.preview.report import Finding, Impact, Operation, Report, StackReport
from tests.unit.preview.events import CONTAINER, VOLUME, urn

HEAD, BASE, LATER = "a" * 40, "b" * 40, "c" * 40
URL = "https://github.com/acme/shop/actions/runs/7"
HOSTILE: Mapping[str, str] = {
    "html": "<script>alert(1)</script>",
    "an image": '<img src=x onerror="alert(1)">',
    "the end of code": "</code><b>bold</b><code>",
    "the end of details": "</details></summary></table>",
    "a new details": "<details open><summary>Approved</summary>",
    "entities": "&lt;b&gt; &#60;b&#62; &amp;#60;",
    "one backtick": "a`b",
    "three backticks": "```\n# Approved\n```",
    "tildes": "~~~\nx",
    "a mention": "@octocat",
    "a team": "@acme/admins",
    "a reference": "fixes #1",
    "a far reference": "acme/other#12 GH-3",
    "a commit": "deadbeefdeadbeefdeadbeefdeadbeefdeadbeef",
    "an emoji": ":+1: :rocket:",
    "a link": "[click](https://evil.test)",
    "an address": "https://evil.test/?a=b&c=d",
    "an address without scheme": "www.evil.test",
    "an e-mail": "mailto:root@evil.test",
    "a picture": "![x](https://evil.test/x.png)",
    "a heading": "# Approved",
    "a heading on a line of its own": "x\n\n# Approved\n\n",
    "a rule": "x\n---\n***\n",
    "a table": "a | b | c\n| --- | --- |",
    "emphasis": "**bold** _it_ ~~no~~",
    "a quote": "> quoted",
    "a list": "- [x] approved\n1. x",
    "a backslash": "\\`\\<b\\>\\",
    "the marker": marker(HEAD, "state"),
    "the marker on a line of its own": f"\n{marker(LATER, 'offline')}\n",
    "half a comment": "<!-- ",
    "the end of a comment": "--> <b>x</b>",
    "colours of a terminal": "\x1b[31mred\x1b[0m \x1b]8;;https://evil.test\x07x\x1b]8;;\x07",
    "carriage return": "evil\rgood",
    "null": "a\x00b",
    "right to left": "\u202etxet\u202c",
    "isolates": "\u2066\u2067x\u2069",
    "zero width": "a\u200bb\u200dc\ufeffd",
    "line separators": "a\u2028b\u2029c\x85d",
    "tags": "a\U000e0041\U000e0042",
    "piled marks": "z" + "\u0336\u0489" * 50,
    "lone surrogate": "a\ud800b",
    "mathematics": "$\\alpha$ $$x$$ $`x`$",
    "a footnote": "[^1] [^1]: x",
    "an alert": "> [!WARNING]\n> x",
    "front matter": "---\na: b\n---",
    "spaces": "   \t  ",
    "a megabyte": "`<@a" * 262_144,
}
BENIGN = "name"
ONLY_CODE = re.compile(r"(?:[ \-0-9A-Za-z]|&#\d+;|[^\x00-\x7f])*")


def report(text: str, *, count: int = 1, stacks: int = 1, base_failure: str = "") -> Report:
    """Return a report in which everything that can be anybody's is one text."""
    operations = [
        Operation(kind="update", urn=urn(CONTAINER, f"{text}{index or ''}"), paths=(text, "image"))
        for index in range(count)
    ]
    lost = Operation(kind="delete", urn=urn(VOLUME, text), protected=True)
    finding = Finding(
        verdict="violated",
        rule=text,
        number=text,
        severity=text,
        resource=text,
        sentence=text,
        remedy=text,
        waived="",
    )
    waived = finding.model_copy(update={"verdict": "waived", "waived": text})
    one = StackReport(
        name=text,
        operations=(*operations, lost),
        destructive=(lost.urn,),
        unchanged=3,
        impacts=(Impact(service=text, text=text), Impact(service="quiet", text="no change")),
        findings=(finding, waived),
        base_failure=base_failure,
        hash="0" * 64,
    )
    return Report(source="state", head=HEAD, base=BASE, run="7", stacks=(one,) * stacks)


def frame(text: str) -> str:
    """Return a comment without what is in its code, after checking that this is nothing but code."""
    for inner in re.findall(r"<code>(.*?)</code>", text, flags=re.DOTALL):
        assert ONLY_CODE.fullmatch(inner), inner[:200]
    return re.sub(r"<code>.*?</code>", "<code></code>", text, flags=re.DOTALL)


def structure(text: str) -> list[tuple[str, str]]:
    """Return what a reader of Markdown makes of a text, but for the words."""
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    inner = [each for token in tokens for each in (token, *(token.children or ())) if each.type != "text"]
    return [(each.type, frame(each.content) if each.type.startswith("html") else "") for each in inner]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_leaves_the_frame_as_it_is(name: str) -> None:
    expected, shown = (comment(report(text), url=URL, branch_is_at=LATER) for text in (BENIGN, HOSTILE[name]))
    assert frame(shown) == frame(expected)
    assert structure(shown) == structure(expected)
    assert shown.count(BEGINNING) == 1
    assert is_about(shown) == HEAD
    assert len(shown) <= LIMIT


def test_reading_markdown_would_see_a_frame_that_was_altered() -> None:
    plain = comment(report(BENIGN))
    assert structure(plain.replace("<code>name</code>", HOSTILE["the end of details"], 1)) != structure(plain)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_failure_is_one_item_of_a_list(name: str) -> None:
    lines = [
        line for line in page(report("x", base_failure=HOSTILE[name] or "x")).splitlines() if "at the base" in line
    ]
    assert len(lines) == 1
    frame(lines[0])


@pytest.mark.parametrize("name", HOSTILE)
def test_a_terminal_gets_one_visible_line(name: str) -> None:
    shown = visible(HOSTILE[name])
    assert shown.isprintable()
    assert not any(map(unicodedata.combining, shown))
    assert len(shown) <= LONGEST * len("\\U000e0041") + 40


def test_two_thousand_changes_in_three_stacks_are_cut_by_whole_resources() -> None:
    whole = comment(report("shop-web", count=2000, stacks=3), url=URL)
    assert LIMIT * 0.8 < len(whole) <= LIMIT
    rows = [line for line in whole.splitlines() if " update " in line]
    assert all(line.endswith("</code>") for line in rows)
    left = [int(number) for number in re.findall(r"- and (\d+) more; the report", whole)]
    details = len([line for line in whole.splitlines() if line.startswith("- waived")])
    assert sum(left) + len(rows) + details == 3 * 2001 + 3 - len(re.findall(r"> delete <code>", whole))
    assert whole.count("<details>") == whole.count("</details>") == 3
    assert "2000 to change" in whole, "what is cut is counted all the same"
    assert structure(whole)[-1] == structure(comment(report("x")))[-1]


def test_fifty_stacks_of_broken_rules_leave_room_for_the_rest() -> None:
    whole = comment(report("`" * 5000, count=40, stacks=50), url=URL)
    assert len(whole) <= LIMIT
    assert "### Broken rules" in whole
    assert "### Deleted or replaced" in whole
    assert whole.rstrip().endswith("</sub>")


def test_the_verdict_comes_first_and_the_marker_before_it() -> None:
    lines = comment(report("x"), url=URL).splitlines()
    assert lines[:2] == [marker(HEAD, "state"), "## Not to be merged: 1 broken rule"]


@pytest.mark.parametrize(
    ("change", "heading"),
    [
        ({}, "Not to be merged: 1 broken rule"),
        ({"failure": "no"}, "The preview failed"),
        ({"findings": (), "base_failure": "no"}, "There is nothing to compare with"),
        ({"findings": ()}, "Deletes or replaces 1 resource"),
        ({"findings": (), "destructive": ()}, "Changes 2 resources"),
        ({"findings": (), "destructive": (), "operations": ()}, "Nothing changes"),
    ],
)
def test_the_worst_is_the_verdict(change: Mapping[str, object], heading: str) -> None:
    given = report("x")
    stack = given.stacks[0].model_copy(update=dict(change))
    assert page(given.model_copy(update={"stacks": (stack,)})).startswith(f"## {heading}\n")


def test_labels_say_what_is_lost_and_which_rules_are_broken() -> None:
    given = report("x")
    quiet = given.stacks[0].model_copy(update={"findings": (), "destructive": ()})
    assert labels(given) == {"infra/destroy": True, "infra/policy": True}
    assert labels(given.model_copy(update={"stacks": (quiet,)})) == {"infra/destroy": False, "infra/policy": False}


def test_a_protected_loss_and_a_hash_to_apply_are_shown() -> None:
    shown = comment(report("prod"), url=URL)
    assert "- delete <code>prod</code> <code>Volume prod</code>, protected: an `up` stops here" in shown
    assert f"<code>slipway up prod --expect {'0' * 64}</code>" in shown


def test_a_comment_about_an_older_commit_says_so() -> None:
    assert stale(HEAD, LATER) in comment(report("x"), branch_is_at=LATER)


def test_where_there_is_no_report_the_comment_says_why() -> None:
    shown = unusable("it is larger than 8 MiB", head=HEAD, source="offline", url=URL)
    assert is_about(shown) == HEAD
    assert "it is larger than 8 MiB" in shown


MARKER = marker(HEAD, "state")


@pytest.mark.parametrize("body", ["", "hello", f" {MARKER}", f"> {MARKER}\n", "<!-- slipway:preview -->\n"])
def test_another_comment_is_not_taken_for_ours(body: str) -> None:
    assert is_about(body) is None
