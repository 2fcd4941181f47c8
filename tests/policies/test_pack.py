"""The pack as a whole: what each rule says of itself, and what happens when one breaks."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pulumi_policy import EnforcementLevel, Severity

from policies.guard import document, levels
from policies.guard.bench import Bench
from policies.guard.inputs import Fields, Sentence
from policies.guard.message import Message, parse
from policies.guard.pack import NAMES, POLICIES
from policies.guard.resource import Resource, Stack
from policies.guard.rules import Policy, Rule, StackRule, rule, stack_rule
from tests.policies.conftest import CANARY, TODAY, Analyzer

NUMBERS = (
    *(f"D{number:02}" for number in range(1, 38)),
    *(f"R{number:02}" for number in range(1, 7)),
    *(f"G{number:02}" for number in range(1, 10)),
    *(f"K{number:02}" for number in range(1, 4)),
    *(f"H{number:02}" for number in range(1, 8)),
)


class OddError(Exception):
    """What no rule is expected to raise."""


@rule("X01", on="x", severity=Severity.LOW, remedy="Mend it.")
def raises(resource: Resource) -> Iterator[Sentence]:
    """Never raises.

    It would end the run.
    """
    yield "`first` is wrong."
    message = f"{CANARY}{resource.name}"
    raise OddError(message)


@stack_rule("X02", on="x", severity=Severity.LOW, remedy="Mend it.")
def raises_at_the_end(stack: Stack) -> Iterator[tuple[Resource, Sentence]]:
    """Never raises.

    It would end the run.
    """
    yield from ()
    raise OddError(stack.name)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_a_rule_says_what_why_and_what_to_do(policy: Policy) -> None:
    assert policy.description.endswith(".")
    assert policy.reason.endswith("."), f"{policy.name}: the docstring gives no reason"
    assert policy.remedy.endswith(".")


def test_rule_names_are_unique() -> None:
    assert len(NAMES) == len(set(NAMES))


def test_no_number_is_left_out() -> None:
    assert {policy.number for policy in POLICIES} == set(NUMBERS)


@pytest.mark.parametrize("broken", [raises, raises_at_the_end], ids=lambda broken: broken.name)
def test_a_rule_that_raises_is_named_and_counts_as_violated(broken: Rule | StackRule) -> None:
    held = levels.defaults([broken, *POLICIES])
    bench = Bench(stack="dev", rules=[broken], levels=held, waivers=(), today=TODAY)
    resource = Resource(kind="x", name="one", urn="urn:one", inputs=Fields({}, ()))
    findings = [*bench.judge(resource), *bench.close()]
    assert {finding.policy for finding in findings} == {broken.name}
    assert findings[-1].level is EnforcementLevel.MANDATORY
    assert "The rule broke off with OddError" in findings[-1].message
    assert CANARY not in findings[-1].message


def test_a_message_says_what_is_wrong_why_and_what_to_do_and_can_be_read_back() -> None:
    said = Message(rule="Holds.", sentence="`x` does not.", reason="It hurts.", remedy="Mend it.")
    assert str(said).split("\n") == ["Holds.", "`x` does not.", "Why: It hurts.", "Do: Mend it."]
    assert parse(str(said)) == said
    waived = Message(rule="Holds.", sentence="`x` does not.", waived="until 2026-12-01: it is needed")
    assert parse(str(waived)) == waived
    assert parse("something else\nof two lines").sentence == "something else of two lines"


def test_the_engine_is_told_level_severity_sources_and_settings_of_each_rule(analyzer: Analyzer) -> None:
    info = analyzer.info()
    assert list(info) == list(NAMES)
    told = info["private_port_is_not_public"]
    assert list(told.tags) == ["D13", "CIS Docker 5.9"]
    schema = analyzer.schema("private_port_is_not_public", "ports")
    assert schema["items"]["type"] == "integer"
    assert 5432 in schema["default"]


@pytest.mark.parametrize("target", document.TARGETS, ids=lambda target: target.name)
def test_the_generated_files_are_current(target: Path) -> None:
    assert target.read_text(encoding="utf-8") == document.TARGETS[target]()
