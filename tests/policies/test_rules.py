"""Every rule by example: it passes, fails, meets what is unknown and what is secret, is waived, and no longer is."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from pulumi.runtime.proto import analyzer_pb2

from policies.guard.pack import POLICIES, RULES
from policies.guard.rules import Policy, StackRule
from policies.guard.servicer import LEVELS
from tests.policies.conftest import CANARY, TODAY, Analyzer, Diagnostics, waive
from tests.policies.table import CASES, Case
from tests.policies.table.case import UNKNOWN, Given, secret

POLICY: Mapping[str, Policy] = {policy.name: policy for policy in POLICIES}
KNOWABLE = [case for case in CASES if case.unknowable is not None]
FIRST: Mapping[str, Case] = {case.rule: case for case in reversed(CASES)}
"""The first example of each rule, for what does not depend on how it is broken."""


def of(rule: str, found: Iterable[analyzer_pb2.AnalyzeDiagnostic]) -> Diagnostics:
    """Return what was found by one rule."""
    return [one for one in found if one.policyName == rule]


def hidden(given: Given, names: Iterable[str]) -> Given:
    """Return the resource with some inputs encrypted."""
    return given.with_inputs(**{name: secret(given.inputs[name]) for name in names if name in given.inputs})


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_compliant_resource_breaks_no_rule(analyzer: Analyzer, case: Case) -> None:
    found = analyzer.judge_all(case.good, *case.beside)
    assert [(one.policyName, one.message) for one in found if one.policyName == case.rule] == []


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_breaks_a_rule_is_found(analyzer: Analyzer, case: Case) -> None:
    found = of(case.rule, analyzer.judge_all(case.broken, *case.around))
    assert found, "the rule lets it pass"
    assert {one.enforcementLevel for one in found} == {LEVELS[POLICY[case.rule].level]}
    for one in found:
        assert "`" in one.message.split("\n")[1] or "It " in one.message, "the message does not say where"


@pytest.mark.parametrize("case", KNOWABLE, ids=str)
def test_an_unknown_input_is_named_and_never_passed_in_silence(analyzer: Analyzer, case: Case) -> None:
    assert case.unknowable is not None
    found = of(case.rule, analyzer.judge_all(case.unknowable, *case.beside))
    rule = POLICY[case.rule]
    said = "cannot be known before `up`" if rule.waits else "is not known before `up`"
    assert any(said in one.message for one in found), [one.message for one in found]
    waiting = analyzer_pb2.ADVISORY if rule.waits else LEVELS[rule.level]
    assert {one.enforcementLevel for one in found if said in one.message} == {waiting}


@pytest.mark.parametrize("case", [case for case in CASES if case.change], ids=str)
def test_a_secret_input_is_judged_and_never_shown(analyzer: Analyzer, case: Case) -> None:
    found = of(case.rule, analyzer.judge_all(hidden(case.broken, case.change), *case.around))
    assert bool(found) is not case.sealed


@pytest.mark.parametrize("rule", FIRST, ids=str)
def test_a_waived_violation_is_shown_and_stops_nothing(analyzer: Analyzer, rule: str) -> None:
    case = FIRST[rule]
    name = _subject(analyzer, case)
    waive(analyzer.folder, rule=rule, resource=name, reason="until the next release of it", expires=TODAY)
    found = analyzer.judge_all(case.broken, *case.around)
    if POLICY[rule].waivable:
        assert {one.enforcementLevel for one in of(rule, found)} == {analyzer_pb2.ADVISORY}
        assert all(f"Waived until {TODAY}: until the next" in one.message for one in of(rule, found))
        assert of("waivers_are_current", found) == []
    else:
        assert {one.enforcementLevel for one in of(rule, found)} == {LEVELS[POLICY[rule].level]}
        assert "cannot be waived" in of("waivers_are_current", found)[0].message


@pytest.mark.parametrize("rule", FIRST, ids=str)
def test_an_expired_waiver_excuses_nothing_and_is_a_violation(analyzer: Analyzer, rule: str) -> None:
    case = FIRST[rule]
    yesterday = TODAY - timedelta(days=1)
    name = _subject(analyzer, case)
    waive(analyzer.folder, rule=rule, resource=name, reason="until the next release of it", expires=yesterday)
    found = analyzer.judge_all(case.broken, *case.around)
    assert {one.enforcementLevel for one in of(rule, found)} == {LEVELS[POLICY[rule].level]}
    assert len(of("waivers_are_current", found)) == 1


def test_every_rule_has_an_example_for_every_type_it_judges() -> None:
    shown = {(case.rule, case.broken.kind) for case in CASES}
    wanted = {(rule.name, kind) for rule in RULES if not isinstance(rule, StackRule) for kind in rule.on}
    assert wanted - shown == set()
    named = {case.rule for case in CASES} | {"secrets_of_the_stack_file_are_encrypted"}
    assert named == {rule.name for rule in RULES}


def test_an_unknown_element_does_not_hide_the_others(analyzer: Analyzer) -> None:
    adds: dict[str, Any] = {"drops": ["ALL"], "adds": [UNKNOWN, "SYS_ADMIN"]}
    unknown, forbidden = (one.message for one in analyzer.judge(_container().with_inputs(capabilities=adds)))
    assert "`capabilities.adds[0]` is not known" in unknown
    assert "`capabilities.adds[1]` is a capability" in forbidden


def test_an_unknown_secret_is_unknown(analyzer: Analyzer) -> None:
    found = analyzer.judge(_container().with_inputs(image=secret(UNKNOWN)))
    assert all("`image` is not known before `up`" in one.message for one in found)
    assert found


def test_a_generated_secret_in_the_environment_is_known_to_be_one_before_up(analyzer: Analyzer) -> None:
    found = analyzer.judge(_container().with_inputs(envs=[secret(UNKNOWN)]))
    assert [one.policyName for one in found] == ["secret_comes_as_a_file"]


def test_a_compliant_container_whose_inputs_are_all_secret_breaks_only_rules_about_secrets(analyzer: Analyzer) -> None:
    container = hidden(_container(), _container().inputs)
    assert {one.policyName for one in analyzer.judge(container)} == {"secret_comes_as_a_file"}


@pytest.mark.parametrize("name", ["capabilities", "ports", "volumes", "memory", "image", "healthcheck", "envs"])
def test_an_input_of_a_strange_form_is_refused_without_its_value(analyzer: Analyzer, name: str) -> None:
    found = analyzer.judge(_container().with_inputs(**{name: {CANARY: [{CANARY: CANARY}]}}))
    assert found, "a rule that cannot read an input must not pass it"


def test_a_container_that_runs_to_completion_needs_neither_healthcheck_nor_restart(analyzer: Analyzer) -> None:
    assert analyzer.judge(_container().with_inputs(mustRun=False, restart="no", healthcheck=None)) == []


def test_a_resource_that_no_rule_judges_is_not_read(analyzer: Analyzer) -> None:
    assert analyzer.judge(Given(kind="host:index:Sysctl", inputs={"value": CANARY})) == []


def test_all_violations_of_a_container_come_at_once(analyzer: Analyzer) -> None:
    found = analyzer.judge(_container().with_inputs(privileged=True, image=f"shop:{CANARY}", memory=None))
    assert {one.policyName for one in found} >= {
        "container_is_not_privileged",
        "image_is_named_by_digest",
        "container_has_memory_limit",
    }


def test_a_secret_of_the_stack_file_in_the_clear_is_refused(analyzer: Analyzer) -> None:
    config = {"slipway:secret-stripe": CANARY, "slipway:secret-mail": CANARY, "slipway:servers": "{}"}
    analyzer.configure(config, encrypted=["slipway:secret-mail"])
    (found,) = analyzer.judge_all()
    assert found.policyName == "secrets_of_the_stack_file_are_encrypted"
    assert "`slipway:secret-stripe` is in the stack file" in found.message


def _container() -> Given:
    return FIRST["container_is_not_privileged"].good


def _subject(analyzer: Analyzer, case: Case) -> str:
    """Return the name of the resource that is found to break the rule, without its release."""
    found = of(case.rule, Analyzer(analyzer.folder).judge_all(case.broken, *case.around))
    names = {one.urn.rpartition("::")[2] for one in found if one.urn}
    name = names.pop() if names else case.broken.name
    return name.removesuffix("-0a1b2c3d")


@pytest.mark.parametrize("keys", [UNKNOWN, [UNKNOWN]])
def test_a_key_that_is_not_known_yet_is_one(analyzer: Analyzer, keys: object) -> None:
    case = FIRST["server_has_an_admin_key"]
    given = (one.with_inputs(keys=keys) if "keys" in one.inputs else one for one in case.beside)
    assert of(case.rule, analyzer.judge_all(case.good, *given)) == []
