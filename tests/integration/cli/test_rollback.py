"""`slipway rollback`, with a program in the place of ssh."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from infra.config.releases import read_releases
from infra.host.agent.migration_record import Step
from tests.integration.cli.conftest import Program
from tests.integration.cli.history import Server, write_release_file
from tests.unit.cli.conftest import Slipway, stack_file
from tests.unit.cli.history import failed, image, record

FIRST = (record(1, "web", 1), record(1, "db", 1))


@pytest.fixture
def server(program: Program) -> Server:
    return Server(program)


def test_all_services_go_back_together_and_comments_stay(slipway: Slipway, project: Path, server: Server) -> None:
    server.has(*FIRST, record(2, "web", 2), record(2, "db", 2))
    path = write_release_file(project, web=2, db=2)
    result = slipway("rollback", "dev", "shop")
    assert result.exit_code == 0, result.output
    assert path.read_text(encoding="utf-8").startswith("# Written by machines.\n")
    written = read_releases(path, "").images["shop"]
    assert {name: release.image for name, release in written.items()} == {"web": image("web", 1), "db": image("db", 1)}
    assert (written["web"].tag, written["web"].revision) == ("v1", f"{1:040x}")
    assert "shop in dev goes back to run1 of 2026-11-21 10:01:30 UTC by octocat" in result.stdout
    assert "Next: `slipway up dev --product shop`" in result.stdout


def test_a_service_that_stays_is_not_touched(slipway: Slipway, project: Path, server: Server) -> None:
    server.has(*FIRST, record(2, "web", 2))
    write_release_file(project, web=2, db=1)
    data = json.loads(slipway("rollback", "dev", "shop", "--json").stdout)
    assert [step["service"] for step in data["services"]] == ["web"]
    assert data["services"][0]["former"] == image("web", 2)


def test_what_a_stop_first_service_costs_is_told(slipway: Slipway, project: Path, server: Server) -> None:
    compose = project / "compose.yaml"
    text = compose.read_text(encoding="utf-8").replace('postgres:17"', 'postgres:17", x-slipway: {release: recreate}')
    compose.write_text(text, encoding="utf-8")
    server.has(*FIRST, record(2, "web", 2), record(2, "db", 2))
    path = write_release_file(project, web=2, db=2)
    shown = " ".join(slipway("rollback", "dev", "shop").stdout.split())
    assert "web sha256:000000000000 v1 sha256:000000000000 rolling" in shown
    assert "sha256:000000000000 stop-first ≤ 70 s down" in shown
    server.has(*FIRST, record(2, "web", 2), record(2, "db", 2, down=7.4))
    write_release_file(project, web=2, db=2)
    assert "stop-first ≈ 7 s down" in slipway("rollback", "dev", "shop").stdout
    assert image("db", 1) in path.read_text(encoding="utf-8")


def test_a_configuration_that_has_changed_since_is_told(slipway: Slipway, project: Path, server: Server) -> None:
    server.has(*FIRST, record(2, "web", 2, config="c1"))
    write_release_file(project, web=2, db=1)
    assert "Configured otherwise since then: web." in slipway("rollback", "dev", "shop").stdout


def test_a_release_can_be_named(slipway: Slipway, project: Path, server: Server) -> None:
    server.has(*FIRST, record(2, "web", 2), record(3, "web", 3))
    path = write_release_file(project, web=3, db=1)
    assert slipway("rollback", "dev", "shop", "--to", "web1").exit_code == 0
    assert image("web", 1) in path.read_text(encoding="utf-8")
    assert "says run1" in slipway("rollback", "dev", "shop", "--to", "run1").stdout


def migration(phase: str) -> Step:
    """Return the migration before the second release."""
    return Step(
        run="run2",
        service="dev-shop/web",
        image=image("web", 2),
        tag="v2",
        command="c",
        phase=phase,
        container="dev-shop-web-migrate-2",
        timeout=300,
        actor="octocat",
        start="2026-11-21T10:01:45+00:00",
        end="2026-11-21T10:01:50+00:00",
        result="good",
    )


def test_a_database_that_is_ahead_by_what_it_gained_holds_nothing_up(
    slipway: Slipway, project: Path, server: Server
) -> None:
    server.has(*FIRST, record(2, "web", 2))
    server.migrated(migration("expand"))
    path = write_release_file(project, web=2, db=1)
    assert slipway("rollback", "dev", "shop").exit_code == 0
    assert image("web", 1) in path.read_text(encoding="utf-8")


def test_a_database_that_is_ahead_by_what_it_lost_is_named_with_the_moment_before(
    slipway: Slipway, project: Path, server: Server
) -> None:
    server.has(*FIRST, record(2, "web", 2))
    server.migrated(migration("contract"))
    path = write_release_file(project, web=2, db=1)
    before = path.read_text(encoding="utf-8")
    refused = slipway("rollback", "dev", "shop")
    said = " ".join(refused.output.split())
    assert refused.exit_code == 1
    assert "ahead by the contract migration of v2, which began at 2026-11-21 10:01:45 UTC" in said
    assert path.read_text(encoding="utf-8") == before


@pytest.mark.parametrize("to", [[], ["--to", "run2"]])
def test_without_a_good_release_nothing_is_written(
    slipway: Slipway, project: Path, server: Server, to: list[str]
) -> None:
    server.has(*FIRST, failed(2, "web", 2))
    path = write_release_file(project, web=1, db=1)
    before = path.read_text(encoding="utf-8")
    result = slipway("rollback", "dev", "shop", *to)
    assert result.exit_code == 1
    assert "shop has no good release" in result.stderr
    assert "there is run1." in result.stderr
    assert path.read_text(encoding="utf-8") == before


def test_an_image_that_the_compose_file_names_no_more_is_refused(
    slipway: Slipway, project: Path, server: Server
) -> None:
    server.has(record(1, "web", 1, image=f"other.test/shop/web@sha256:{1:064x}"), record(2, "web", 2))
    path = write_release_file(project, web=2, db=1)
    before = path.read_text(encoding="utf-8")
    result = slipway("rollback", "dev", "shop")
    assert result.exit_code == 1
    assert "Nothing was written." in result.stderr
    assert path.read_text(encoding="utf-8") == before


def test_a_service_that_is_gone_is_left_out(slipway: Slipway, project: Path, server: Server) -> None:
    server.has(*FIRST, replace(record(1, "db", 1), service="dev-shop/cache"), record(2, "web", 2))
    path = write_release_file(project, web=2, db=1)
    assert slipway("rollback", "dev", "shop").exit_code == 0
    assert "cache" not in path.read_text(encoding="utf-8")


@pytest.mark.usefixtures("server")
def test_a_server_that_cannot_be_asked_has_another_way_out(slipway: Slipway, project: Path) -> None:
    write_release_file(project, web=2, db=1)
    result = slipway("rollback", "dev", "shop")
    assert result.exit_code == 1
    assert "written down on main, which cannot be asked" in result.stderr
    assert "git revert" in result.stderr


def test_another_stack_is_refused(slipway: Slipway, project: Path) -> None:
    (project / "Pulumi.dev.yaml").write_text(stack_file("registry.test"), encoding="utf-8")
    assert slipway("rollback", "prod", "shop").exit_code == 2
