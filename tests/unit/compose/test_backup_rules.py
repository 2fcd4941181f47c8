"""What a compose file must not say of backups."""

import pytest

from tests.unit.compose.conftest import Mistakes

COMPOSE = """
services:
  one: {{image: {image}, volumes: ["{mount}"], x-slipway: {{backup: {backup}}}}}
volumes: {{data: {{}}}}
"""
POSTGRES = "/var/lib/postgresql/data"


@pytest.mark.parametrize(
    ("image", "mount", "backup", "mistake"),
    [
        ("x", "data:/data", "{none: short}", "none: "),
        ("x", "data:/data", "{none: it is made anew at night, files: stop}", "has `none`, beside which nothing else"),
        ("x", "data:/data", "{files: cold}", "files: must be"),
        ("x", "data:/data", "{sqlite: [/other/app.db]}", "/other/app.db is in no named volume of the service"),
        ("x", "data:/data", "{checks: [SELECT true]}", "checks: is for a PostgreSQL service"),
        ("postgres:17", f"data:{POSTGRES}", "{files: stop}", "files: has no effect: PostgreSQL is dumped"),
        ("postgres:17", f"data:{POSTGRES}", "{database: shop}", "database: has no effect without `checks`"),
    ],
)
def test_a_mistake_is_named_with_its_place(
    image: str, mount: str, backup: str, mistake: str, mistakes: Mistakes
) -> None:
    found = mistakes(COMPOSE.format(image=image, mount=mount, backup=backup))
    assert [line for line in found if "x-slipway.backup" in line and mistake in line], found


def test_a_service_that_keeps_nothing_has_no_backup(mistakes: Mistakes) -> None:
    found = mistakes("services: {one: {image: x, x-slipway: {backup: {files: stop}}}}")
    assert any("has no effect: the service keeps nothing in a named volume" in line for line in found), found


def test_one_service_speaks_for_a_volume(mistakes: Mistakes) -> None:
    one = "image: x, volumes: [data:/data], x-slipway: {backup: {files: stop}}"
    found = mistakes(f"services:\n  a: {{{one}}}\n  b: {{{one}}}\nvolumes: {{data: {{}}}}\n")
    assert any("service a says it of volume data already" in line for line in found), found
