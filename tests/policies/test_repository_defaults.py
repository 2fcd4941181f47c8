"""A repository of a stack keeps every rule of the policy pack as it comes."""

from pathlib import Path

import pytest
from pulumi.runtime.proto import analyzer_pb2

from tests.harness import Registered
from tests.policies.conftest import Analyzer
from tests.policies.table.case import UNKNOWN, Given, secret
from tests.unit.config.conftest import Stack
from tests.unit.github.conftest import Rendered, rendered, stack

__all__ = ["rendered", "stack"]


def given(registered: Registered) -> Given:
    """Return a resource as the engine sends it."""
    inputs = {name: secret(value) if name in registered.secrets else value for name, value in registered.inputs.items()}
    return Given(kind=registered.type, name=registered.name, inputs=inputs, protect=registered.protect)


@pytest.fixture
def strict(tmp_path: Path) -> Analyzer:
    folder = tmp_path / "pack"
    folder.mkdir()
    return Analyzer(folder)


def test_a_repository_keeps_every_rule_as_it_comes(strict: Analyzer, rendered: Rendered) -> None:
    ours = [given(each) for each in rendered() if each.type.startswith(("github:", "random:"))]
    assert len({each.kind for each in ours}) == 11
    assert [found.message for found in strict.judge_all(*ours)] == []


def test_a_secret_that_only_an_up_will_know_is_waited_for(strict: Analyzer, rendered: Rendered) -> None:
    secrets = [given(each) for each in rendered() if each.type.endswith(":ActionsEnvironmentSecret")]
    found = strict.judge_all(*(each.with_inputs(value=UNKNOWN) for each in secrets))
    assert {each.enforcementLevel for each in found} == {analyzer_pb2.ADVISORY}
    assert len(found) == len(secrets)


def test_what_a_plan_has_not_is_a_violation_that_somebody_has_to_waive(
    strict: Analyzer, rendered: Rendered, stack: Stack
) -> None:
    shop = stack.sections["repositories"]["shop"]
    shop.update({"plan": "free", "visibility": "private"})
    del shop["branch"], shop["protected_tags"], shop["environments"]["production"]
    ours = [given(each) for each in rendered() if each.type.startswith("github:")]
    broken = {found.policyName for found in strict.judge_all(*ours)}
    assert broken == {
        "repository_protects_its_default_branch",
        "repository_is_kept_tidy",
        "secret_belongs_to_an_environment",
    }
