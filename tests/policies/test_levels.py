"""Levels and settings: how strictly each rule is held, and what it is told."""

import json
from pathlib import Path

import pytest
from pulumi.runtime.proto import analyzer_pb2

from policies.guard import document, levels
from policies.guard.pack import POLICIES
from policies.guard.servicer import LEVELS
from tests.policies.conftest import Analyzer, RefusedError
from tests.policies.table.containers import COMPLIANT

PACK = Path(document.__file__).parents[1]
RULE = "container_is_not_privileged"
REGISTRY_RULE = "image_comes_from_a_known_registry"
PRIVILEGED = COMPLIANT.with_inputs(privileged=True)
BARE = COMPLIANT.changed(inputs={})
ELSEWHERE = COMPLIANT.with_inputs(image=f"registry.lab.test:5000/shop@sha256:{'e' * 64}")


def set_levels(analyzer: Analyzer, content: object) -> None:
    """Write the level file of the stack."""
    (analyzer.folder / "levels").mkdir(exist_ok=True)
    text = content if isinstance(content, str) else json.dumps(content)
    (analyzer.folder / "levels" / f"{analyzer.stack}.json").write_text(text, encoding="utf-8")


def test_the_file_in_the_documents_is_one(tmp_path: Path) -> None:
    (tmp_path / "levels").mkdir()
    (tmp_path / "levels" / "production.json").write_text(
        document.LEVELS_EXAMPLE.strip().removeprefix("```json").removesuffix("```"), encoding="utf-8"
    )
    held = levels.load(tmp_path, "production", POLICIES)
    assert "registry.example.com" in held[REGISTRY_RULE].settings["registries"]
    assert document.LEVELS_EXAMPLE in document.document()


def test_every_rule_has_its_own_level_where_no_file_says_otherwise(analyzer: Analyzer) -> None:
    analyzer.configure()
    assert analyzer.levels() == {policy.name: LEVELS[policy.level] for policy in POLICIES}


def test_a_level_file_sets_the_levels_of_its_stack_alone(analyzer: Analyzer) -> None:
    set_levels(analyzer, {"all": "advisory", RULE: "mandatory", "image_is_named_by_digest": "disabled"})
    analyzer.configure()
    found = {one.policyName: one.enforcementLevel for one in analyzer.judge(BARE.with_inputs(privileged=True))}
    assert found[RULE] == analyzer_pb2.MANDATORY
    assert found["container_has_memory_limit"] == analyzer_pb2.ADVISORY
    assert "image_is_named_by_digest" not in found
    analyzer.stack = "test"
    found = {one.policyName: one.enforcementLevel for one in analyzer.judge(BARE)}
    assert found["container_has_memory_limit"] == analyzer_pb2.MANDATORY


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
    (found,) = analyzer.judge(PRIVILEGED.with_inputs(image="shop"))
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
        ({"all": "strict"}, "all is none of mandatory, advisory, disabled"),
        ({REGISTRY_RULE: {"hosts": []}}, "has no setting hosts; it has registries"),
        ({RULE: {"hosts": []}}, "has no setting hosts; it has none"),
        ({REGISTRY_RULE: {"registries": "x"}}, "registries is not a list of strings"),
        ({"private_port_is_not_public": {"ports": ["22"]}}, "ports is not a list of integers"),
    ],
)
def test_a_level_file_with_a_mistake_ends_the_run_in_one_sentence(
    analyzer: Analyzer, content: object, message: str
) -> None:
    set_levels(analyzer, content)
    with pytest.raises(RefusedError, match=message):
        analyzer.configure()


def test_a_level_file_tells_a_rule_its_settings(analyzer: Analyzer) -> None:
    assert [one.policyName for one in analyzer.judge(ELSEWHERE)] == [REGISTRY_RULE]
    told = Analyzer(analyzer.folder)
    set_levels(told, {REGISTRY_RULE: {"registries": ["registry.lab.test:5000"]}})
    assert told.judge(ELSEWHERE) == []
    assert [one.policyName for one in told.judge(COMPLIANT)] == [REGISTRY_RULE], "the list is in place of the default"


def test_settings_the_engine_only_repeats_change_nothing(analyzer: Analyzer) -> None:
    set_levels(analyzer, {REGISTRY_RULE: {"registries": ["registry.lab.test:5000"]}})
    analyzer.configure()
    repeated = {REGISTRY_RULE: {"registries": analyzer.schema(REGISTRY_RULE, "registries")["default"]}}
    analyzer.override(analyzer.levels(), repeated)
    assert analyzer.judge(ELSEWHERE) == []


def test_settings_given_for_one_run_win(analyzer: Analyzer) -> None:
    analyzer.configure()
    analyzer.override(analyzer.levels(), {REGISTRY_RULE: {"registries": ["registry.lab.test:5000"]}})
    assert analyzer.judge(ELSEWHERE) == []


def test_numbers_among_settings_survive_the_wire(analyzer: Analyzer) -> None:
    analyzer.configure()
    analyzer.override(analyzer.levels(), {"private_port_is_not_public": {"ports": [4000]}})
    port = [{"internal": 4000, "external": 14000, "ip": "127.0.0.1"}]
    assert analyzer.judge(COMPLIANT.with_inputs(ports=port)) == []
    off_loopback = [{"internal": 4000, "external": 14000}]
    found = {one.policyName for one in analyzer.judge(COMPLIANT.with_inputs(ports=off_loopback))}
    assert "private_port_is_not_public" in found


@pytest.mark.parametrize(
    ("levels_given", "settings", "message"),
    [
        ({"no_such_rule": analyzer_pb2.MANDATORY}, {}, "no rule is called no_such_rule"),
        (
            {REGISTRY_RULE: analyzer_pb2.MANDATORY},
            {REGISTRY_RULE: {"registry": ["x"]}},
            "has no setting registry; it has registries",
        ),
        (
            {REGISTRY_RULE: analyzer_pb2.MANDATORY},
            {REGISTRY_RULE: {"registries": [1]}},
            "registries is not a list of strings",
        ),
    ],
)
def test_a_configuration_that_cannot_be_meant_ends_the_run(
    analyzer: Analyzer,
    levels_given: dict[str, analyzer_pb2.EnforcementLevel.ValueType],
    settings: dict[str, dict[str, object]],
    message: str,
) -> None:
    analyzer.configure()
    with pytest.raises(RefusedError, match=message):
        analyzer.override(levels_given, settings)


def test_the_shipped_level_files_can_be_used() -> None:
    for path in (PACK / "levels").iterdir():
        assert levels.load(PACK, path.stem, POLICIES)
