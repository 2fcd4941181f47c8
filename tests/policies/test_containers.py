"""Rules on containers: one compliant baseline, one property changed per case."""

import copy
from collections.abc import Callable

import pytest
from pulumi.runtime.proto import analyzer_pb2

from tests.policies.conftest import CANARY, COMPLIANT, UNKNOWN, Analyzer, secret

Broken = Callable[..., list[str]]


def test_a_compliant_container_breaks_no_rule(analyzer: Analyzer) -> None:
    assert analyzer.judge(COMPLIANT) == []


def test_a_compliant_container_whose_inputs_are_all_secret_breaks_no_rule(analyzer: Analyzer) -> None:
    hidden = {name: secret(value) for name, value in COMPLIANT.items()}
    assert analyzer.judge(hidden) == []


def test_a_privileged_container_is_refused(broken: Broken) -> None:
    assert broken("privileged", value=True) == ["container_is_not_privileged"]


@pytest.mark.parametrize(
    "capabilities",
    [
        None,
        {},
        {"drops": []},
        {"drops": ["NET_RAW"]},
        {"drops": ["ALL"], "adds": ["SYS_ADMIN"]},
        {"drops": ["ALL"], "adds": ["CAP_DAC_READ_SEARCH"]},
        {"drops": ["ALL"], "adds": ["ALL"]},
        {"drops": ["ALL"], "adds": ["cap_sys_ptrace"]},
    ],
)
def test_a_container_with_needless_capabilities_is_refused(broken: Broken, capabilities: object) -> None:
    assert broken("capabilities", capabilities) == ["container_drops_capabilities"]


@pytest.mark.parametrize("name", ["NET_BIND_SERVICE", "CAP_CHOWN", "SETUID", "SETGID", "DAC_OVERRIDE", "CAP_FOWNER"])
def test_a_container_may_add_back_what_entrypoints_need(broken: Broken, name: str) -> None:
    assert broken("capabilities", {"drops": ["CAP_ALL"], "adds": [name]}) == []


def test_every_forbidden_capability_is_named_by_its_place(analyzer: Analyzer) -> None:
    container = COMPLIANT | {"capabilities": {"drops": ["ALL"], "adds": ["SYS_ADMIN", "CHOWN", "BPF"]}}
    messages = [one.message for one in analyzer.judge(container)]
    assert ["adds[0]" in messages[0], "adds[2]" in messages[1], len(messages)] == [True, True, 2]


@pytest.mark.parametrize("memory", [None, 0, -1])
def test_a_container_without_memory_limit_is_refused(broken: Broken, memory: int | None) -> None:
    assert broken("memory", memory) == ["container_has_memory_limit"]


@pytest.mark.parametrize("swap", [None, 0, -1, 512])
def test_a_container_that_may_swap_is_refused(broken: Broken, swap: int | None) -> None:
    assert broken("memorySwap", swap) == ["container_has_memory_limit"]


@pytest.mark.parametrize(
    "healthcheck", [None, {}, {"tests": []}, {"tests": ["NONE"]}, {"tests": ["CMD"]}, {"interval": "5s"}]
)
def test_a_container_without_healthcheck_is_refused(broken: Broken, healthcheck: object) -> None:
    assert broken("healthcheck", healthcheck) == ["container_has_healthcheck"]


@pytest.mark.parametrize("restart", [None, "", "no", "on-failure", "sometimes"])
def test_a_container_that_stays_down_is_refused(broken: Broken, restart: str | None) -> None:
    assert broken("restart", restart) == ["container_has_restart_policy"]


@pytest.mark.parametrize(("retries", "refused"), [(0, True), (1, False), (5, False), (6, True)])
def test_retries_after_a_failure_are_counted(analyzer: Analyzer, retries: int, *, refused: bool) -> None:
    container = COMPLIANT | {"restart": "on-failure", "maxRetryCount": retries}
    assert bool(analyzer.judge(container)) is refused


def test_a_container_that_runs_to_completion_needs_neither_healthcheck_nor_restart(analyzer: Analyzer) -> None:
    job = COMPLIANT | {"mustRun": False, "restart": "no", "healthcheck": None}
    assert analyzer.judge(job) == []


def test_all_violations_of_a_container_come_at_once(analyzer: Analyzer) -> None:
    found = analyzer.judge({"image": f"shop:{CANARY}", "envs": [CANARY], "privileged": True})
    assert sorted(one.policyName for one in found) == [
        "container_drops_capabilities",
        "container_has_healthcheck",
        "container_has_memory_limit",
        "container_has_restart_policy",
        "container_is_not_privileged",
        "image_is_named_by_digest",
    ]
    assert {one.enforcementLevel for one in found} == {analyzer_pb2.MANDATORY}


def test_a_message_says_what_is_wrong_why_and_what_to_do(analyzer: Analyzer) -> None:
    (found,) = analyzer.judge(COMPLIANT | {"privileged": True})
    what, where, why, remedy = found.message.split("\n")
    assert what == "Containers never run privileged."
    assert where == "`privileged` is set."
    assert why.startswith("Why: ")
    assert remedy.startswith("Do: ")


@pytest.mark.parametrize(
    ("name", "policy"),
    [
        ("privileged", "container_is_not_privileged"),
        ("capabilities", "container_drops_capabilities"),
        ("memory", "container_has_memory_limit"),
        ("memorySwap", "container_has_memory_limit"),
        ("healthcheck", "container_has_healthcheck"),
        ("restart", "container_has_restart_policy"),
        ("image", "image_is_named_by_digest"),
        ("ports", "container_publishes_only_on_loopback"),
        ("volumes", "container_does_not_reach_the_docker_socket"),
    ],
)
def test_an_unknown_input_is_a_violation_that_names_it(analyzer: Analyzer, name: str, policy: str) -> None:
    (found,) = analyzer.judge(COMPLIANT | {name: UNKNOWN})
    assert found.policyName == policy
    assert f"`{name}` is not known before `up`" in found.message
    assert found.enforcementLevel == analyzer_pb2.MANDATORY, "an unknown input must not turn a rule into an advisory"


def test_an_unknown_element_does_not_hide_the_others(analyzer: Analyzer) -> None:
    container = COMPLIANT | {"capabilities": {"drops": ["ALL"], "adds": [UNKNOWN, "SYS_ADMIN"]}}
    unknown, forbidden = (one.message for one in analyzer.judge(container))
    assert "`capabilities.adds[0]` is not known" in unknown
    assert "`capabilities.adds[1]` is a capability" in forbidden


def test_inputs_that_no_rule_reads_may_be_unknown(analyzer: Analyzer) -> None:
    assert analyzer.judge(COMPLIANT | {"envs": UNKNOWN, "networksAdvanced": [{"name": UNKNOWN}]}) == []


def test_a_secret_input_is_judged_and_never_shown(analyzer: Analyzer) -> None:
    container = copy.deepcopy(COMPLIANT) | {"image": secret(f"shop:{CANARY}"), "restart": secret(CANARY)}
    assert [one.policyName for one in analyzer.judge(container)] == [
        "container_has_restart_policy",
        "image_is_named_by_digest",
    ]


def test_an_unknown_secret_is_unknown(analyzer: Analyzer) -> None:
    (found,) = analyzer.judge(COMPLIANT | {"image": secret(UNKNOWN)})
    assert "`image` is not known before `up`" in found.message


@pytest.mark.parametrize("name", ["capabilities", "ports", "volumes", "memory", "image", "healthcheck"])
def test_an_input_of_a_strange_form_is_refused_without_its_value(analyzer: Analyzer, name: str) -> None:
    assert analyzer.judge(COMPLIANT | {name: [CANARY]}), "a rule that cannot read an input must not pass it"


def test_a_resource_that_no_rule_judges_is_not_read(analyzer: Analyzer) -> None:
    assert analyzer.judge({"content": CANARY}, kind="host:index:File") == []
