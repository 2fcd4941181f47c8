"""Waivers: who is excused from what, for how long, and what is wrong with one."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from pulumi.runtime.proto import analyzer_pb2

from policies.guard import document, levels, waivers
from policies.guard.pack import NAMES, POLICIES
from tests.policies.conftest import TODAY, Analyzer, RefusedError
from tests.policies.conftest import waive as write
from tests.policies.table.containers import COMPLIANT
from tests.policies.test_levels import set_levels

PACK = Path(document.__file__).parents[1]
RULE = "container_is_not_privileged"
PRIVILEGED = COMPLIANT.with_inputs(privileged=True)
ENTRY = {"rule": RULE, "resource": "shop-web", "reason": "reads the kernel's log until release 18"}


def waive(analyzer: Analyzer, **changes: str) -> None:
    """Write a waiver file with one entry."""
    write(analyzer.folder, **(ENTRY | {"expires": str(TODAY)} | changes))


def test_the_waivers_in_the_documents_are_some(tmp_path: Path) -> None:
    written = document.WAIVER_EXAMPLE.strip().removeprefix("```yaml").removesuffix("```")
    (tmp_path / "waivers.yaml").write_text(written, encoding="utf-8")
    given = waivers.load(tmp_path)
    assert len(given) == 2
    assert list(waivers.out_of_order(given, POLICIES, TODAY)) == []
    assert document.WAIVER_EXAMPLE in document.document()


def test_a_waived_violation_is_shown_with_its_reason_and_stops_nothing(analyzer: Analyzer) -> None:
    waive(analyzer)
    assert analyzer.judge_stack() == []
    (found,) = analyzer.judge(PRIVILEGED)
    assert found.policyName == RULE
    assert found.enforcementLevel == analyzer_pb2.ADVISORY
    assert found.message.endswith("Waived until 2026-11-21: reads the kernel's log until release 18")
    assert analyzer.close() == []


@pytest.mark.parametrize(
    "name",
    [
        *("shop-worker", "shop-web2-0a1b2c3d", "shop-web-0a1b2c3", "shop-web-0a1b2c3d-x", "my-shop-web", "web"),
        *("shop-web-migrate-0a1b2c3d", "shop-web.other-0a1b2c3d", "shop-web2.migrate-0a1b2c3d", "shop-web.migrate"),
    ],
)
def test_a_waiver_covers_its_resource_alone(analyzer: Analyzer, name: str) -> None:
    waive(analyzer)
    (found,) = analyzer.judge(PRIVILEGED.changed(name=name))
    assert found.enforcementLevel == analyzer_pb2.MANDATORY


@pytest.mark.parametrize(
    "name",
    [
        *("shop-web", "shop-web-0a1b2c3d", "shop-web-0a1b2c3d-2"),
        *("shop-web.migrate-0a1b2c3d", "shop-web.job-clean-up-0a1b2c3d"),
    ],
)
def test_a_waiver_covers_every_release_with_its_migration_and_jobs(analyzer: Analyzer, name: str) -> None:
    waive(analyzer)
    (found,) = analyzer.judge(PRIVILEGED.changed(name=name))
    assert found.enforcementLevel == analyzer_pb2.ADVISORY


def test_a_waiver_covers_its_rule_alone(analyzer: Analyzer) -> None:
    waive(analyzer)
    (found,) = analyzer.judge(COMPLIANT.with_inputs(memory=0))
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
    assert found.policyName == waivers.POLICY.name
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
    assert found.policyName == waivers.POLICY.name
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
        ("- {rule: x, resource: y, reason: it is needed for now}", "has no expires, and no permit"),
        (
            "- {rule: x, resource: y, reason: it is needed for now, expires: 2026-12-01, owner: me}",
            "only a permit has",
        ),
        ("- {rule: x, resource: y, reason: it is needed for now, permit: yes, owner: me}", "permit is not `reviewed`"),
        ("- {rule: x, resource: y, reason: it is needed for now, permit: reviewed}", "has a permit and no owner"),
        (
            "- {rule: x, resource: y, reason: it is needed, permit: reviewed, owner: me, expires: 2026-12-01}",
            "has a permit and expires",
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


def test_a_reviewed_permit_has_no_last_day_and_names_who_answers_for_it(analyzer: Analyzer) -> None:
    write(analyzer.folder, **ENTRY, permit="reviewed", owner="ops@example.com")
    assert analyzer.judge_stack() == []
    (found,) = analyzer.judge(PRIVILEGED)
    assert found.enforcementLevel == analyzer_pb2.ADVISORY
    assert "Waived as reviewed, ops@example.com answers for it: reads the kernel's log" in found.message


def test_a_permit_that_nothing_needs_is_a_violation_too(analyzer: Analyzer) -> None:
    write(analyzer.folder, **ENTRY, permit="reviewed", owner="ops@example.com")
    analyzer.judge(COMPLIANT)
    (found,) = analyzer.close()
    assert "is not needed in dev" in found.message


@pytest.mark.parametrize("rule", ["waivers_are_current", "environment_holds_no_plain_secret"])
def test_a_waiver_for_a_rule_that_cannot_be_waived_is_a_violation(analyzer: Analyzer, rule: str) -> None:
    waive(analyzer, rule=rule)
    (found,) = analyzer.judge_stack()
    assert "that rule cannot be waived" in found.message


def test_the_shipped_waivers_name_rules_of_the_pack() -> None:
    assert {waiver.rule for waiver in waivers.load(PACK)} <= set(NAMES)
