"""`slipway maintenance`, as a person calls it."""

import json
from pathlib import Path

from tests.unit.cli.conftest import Slipway

FILE = "stacks/releases/dev.maintenance.yaml"


def test_on_and_off_are_a_line_beside_the_release_file(slipway: Slipway, project: Path) -> None:
    on = slipway("maintenance", "dev", "shop", "on")
    assert on.exit_code == 0
    assert f"{FILE}. Next: `slipway up dev`" in on.output.replace("\n", " ")
    assert (project / FILE).read_text(encoding="utf-8").endswith("\n- shop\n")
    assert slipway("maintenance", "dev", "shop", "off").exit_code == 0
    assert not (project / FILE).exists()


def test_what_is_so_already_changes_nothing(slipway: Slipway, project: Path) -> None:
    answer = slipway("maintenance", "dev", "shop", "off", "--json")
    assert json.loads(answer.output)["changed"] is False
    assert not (project / FILE).exists()
    assert "is off already" in slipway("maintenance", "dev", "shop", "off").output


def test_an_unknown_product_is_refused(slipway: Slipway) -> None:
    answer = slipway("maintenance", "dev", "shopp", "on")
    assert answer.exit_code == 2
    assert "dev has no product shopp; did you mean `shop`?" in answer.output


def test_a_file_with_mistakes_is_left_alone(slipway: Slipway, project: Path) -> None:
    (project / FILE).parent.mkdir(parents=True)
    (project / FILE).write_text("shop: true\n", encoding="utf-8")
    answer = slipway("maintenance", "dev", "shop", "on")
    assert answer.exit_code == 1
    assert f"{FILE}: must be a list" in answer.output
    assert (project / FILE).read_text(encoding="utf-8") == "shop: true\n"
