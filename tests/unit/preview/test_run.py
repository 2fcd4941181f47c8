"""What the engine's events of a preview say."""

import pytest

from infra.cli.events import Event
from infra.preview.run import NOT_DONE, Run, listen
from tests.unit.preview.events import (
    CONTAINER,
    FILE,
    MIGRATION,
    READY,
    ROUTE,
    SEALED,
    SUMMARY,
    created,
    error,
    finding,
    outputs,
    step,
    updated,
)

STACK = "pulumi:pulumi:Stack"


def run(*events: Event, ended: bool = True, last_word: str | None = None) -> Run:
    """Return what a preview with these events came to."""
    return listen(iter([*events, *([SUMMARY] if ended else []), last_word]))


def test_each_operation_is_told_once_with_what_differs() -> None:
    told = run(
        created(STACK, "slipway-dev"),
        created(FILE, "motd", content="a"),
        updated(FILE, "issue", {"content": "a", "mode": "0644"}, {"content": "b", "mode": "0644"}),
        step("same", FILE, "profile", {"content": "a"}, {"content": "a"}),
        step("delete", FILE, "gone", {"content": "a"}, protect=True),
        step("refresh", FILE, "profile", {"content": "a"}, {"content": "a"}),
    )
    assert [(one.kind, one.name, one.paths) for one in told.operations] == [
        ("delete", "gone", ()),
        ("update", "issue", ("content",)),
        ("create", "motd", ()),
    ]
    assert [one.name for one in told.operations if one.protected] == ["gone"]
    assert told.unchanged == 1
    assert told.failure == ""


def test_a_replacement_in_three_steps_is_one_operation() -> None:
    old, new = {"image": "a"}, {"image": "b"}
    told = run(
        step("delete-replaced", CONTAINER, "db", old),
        step("replace", CONTAINER, "db", old, new, detailed={"image": {"diffKind": "update-replace"}}),
        step("create-replacement", CONTAINER, "db", old, new),
    )
    assert [(one.kind, one.name) for one in told.operations] == [("replace", "db")]
    assert told.operations[0].paths == ("image",)
    assert all([told.operations[0].before, told.operations[0].after])


def test_the_providers_own_paths_come_before_a_comparison_of_inputs() -> None:
    told = run(updated(FILE, "motd", {"content": "a"}, {"content": "b"}, detailed={"content": {"diffKind": "update"}}))
    assert told.operations[0].paths == ("content",)


def test_no_value_of_a_secret_and_no_internal_note_is_kept() -> None:
    told = run(created(FILE, "key", content=SEALED, __defaults=["mode"]))
    assert [resource.inputs for resource in told.resources.values()] == [{"content": "[secret]"}]


def test_the_last_word_on_a_service_is_its_routes_and_else_its_gates() -> None:
    told = run(
        outputs("refresh", ROUTE, "api", service="dev-shop/api", impact="no change"),
        outputs("update", ROUTE, "web", service="dev-shop/web", impact="rolling"),
        outputs("create", READY, "web-ready", service="dev-shop/web", decides=False, impact="new"),
        outputs("update", MIGRATION, "web-migration", service="dev-shop/web", impact="migrates first (expand)"),
        outputs("same", READY, "db-ready", service="dev-shop/db", decides=True, impact="stop-first ≈ 7 s down"),
        step("delete", ROUTE, "api", {"service": "dev-shop/api"}),
    )
    assert [(one.service, one.text) for one in told.impacts] == [
        ("shop/db", "stop-first ≈ 7 s down"),
        ("shop/web", "rolling, migrates first (expand)"),
        ("shop/api", "removed"),
    ]


def test_a_broken_rule_is_a_finding_and_no_failure() -> None:
    told = run(finding(), error("Preview failed: preview failed"), last_word="preview failed")
    assert [(one.verdict, one.rule, one.sentence) for one in told.findings] == [
        ("violated", "a_rule", "`memory` is not set.")
    ]
    assert told.failure == ""


@pytest.mark.parametrize(
    ("events", "ended", "last_word", "failure"),
    [
        (
            (error("One mistake"), error("an unhandled error occurred: program exited with non-zero exit code: 1")),
            True,
            "preview failed",
            "One mistake",
        ),
        ((error("Preview failed: out of reach"), error("preview failed"), finding()), True, "x", "out of reach"),
        ((), False, None, NOT_DONE),
        ((), False, "the passphrase is wrong", "the passphrase is wrong"),
    ],
)
def test_a_preview_that_did_not_come_to_its_end_says_why(
    events: tuple[Event, ...], ended: bool, last_word: str | None, failure: str
) -> None:
    assert run(*events, ended=ended, last_word=last_word).failure == failure
