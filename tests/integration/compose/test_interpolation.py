"""Variables in compose files: from the product's `env`, and from nowhere else."""

from pathlib import Path

import pytest

from infra.compose import binary
from tests.unit.compose.conftest import Mistakes, Parse, Read

FILE = """
services:
  web:
    image: "example/web:${TAG:-latest}"
    environment:
      PASSED:
      PLAIN: $PLAIN
      BRACED: "<${PLAIN}>"
      DEFAULT: ${UNSET:-a default}
      EMPTY: ${EMPTY:-a default}
      EMPTY_IS_SET: ${EMPTY-a default}
      ALTERNATIVE: ${PLAIN:+given}
      SECRET: ${SECRET}
      ESCAPED: $${PLAIN}
"""
VARIABLES = {"PLAIN": "a$b", "PASSED": "p$$q", "EMPTY": "", "SECRET": "postgresql://app:{secret:password}@db/app"}


def test_variables_are_filled_as_compose_does(parse: Parse) -> None:
    web = parse(FILE, variables=VARIABLES).services["web"]
    assert web.image == "example/web:latest"
    assert web.environment == {
        "PASSED": "p$$q",
        "PLAIN": "a$b",
        "BRACED": "<a$b>",
        "DEFAULT": "a default",
        "EMPTY": "a default",
        "EMPTY_IS_SET": "",
        "ALTERNATIVE": "given",
        "SECRET": "postgresql://app:{secret:password}@db/app",
        "ESCAPED": "${PLAIN}",
    }


def test_required_variables_are_all_named(mistakes: Mistakes) -> None:
    text = 'services: {web: {image: "${TAG:?a tag, please}", command: "${FIRST?} ${SECOND:?}"}}'
    assert mistakes(text, variables={"SECOND": ""}) == [
        "compose.yaml: services.web.command: variable FIRST has to be set under the product's `env`",
        "compose.yaml: services.web.image: variable TAG has to be set under the product's `env`: a tag, please",
    ]


def test_nothing_is_taken_from_the_caller(monkeypatch: pytest.MonkeyPatch, mistakes: Mistakes) -> None:
    monkeypatch.setenv("CALLER", "canary")
    assert mistakes("services: {web: {image: x, command: $CALLER}}") == [
        "compose.yaml: variable CALLER is not set: set it under the product's `env`, or write `${CALLER:-}` for nothing"
    ]


def test_nothing_is_taken_from_an_env_file_of_the_folder(tmp_path: Path, mistakes: Mistakes) -> None:
    (tmp_path / ".env").write_text("FOLDER=canary\nCOMPOSE_FILE=canary\n", encoding="utf-8")
    assert mistakes("services: {web: {image: x, command: $FOLDER}}") == [
        "compose.yaml: variable FOLDER is not set: set it under the product's `env`, or write `${FOLDER:-}` for nothing"
    ]


def test_files_are_merged_in_order(parse: Parse) -> None:
    project = parse(
        "services: {web: {image: a, environment: {A: 1, B: 1}, expose: ['1']}}",
        "services: {web: {image: b, environment: {B: 2}, expose: ['2']}, worker: {image: c}}",
    )
    web = project.services["web"]
    assert (web.image, web.environment, web.ports) == ("b", {"A": "1", "B": "2"}, (1, 2))
    assert set(project.services) == {"web", "worker"}


def test_anchors_and_extends_work(parse: Parse) -> None:
    project = parse(
        "x-base: &base {read_only: true}\n"
        "services: {base: {image: x, init: true}, web: {<<: *base, extends: {service: base}, command: [web]}}"
    )
    web = project.services["web"]
    assert (web.image, web.init, web.read_only, web.command) == ("x", True, True, ("web",))


def test_env_file_is_read(tmp_path: Path, parse: Parse) -> None:
    (tmp_path / "web.env").write_text("A=${PLAIN}\nB=2\n", encoding="utf-8")
    web = parse("services: {web: {image: x, env_file: web.env}}", variables={"PLAIN": "1"}).services["web"]
    assert web.environment == {"A": "1", "B": "2"}


def test_variables_that_no_file_names_are_told(read: Read) -> None:
    text = "services: {web: {image: x, environment: [PASSED, 'A=${USED}']}}"
    reading = read(text, variables={"PASSED": "1", "USED": "1", "USE": "1", "IDLE": "1"})
    assert reading.unused_variables == ("IDLE", "USE")


# fmt: off
HARD_VALUES = [
    "null", "yes", "0o14", "1_000", "1e3", "1e400", "._1", "2001-01-01", "=", "~", "true", ".5", "0x1f", "012", "12:30",
    "", " lead", "- x", "*a", "&b", "!t", "%x", "@x", "multi\nline\n", "tab\tx", '"q"', "'q'", "é", "<<", "a: b",
    "a #b", "{secret:x}", "\\n", "$$x", "#x", "[a", "😀",
]
# fmt: on


def test_values_come_through_as_they_were(parse: Parse) -> None:
    variables = {f"V{number}": value for number, value in enumerate(HARD_VALUES)}
    environment = ", ".join(variables)
    web = parse(f"services: {{web: {{image: x, environment: [{environment}]}}}}", variables=variables).services["web"]
    assert web.environment == variables


def test_missing_compose_binary_is_said_with_its_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(binary.ComposeMissingError, match=r"Docker Compose is missing: `make tools` installs it"):
        binary.find_compose()
