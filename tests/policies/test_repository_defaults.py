"""A repository of a stack keeps every rule of the policy pack as it comes."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pulumi.runtime.proto import analyzer_pb2

from tests.harness import Registered
from tests.policies.conftest import Analyzer
from tests.policies.table.case import UNKNOWN, Given, secret
from tests.unit.config.conftest import Stack
from tests.unit.github.conftest import Rendered, rendered, stack

__all__ = ["rendered", "stack"]
DOCUMENT = Path(__file__).parents[2] / "docs" / "repositories.md"


def given(registered: Registered) -> Given:
    """Return a resource as the engine sends it."""
    inputs = {name: secret(value) if name in registered.secrets else value for name, value in registered.inputs.items()}
    return Given(kind=registered.type, name=registered.name, inputs=inputs, protect=registered.protect)


def written(beginning: str) -> Any:
    """Return what the first example with this beginning says in the document."""
    blocks = re.findall(r"^ *```yaml\n(.*?)^ *```$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return yaml.safe_load(next(block for block in blocks if block.strip().startswith(beginning)))


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


def test_the_example_in_the_documents_keeps_every_rule(strict: Analyzer, rendered: Rendered, stack: Stack) -> None:
    stack.sections["repositories"] = written("slipway:repositories:")["slipway:repositories"]
    ours = [given(each) for each in rendered() if each.type.startswith(("github:", "random:"))]
    assert [found.message for found in strict.judge_all(*ours)] == []


def test_on_a_smaller_plan_the_example_takes_the_waivers_beside_it(
    strict: Analyzer, rendered: Rendered, stack: Stack
) -> None:
    shop = written("slipway:repositories:")["slipway:repositories"]["shop"]
    del shop["secret_scanning"], shop["environments"]["production"]["reviewers"]
    stack.sections["repositories"] = {"shop": {**shop, "plan": "team"}}
    ours = [given(each) for each in rendered() if each.type.startswith(("github:", "random:"))]
    given_up = written("- rule:")
    assert {found.policyName for found in strict.judge_all(*ours)} == {waiver["rule"] for waiver in given_up}
    (strict.folder / "waivers.yaml").write_text(yaml.safe_dump(given_up), encoding="utf-8")
    waived = Analyzer(strict.folder).judge_all(*ours)
    assert {found.enforcementLevel for found in waived} == {analyzer_pb2.ADVISORY}, "they name other resources"
