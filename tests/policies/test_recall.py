"""What other judges find, the pack finds; what is right, it leaves alone."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_lint.engine import run_rules
from compose_lint.parser import loads

from infra.config.flat_config import flat_config
from infra.config.load import load
from infra.config.plain_yaml import parse
from policies.guard import document
from policies.guard.pack import POLICIES
from policies.guard.types import CONTAINER
from stacks import declare
from tests.harness import Registered, render
from tests.policies.compose_export import compose
from tests.policies.conftest import Analyzer
from tests.policies.table import commands, github
from tests.policies.table.case import UNKNOWN, Given, secret
from tests.policies.table.containers import COMPLIANT

ROOT = Path(document.__file__).parents[2]
ORACLES = Path(__file__).parent / "oracles"
STACKS = sorted(path.name.split(".")[1] for path in ROOT.glob("Pulumi.*.yaml"))
SOURCES = {policy.name: set(policy.sources) for policy in POLICIES}
KNOWN_AS = {"kics": "KICS ", "compose_lint": "", "cis": "CIS Docker "}
COUNTS = {"kics": 21, "compose_lint": 27, "cis": 26, "github": 20, "compliant": 24}


def entries(oracle: str) -> list[Mapping[str, Any]]:
    """Return what an oracle knows, as it is written down."""
    read: list[Mapping[str, Any]] = yaml.safe_load((ORACLES / f"{oracle}.yaml").read_text(encoding="utf-8"))
    return read


def subject(entry: Mapping[str, Any]) -> Given:
    """Return the resource of an entry."""
    if "create" in entry:
        return commands.REMOTE.with_inputs(create=entry["create"])
    good: Given = getattr(github, entry["of"]) if "of" in entry else COMPLIANT
    return good.with_inputs(**entry["change"])


def named(*oracles: str) -> list[Any]:
    """Return what some oracles know, each a test of its own name."""
    return [pytest.param(entry, id=f"{oracle}-{entry['id']}") for oracle in oracles for entry in entries(oracle)]


def linted(inputs: Mapping[str, Any]) -> set[str]:
    """Return the rules of compose-lint that a container breaks."""
    data, lines = loads(compose(inputs), use_env=False)
    return {finding.rule_id for finding in run_rules(data, lines)}


def declared(stack: str) -> list[Registered]:
    """Return what a shipped stack declares, without an engine."""
    config = flat_config(parse((ROOT / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8")))
    releases = ROOT / "stacks" / "releases"
    settings = load(config, stack=stack, root=ROOT, releases=releases, preview=True)
    return render(lambda: declare(settings), stack=stack, preview=True)


def sent(registered: list[Registered]) -> list[Given]:
    """Return registered resources as the engine sends them."""
    components = {resource.name: urn(resource) for resource in registered if resource.type.startswith("slipway:")}
    return [given(resource).changed(parent=components.get(resource.parent, "")) for resource in registered]


def given(resource: Registered) -> Given:
    """Return a registered resource as the engine sends it, but for its parent."""
    plain = json.loads(json.dumps(resource.inputs, default=lambda _: UNKNOWN))
    inputs = {name: secret(value) if name in resource.secrets else value for name, value in plain.items()}
    path = urn(resource).split("::")[2].rpartition("$")[0]
    return Given(
        kind=resource.type, name=resource.name, inputs=inputs, protect=resource.protect, provider="main", path=path
    )


def urn(resource: Registered) -> str:
    """Return a resource's name as the engine writes it: the stack is nobody's parent there."""
    return resource.urn.replace("pulumi:pulumi:Stack$", "")


@pytest.mark.parametrize(("oracle", "count"), COUNTS.items())
def test_the_oracles_are_whole(oracle: str, count: int) -> None:
    assert len({entry["id"] for entry in entries(oracle)}) == count


@pytest.mark.parametrize("entry", named("kics", "compose_lint", "cis", "github"))
def test_what_another_judge_finds_is_found(analyzer: Analyzer, entry: Mapping[str, Any]) -> None:
    found = {one.policyName for one in analyzer.judge_all(subject(entry))}
    assert entry["rule"] in found


@pytest.mark.parametrize("oracle", KNOWN_AS)
def test_a_rule_names_those_who_know_it_too(oracle: str) -> None:
    for entry in entries(oracle):
        assert f"{KNOWN_AS[oracle]}{entry['id']}" in SOURCES[entry["rule"]]


@pytest.mark.parametrize("entry", named("compose_lint"))
def test_compose_lint_agrees_on_what_is_wrong(entry: Mapping[str, Any]) -> None:
    assert entry["id"] in linted(subject(entry).inputs)


@pytest.mark.parametrize("entry", named("compliant"))
def test_a_compliant_variant_breaks_no_rule(analyzer: Analyzer, entry: Mapping[str, Any]) -> None:
    assert [one.policyName for one in analyzer.judge_all(subject(entry))] == []


@pytest.mark.parametrize("entry", named("compliant"))
def test_compose_lint_agrees_on_what_is_right(entry: Mapping[str, Any]) -> None:
    assert linted(subject(entry).inputs) == set()


@pytest.mark.parametrize("stack", STACKS)
def test_a_shipped_stack_breaks_no_rule(stack: str) -> None:
    analyzer = Analyzer(ROOT / "policies", stack=stack)
    found = analyzer.judge_all(*sent(declared(stack)))
    unexcused = [one for one in found if "Waived" not in one.message and "cannot be known" not in one.message]
    assert [(one.policyName, one.message.split("\n")[1]) for one in unexcused] == []


@pytest.mark.parametrize("stack", STACKS)
def test_compose_lint_finds_nothing_in_a_shipped_stack_but_the_edge_s_own_ports(stack: str) -> None:
    containers = [resource for resource in declared(stack) if resource.type == CONTAINER]
    assert len(containers) > 1
    # The edge is what is to be reached from outside; the processors it may use are shared out, not limited.
    allowed = {"CL-0005", "CL-0026"}
    for container in containers:
        excused = allowed if container.name.startswith("main-edge-") else set()
        assert linted(given(container).inputs) <= excused, container.name
