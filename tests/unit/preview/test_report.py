"""Reports that anybody may have written."""

import json
from typing import Any

import pytest

from infra.preview.report import LARGEST_BYTES, Operation, Report, ReportError, StackReport

CANARY = "canary-41c2"
GIVEN = Report(
    source="offline",
    head="a" * 40,
    base="",
    run="7",
    stacks=(StackReport(name="dev", operations=(Operation(kind="create", urn="urn:pulumi:dev::p::a:b:C::x"),)),),
)


def changed(**parts: Any) -> bytes:
    """Return the report with other parts, as a file holds it."""
    return json.dumps({**json.loads(GIVEN.as_json()), **parts}).encode()


def test_a_report_is_read_back_as_it_was() -> None:
    assert Report.parse(GIVEN.as_json().encode()) == GIVEN


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "format 1: at its beginning"),
        (b"\xff\xfe", "at its beginning"),
        (b"[]", "at its beginning"),
        (b"{" * 100_000, "at its beginning"),
        (changed(format=2), "at format"),
        (changed(head="HEAD"), "at head"),
        (changed(head="a" * 41), "at head"),
        (changed(run="7; rm -rf /"), "at run"),
        (changed(source="cloud"), "at source"),
        (changed(**{CANARY: 1}), "at its beginning"),
        (changed(stacks=[{"name": "dev"}] * 51), "at stacks"),
        (changed(stacks=[{"name": 1}]), "at stacks.0.name"),
        (changed(stacks=[{"name": "dev", "hash": CANARY}]), "at stacks.0.hash"),
        (changed(stacks=[{"name": "dev", "operations": [{"kind": CANARY, "urn": ""}]}]), "at stacks.0.operations.0"),
        (b" " * (LARGEST_BYTES + 1), "larger than 8 MiB"),
    ],
)
def test_what_is_no_report_is_refused_without_quoting_it(content: bytes, reason: str) -> None:
    with pytest.raises(ReportError) as raised:
        Report.parse(content)
    assert reason in str(raised.value)
    assert CANARY not in str(raised.value)


def test_the_title_of_an_operation_is_kind_and_name() -> None:
    operation = Operation(kind="create", urn="urn:pulumi:dev::slipway::a:b:Parent$docker:index/container:Container::x")
    assert (operation.type, operation.title) == ("docker:index/container:Container", "Container x")
