"""Levels, waivers and the generated table."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from pulumi.runtime.proto import analyzer_pb2

from policies.guard import document, levels, waivers
from policies.guard.pack import NAMES, RULES
from policies.guard.rules import Rule
from tests.policies.conftest import COMPLIANT, TODAY, Analyzer, RefusedError

PACK = Path(document.__file__).parents[1]
PRIVILEGED = COMPLIANT | {"privileged": True}
RULE = "container_is_not_privileged"


def waive(analyzer: Analyzer, **changes: str) -> None:
    """Write a waiver file with one entry."""
    entry = {
        "rule": RULE,
        "resource": "shop-web",
        "reason": "reads the kernel's log until release 18",
        "expires": str(TODAY),
    } | changes
    lines = "\n  ".join(f"{name}: {value}" for name, value in entry.items())
    (analyzer.folder / "waivers.yaml").write_text(f"- {lines}\n", encoding="utf-8")


def set_levels(analyzer: Analyzer, content: object) -> None:
    """Write the level file of the stack."""
    (analyzer.folder / "levels").mkdir(exist_ok=True)
    text = content if isinstance(content, str) else json.dumps(content)
    (analyzer.folder / "levels" / f"{analyzer.stack}.json").write_text(text, encoding="utf-8")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_says_what_why_and_what_to_do(rule: Rule) -> None:
    assert rule.description.endswith(".")
    assert rule.reason.endswith("."), f"{rule.name}: the docstring gives no reason"
    assert rule.remedy.endswith(".")


def test_rule_names_are_unique() -> None:
    assert len(NAMES) == len(set(NAMES))


def test_every_rule_is_mandatory_where_no_level_is_set(analyzer: Analyzer) -> None:
    analyzer.configure()
    assert analyzer.levels() == dict.fromkeys(NAMES, analyzer_pb2.MANDATORY)


def test_a_level_file_sets_the_levels_of_its_stack_alone(analyzer: Analyzer) -> None:
    set_levels(analyzer, {"all": "advisory", RULE: "mandatory", "image_is_named_by_digest": "disabled"})
    analyzer.configure()
    found = {one.policyName: one.enforcementLevel for one in analyzer.judge({"privileged": True})}
    assert found[RULE] == analyzer_pb2.MANDATORY
    assert found["container_has_memory_limit"] == analyzer_pb2.ADVISORY
    assert "image_is_named_by_digest" not in found
    analyzer.stack = "test"
    assert {one.enforcementLevel for one in analyzer.judge({})} == {analyzer_pb2.MANDATORY}


def test_levels_follow_the_resource_when_no_stack_was_told(analyzer: Analyzer) -> None:
    set_levels(analyzer, {RULE: "advisory"})
    (found,) = analyzer.judge(PRIVILEGED)
    assert found.enforcementLevel == analyzer_pb2.ADVISORY, "`pulumi policy analyze` names no stack beforehand"


def test_levels_given_for_one_run_win(analyzer: Analyzer) -> None:
    set_levels(analyzer, {RULE: "advisory"})
    analyzer.configure()
    analyzer.override(
        analyzer.levels() | {RULE: analyzer_pb2.REMEDIATE, "image_is_named_by_digest": analyzer_pb2.DISABLED}
    )
    (found,) = analyzer.judge(PRIVILEGED | {"image": "shop"})
    assert (found.policyName, found.enforcementLevel) == (RULE, analyzer_pb2.MANDATORY)


def test_levels_the_engine_only_repeats_change_nothing(analyzer: Analyzer) -> None:
    set_levels(analyzer, {RULE: "advisory"})
    analyzer.override(analyzer.levels())
    (found,) = analyzer.judge(PRIVILEGED)
    assert found.enforcementLevel == analyzer_pb2.ADVISORY


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "levels/dev.json is not JSON"),
        ("[]", "levels/dev.json is not an object"),
        ({"no_such_rule": "mandatory"}, "no rule is called no_such_rule"),
        ({RULE: "strict"}, f"{RULE} is none of mandatory, advisory, disabled"),
        ({RULE: {"enforcementLevel": "remediate"}}, f"{RULE} is none of"),
    ],
)
def test_a_level_file_with_a_mistake_ends_the_run_in_one_sentence(
    analyzer: Analyzer, content: object, message: str
) -> None:
    set_levels(analyzer, content)
    with pytest.raises(RefusedError, match=message):
        analyzer.configure()


def test_the_shipped_files_can_be_used() -> None:
    assert waivers.load(PACK) == ()
    for path in (PACK / "levels").iterdir():
        assert levels.load(PACK, path.stem, NAMES)


def test_a_waived_violation_is_shown_with_its_reason_and_stops_nothing(analyzer: Analyzer) -> None:
    waive(analyzer)
    assert analyzer.judge_stack() == []
    (found,) = analyzer.judge(PRIVILEGED)
    assert found.policyName == RULE
    assert found.enforcementLevel == analyzer_pb2.ADVISORY
    assert found.message.endswith("Waived until 2026-11-21: reads the kernel's log until release 18")
    assert analyzer.close() == []


@pytest.mark.parametrize(
    "name", ["shop-worker", "shop-web2-0a1b2c3d", "shop-web-0a1b2c3", "shop-web-0a1b2c3d-x", "my-shop-web", "web"]
)
def test_a_waiver_covers_its_resource_alone(analyzer: Analyzer, name: str) -> None:
    waive(analyzer)
    (found,) = analyzer.judge(PRIVILEGED, name=name)
    assert found.enforcementLevel == analyzer_pb2.MANDATORY


def test_a_waiver_covers_its_rule_alone(analyzer: Analyzer) -> None:
    waive(analyzer)
    (found,) = analyzer.judge(COMPLIANT | {"memory": 0})
    assert found.enforcementLevel == analyzer_pb2.MANDATORY


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"expires": "2026-11-20"}, "expired on 2026-11-20"),
        ({"expires": str(TODAY + timedelta(days=91))}, "more than 90 days ahead"),
        ({"rule": "container_is_not_privileged_"}, "names no rule of this pack"),
    ],
)
def test_a_waiver_that_does_not_hold_is_a_violation_of_the_stack(
    analyzer: Analyzer, changes: dict[str, str], message: str
) -> None:
    waive(analyzer, **changes)
    (found,) = analyzer.judge_stack()
    assert found.policyName == waivers.POLICY
    assert found.enforcementLevel == analyzer_pb2.MANDATORY
    assert message in found.message
    (violation,) = analyzer.judge(PRIVILEGED)
    assert violation.enforcementLevel == analyzer_pb2.MANDATORY, "it excuses nothing either"


def test_a_waiver_holds_for_ninety_days(analyzer: Analyzer) -> None:
    waive(analyzer, expires=str(TODAY + timedelta(days=90)))
    assert analyzer.judge_stack() == []
    assert analyzer.judge(PRIVILEGED)[0].enforcementLevel == analyzer_pb2.ADVISORY


def test_a_waiver_that_nothing_needs_is_a_violation_at_the_end(analyzer: Analyzer) -> None:
    waive(analyzer)
    assert analyzer.judge(COMPLIANT) == []
    (found,) = analyzer.close()
    assert found.policyName == waivers.POLICY
    assert "is not needed in dev" in found.message


def test_nothing_is_said_of_a_waiver_whose_resource_was_not_seen(analyzer: Analyzer) -> None:
    waive(analyzer, resource="shop-worker")
    analyzer.judge(COMPLIANT)
    assert analyzer.close() == []


def test_a_waiver_may_be_for_one_stack(analyzer: Analyzer) -> None:
    waive(analyzer, resource="test/shop-web")
    (found,) = analyzer.judge(PRIVILEGED)
    assert found.enforcementLevel == analyzer_pb2.MANDATORY
    assert analyzer.close() == [], "whether another stack needs it cannot be known here"
    analyzer.stack = "test"
    (found,) = analyzer.judge(PRIVILEGED)
    assert found.enforcementLevel == analyzer_pb2.ADVISORY


def test_nothing_is_said_of_a_waiver_whose_rule_is_not_held(analyzer: Analyzer) -> None:
    set_levels(analyzer, {RULE: "disabled"})
    waive(analyzer)
    analyzer.judge(COMPLIANT)
    assert analyzer.close() == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- rule: [", r"is not YAML \(line 2\)"),
        ("rule: x", "is not a list of waivers"),
        ("- text", "entry 1 is not a mapping"),
        ("- {rule: x, resource: y, expires: 2026-12-01}", "entry 1 has no reason"),
        ("- {rule: x, resource: y, reason: too short, expires: 2026-12-01}", "shorter than 15 characters"),
        ("- {rule: x, resource: y, reason: it is needed for now, expires: soon}", "expires is not a date"),
        (
            "- {rule: x, resource: y, reason: it is needed for now, expires: 2026-12-01 10:00:00}",
            "expires is not a date",
        ),
        ("- {rule: 1, resource: y, reason: it is needed for now, expires: 2026-12-01}", "rule is not text"),
        ("- {rule: x, resource: y, reason: it is needed for now, expires: 2026-12-01, by: me}", "unknown field by"),
    ],
)
def test_a_waiver_file_with_a_mistake_ends_the_run_in_one_sentence(analyzer: Analyzer, text: str, message: str) -> None:
    (analyzer.folder / "waivers.yaml").write_text(f"{text}\n", encoding="utf-8")
    with pytest.raises(RefusedError, match=message):
        analyzer.configure()


def test_all_mistakes_of_a_waiver_file_come_at_once(tmp_path: Path) -> None:
    (tmp_path / "waivers.yaml").write_text("- {rule: x, reason: short}\n- 3\n", encoding="utf-8")
    with pytest.raises(levels.FileError) as caught:
        waivers.load(tmp_path)
    assert str(caught.value).count(";") == 3


def test_a_waiver_file_may_hold_nothing_or_be_missing(tmp_path: Path) -> None:
    assert waivers.load(tmp_path) == ()
    (tmp_path / "waivers.yaml").write_text("# none\n", encoding="utf-8")
    assert waivers.load(tmp_path) == ()


def test_a_waiver_ends_with_its_last_day() -> None:
    waiver = waivers.Waiver(rule="r", resource="x", reason="long enough to stand", expires=date(2026, 12, 31))
    assert waiver.holds(date(2026, 12, 31))
    assert not waiver.holds(date(2027, 1, 1))


def test_the_table_of_rules_is_current() -> None:
    assert document.main(["--check"]) == 0
