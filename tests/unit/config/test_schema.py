"""The generated documents, and whether they tell the truth."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from infra.config import schema
from infra.config.plain_yaml import parse
from infra.config.sections import read_sections
from infra.config.stack_file import StackFile
from infra.monitoring import limits

DOCS = Path(__file__).parents[3] / "docs"


@pytest.mark.parametrize("name", ["stack.schema.json", "configuration.md"])
def test_generated_document_is_current(name: str) -> None:
    current = schema.documents()[name]
    assert (DOCS / name).read_text(encoding="utf-8") == current, "run `python -m infra.config.schema`"


def test_check_writes_nothing_and_says_what_is_out_of_date(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "configuration.md").write_text("old", encoding="utf-8")
    assert schema.main(["--check"], tmp_path) == 1
    assert capsys.readouterr().err.splitlines() == [
        "docs/stack.schema.json is out of date: run `python -m infra.config.schema`",
        "docs/configuration.md is out of date: run `python -m infra.config.schema`",
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["configuration.md"]
    assert schema.main([], tmp_path) == 0
    assert schema.main(["--check"], tmp_path) == 0


def test_unknown_argument_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert schema.main(["--chek"], tmp_path) == 2
    assert "usage" in capsys.readouterr().err


def test_every_example_of_the_reference_is_right() -> None:
    blocks = re.findall(r"^```yaml\n(.*?)^```", schema.documents()["configuration.md"], re.DOTALL | re.MULTILINE)
    whole, *rest = [parse(block) for block in blocks]
    stacks = [whole["config"], *(block for block in rest if all(key.startswith("slipway:") for key in block))]
    assert len(stacks) == len(StackFile.model_fields) + 1
    server = {key: whole["config"][key] for key in ("slipway:servers",)}
    for stack in stacks:
        values = {key: json.dumps(value) for key, value in {**server, **stack}.items()}
        found = read_sections(values, stack_file="Pulumi.dev.yaml", encrypted=())
        assert [str(mistake) for mistake in found.mistakes] == []


def test_every_key_of_the_models_is_documented() -> None:
    def keys(part: Any) -> set[str]:
        if isinstance(part, dict):
            return {*part.get("properties", {}), *(key for value in part.values() for key in keys(value))}
        return {key for item in part for key in keys(item)} if isinstance(part, list) else set()

    definitions = schema.stack_schema()["$defs"]
    document = schema.documents()["configuration.md"]
    missing = {key for key in keys(definitions) if not re.search(rf"[.`]{key}`", document)}
    assert missing == set()


def test_what_watches_is_told_among_what_a_server_has_promised() -> None:
    counted = " ".join(
        schema.documents()["configuration.md"].partition("\nCounted are ")[2].partition("\n\n")[0].split()
    )
    assert f"`slipway:monitoring`: {sum(limits.MEMORY.values())} MiB" in counted
    assert f"{limits.EXPORTERS['postgres']} more for each PostgreSQL" in counted
    assert f"{limits.EXPORTERS['redis']} for each Redis or Valkey, and {limits.GRAFANA} for Grafana" in counted


def test_every_key_has_a_meaning() -> None:
    for model in schema.stack_schema()["$defs"].values():
        for key, value in model.get("properties", {}).items():
            assert value.get("description") or "$ref" in value, f"{key} has no docstring"


def test_schema_is_closed_and_knows_the_keys_of_pulumi() -> None:
    stack = schema.stack_schema()
    config = stack["properties"]["config"]
    assert set(stack["properties"]) == {"config", "encryptionsalt", "encryptedkey", "secretsprovider"}
    assert stack["additionalProperties"] is config["additionalProperties"] is False
    assert set(config["properties"]) == {
        "pulumi:disable-default-providers",
        *(f"slipway:{section}" for section in StackFile.model_fields),
    }
    patterns = config["patternProperties"]
    secret = next(pattern for pattern in patterns if re.search(pattern, "slipway:secret-stripe-key"))
    assert patterns[secret]["required"] == ["secure"]
    assert not any(re.search(pattern, "slipway:secret-") for pattern in patterns)


def test_optional_keys_are_not_nullable_for_editors() -> None:
    assert '"null"' not in schema.documents()["stack.schema.json"]


def test_admin_key_may_be_a_line_for_editors() -> None:
    kinds = [branch["type"] for branch in schema.stack_schema()["$defs"]["AdminKey"]["anyOf"]]
    assert kinds == ["string", "object"]
