"""`slipway outdated`, against a registry on loopback."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.cli.tags import in_same_line, newer
from tests.integration.cli.registry import Behaviour, serving
from tests.unit.cli.conftest import DIGEST, OTHER, Slipway, stack_file

IMAGES = {"postgres:17": DIGEST, "shop/web:v1": DIGEST}


@pytest.fixture
def registry(project: Path) -> Iterator[Behaviour]:
    """Return a registry with the images that the release file names."""
    with serving(Behaviour(digests=dict(IMAGES))) as behaviour:
        (project / "Pulumi.dev.yaml").write_text(stack_file(behaviour.host), encoding="utf-8")
        releases = project / "stacks/releases/dev.yaml"
        releases.parent.mkdir(parents=True)
        web = f"web: {{image: '{behaviour.host}/shop/web@{DIGEST}', tag: v1}}"
        db = f"db: {{image: '{behaviour.host}/postgres@{DIGEST}', tag: '17'}}"
        releases.write_text(f"shop: {{{web}, {db}}}\n", encoding="utf-8")
        yield behaviour


@pytest.mark.usefixtures("registry")
def test_nothing_newer_is_exit_code_0(slipway: Slipway) -> None:
    result = slipway("outdated", "dev")
    assert result.exit_code == 0, result.output
    assert "Nothing newer: 2 images" in result.stdout


def test_a_tag_that_was_pushed_again_is_rebuilt(slipway: Slipway, registry: Behaviour) -> None:
    registry.digests["postgres:17"] = OTHER
    result = slipway("outdated", "dev", "--json")
    assert result.exit_code == 2
    db, web = json.loads(result.stdout)
    assert (db["rebuilt"], db["newest"], web["rebuilt"]) == (True, None, False)


@pytest.mark.parametrize("login", ["basic", "bearer"])
def test_later_versions_are_listed_page_by_page(slipway: Slipway, registry: Behaviour, login: str) -> None:
    registry.login = login
    registry.page = 2
    registry.digests |= {"postgres:18": OTHER, "postgres:9": OTHER, "postgres:latest": OTHER, "shop/web:v3": OTHER}
    result = slipway("outdated", "dev")
    assert result.exit_code == 2
    rows = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert f"shop db {registry.host}/postgres:17 same 18" in rows
    assert f"shop web {registry.host}/shop/web:v1 same v3" in rows
    assert registry.requests.count("GET /v2/postgres/tags/list") > 1


def test_an_image_that_cannot_be_told_hides_no_other(slipway: Slipway, registry: Behaviour) -> None:
    del registry.digests["shop/web:v1"]
    result = slipway("outdated", "dev")
    assert result.exit_code == 1
    assert "could not tell" in result.stderr
    registry.digests["postgres:17"] = OTHER
    assert slipway("outdated", "dev").exit_code == 2


def test_an_authority_that_cannot_be_read_is_said(slipway: Slipway, project: Path, registry: Behaviour) -> None:
    path = project / "Pulumi.dev.yaml"
    written = path.read_text(encoding="utf-8")
    path.write_text(written.replace("username: ci,", "username: ci, ca_file: ca.pem,"), encoding="utf-8")
    result = slipway("outdated", "dev")
    assert result.exit_code == 1
    assert "could not tell: " in result.stderr
    assert "ca.pem cannot be read as a certificate authority" in result.stderr
    path.write_text(written.replace("username: ci,", "username: ci, ca_file: ~nobody-here/ca.pem,"), encoding="utf-8")
    assert "~nobody-here/ca.pem begins with `~`" in slipway("outdated", "dev").stderr
    assert registry.requests == []


def test_a_stack_that_does_not_exist_is_unknown(slipway: Slipway) -> None:
    assert slipway("outdated", "prod").exit_code == 1


@pytest.mark.parametrize(
    ("tag", "tags", "expected"),
    [
        ("17", ["16", "18", "18.1", "18-alpine", "latest", "v19"], ["18"]),
        ("17.2", ["17.10", "17.9", "18.0", "17.2"], ["17.9", "17.10", "18.0"]),
        ("3.19-alpine", ["3.20-alpine", "3.21", "3.20-slim"], ["3.20-alpine"]),
        ("v1.8.2", ["v1.9.0", "v2.0.0-rc1", "1.9.9"], ["v1.9.0"]),
        ("2.0.0-rc", ["2.0.1-rc"], ["2.0.1-rc"]),
        ("latest", ["1", "2"], []),
        ("1", ["99999999999999999999"], []),
    ],
)
def test_later_versions_are_of_the_same_family(tag: str, tags: list[str], expected: list[str]) -> None:
    assert [version.tag for version in newer(tag, tags)] == expected


def test_the_same_line_is_the_same_major_version() -> None:
    later = newer("17.2", ["17.10", "18.0"])
    assert [version.tag for version in in_same_line("17.2", later)] == ["17.10"]
