"""Which products show the maintenance page."""

from pathlib import Path

import pytest

from infra.config.maintenance import maintenance_path, read_maintenance, write_maintenance
from tests.unit.config.conftest import Stack


def path(stack: Stack) -> Path:
    (stack.root / "releases").mkdir(exist_ok=True)
    return maintenance_path(stack.root / "releases", "dev")


def test_a_product_is_in_maintenance_while_the_file_names_it(stack: Stack) -> None:
    assert not stack.load().products["shop"].maintenance
    write_maintenance(path(stack), {"shop"})
    assert stack.load().products["shop"].maintenance
    write_maintenance(path(stack), set())
    assert not path(stack).exists()
    assert not stack.load().products["shop"].maintenance


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("- shopp", "[0]: the stack has no such product; did you mean `shop`?"),
        ("shop: true", "must be a list"),
        ("- 7", "[0]: must be a text; put it in quotes if it looks like a number"),
        ("[", "this is not YAML"),
    ],
)
def test_a_file_that_says_something_else_is_a_mistake(stack: Stack, text: str, line: str) -> None:
    path(stack).write_text(text, encoding="utf-8")
    (found,) = stack.mistakes()
    assert found.startswith("releases/dev.maintenance.yaml: ")
    assert line in found


def test_a_page_that_does_not_exist_is_wanted_by_an_up(stack: Stack) -> None:
    stack.product["maintenance_page"] = "page.html"
    assert stack.load().products["shop"].maintenance_page is not None
    stack.preview = False
    place = "slipway:products.shop.maintenance_page"
    assert stack.mistakes() == [f"Pulumi.dev.yaml: {place}: names a file that does not exist"]


def test_what_is_written_is_read_in_order(tmp_path: Path) -> None:
    file = maintenance_path(tmp_path, "dev")
    write_maintenance(file, {"shop", "blog"})
    assert read_maintenance(file, "dev").products == ["blog", "shop"]
