"""`slipway backup`, `backups` and `restore`, with a program in the place of ssh."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.cli import backup
from tests.integration.cli.conftest import Program
from tests.integration.cli.test_bans import DEAD, Servers
from tests.unit.cli.conftest import KEY, Slipway

STACK = f"""
config:
  slipway:servers:
    main: {{host: one.test, ssh: {{host_key: "{KEY}"}}, admin_keys: ["{KEY}"]}}
  slipway:products:
    shop: {{server: main, compose: [compose.yaml]}}
  slipway:backups:
    targets: {{disk: {{path: /srv/backups}}}}
"""
COMPOSE = """
services: {db: {image: registry.test/postgres:17, volumes: ["data:/var/lib/postgresql/data"]}}
volumes: {data: {}}
"""
FORETOLD: dict[str, Any] = {
    "product": "dev-shop",
    "target": "disk",
    "run": "r1",
    "backup": "2026-11-22T09:00:00+00:00",
    "lost_seconds": 600,
    "items": [{"name": "db", "kind": "postgres", "size": 2_500_000}],
    "running": ["dev-shop-db"],
}
TOLD = {
    **FORETOLD,
    "took_seconds": 4.2,
    "former": ["database shop_before_1 in container dev-shop-db"],
    "beside": [],
    "tables": {"shop": {"public.orders": {"serving": 7, "restored": 9}}},
}


def line(minutes: float, **changes: Any) -> dict[str, Any]:
    """Return what is written down of a run that ended some minutes ago."""
    end = (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat(timespec="seconds")
    return {"end": end, "exit": 0, "size": 2_500_000, "repository": 1_000, **changes}


def report(last: dict[str, Any] | None, good: dict[str, Any] | None, drill: dict[str, Any] | None = None) -> str:
    """Return what the server answers."""
    targets = [{"target": "disk", "last": last, "good": good, "drill": drill}]
    items = [{"name": "db", "kind": "postgres"}, {"name": "slipway", "kind": "state"}]
    whole = {"product": "dev-shop", "items": items, "step": "", "stale_after": 10_800, "targets": targets}
    return json.dumps([whole])


@pytest.fixture
def server(program: Program, project: Path, monkeypatch: pytest.MonkeyPatch) -> Servers:
    """Return a server with a product whose last backup is ten minutes old."""
    monkeypatch.setattr(backup, "PAUSE_SECONDS", 0.0)
    servers = Servers(program, project)
    (project / "Pulumi.dev.yaml").write_text(STACK, encoding="utf-8")
    (project / "compose.yaml").write_text(COMPOSE, encoding="utf-8")
    good = line(10)
    servers.answer(
        {
            "backup report dev-shop": (0, report(good, good, line(60, rto_seconds=3.2)), ""),
            "systemctl start": (0, "", ""),
            "systemctl show": (0, "inactive", ""),
            "--dry-run": (0, json.dumps(FORETOLD), ""),
            "systemd-run": (0, json.dumps(TOLD), ""),
        }
    )
    return servers


def asked(server: Servers) -> list[str]:
    """Return the commands that the server got."""
    return [command for _, command in server.calls()]


def test_the_table_says_what_is_kept_and_how_old_it_is(slipway: Slipway, server: Servers) -> None:
    result = slipway("backups", "dev")
    assert result.exit_code == 0, result.output
    row = " ".join(result.stdout.splitlines()[1].split())
    assert row.startswith("dev-shop db disk ")
    assert re.search(r" 1\d min ", row)
    assert "2.5 MB 1.0 kB" in row
    assert "good, 3 s good" in row
    assert asked(server)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (report(None, None), "no backup yet"),
        (report(line(1, exit=1, reason="target disk: there is no such bucket"), line(9)), "there is no such bucket"),
        (report(line(300), line(300)), "too old"),
        (report(line(1), line(1), line(9, exit=1, reason="a table is gone")), "drill: a table is gone"),
    ],
)
def test_what_is_wrong_is_said_and_is_an_exit_code(said: str, words: str, slipway: Slipway, server: Servers) -> None:
    server.answer({"backup report": (0, said, "")})
    result = slipway("backups", "dev")
    assert result.exit_code == 1
    assert words in result.stdout


@pytest.mark.parametrize("verb", ["backups", "backup"])
def test_a_silent_server_is_a_failure_that_is_said_once(slipway: Slipway, server: Servers, verb: str) -> None:
    server.answer({"one.test": DEAD})
    result = slipway(verb, "dev")
    assert (result.exit_code, result.stdout) == (1, ""), "there is nothing to head a table of"
    assert result.stderr.count("does not answer to user deploy") == 1
    assert result.stderr.count("`slipway doctor dev`") == 1


def test_a_server_that_was_away_for_a_moment_is_said_too(slipway: Slipway, server: Servers) -> None:
    good = line(10)
    server.answer({"systemctl start": DEAD, "backup report": (0, report(good, good), "")})
    result = slipway("backup", "dev")
    assert (result.exit_code, "shop: one.test does not answer to user deploy" in result.stderr) == (1, True)


def test_products_that_a_lost_connection_left_out_are_said(slipway: Slipway, server: Servers, project: Path) -> None:
    shop = "    shop: {server: main, compose: [compose.yaml]}\n"
    text = STACK.replace(shop, shop + shop.replace("shop", "tea"))
    (project / "Pulumi.dev.yaml").write_text(text, encoding="utf-8")
    good = line(10)
    server.answer({"systemctl start": DEAD, "backup report": (0, report(good, good), "")})
    assert "slipway: shop, tea: one.test does not answer" in slipway("backup", "dev").stderr


def test_a_server_that_was_away_for_a_moment_is_said_beside_one_that_still_is(
    slipway: Slipway, server: Servers, project: Path
) -> None:
    path = project / "Pulumi.dev.yaml"
    other = f'{{host: two.test, ssh: {{host_key: "{KEY}"}}, admin_keys: ["{KEY}"]}}'
    text = STACK.replace("    main:", f"    other: {other}\n    main:")
    path.write_text(
        text.replace("    shop:", "    blog: {server: other, compose: [compose.yaml]}\n    shop:"), encoding="utf-8"
    )
    good = line(10)
    server.answer({"two.test": DEAD, "systemctl start": DEAD, "backup report": (0, report(good, good), "")})
    said = slipway("backup", "dev").stderr
    assert (said.count("one.test does not answer"), said.count("two.test does not answer")) == (1, 1)


def test_a_backup_is_the_unit_of_the_timer(slipway: Slipway, server: Servers) -> None:
    result = slipway("backup", "dev", "shop")
    assert result.exit_code == 0, result.output
    assert any("systemctl start --no-block slipway-backup-dev-shop.service" in each for each in asked(server))


def test_a_stack_without_backups_says_so(slipway: Slipway, server: Servers, project: Path) -> None:
    text = STACK.partition("  slipway:backups")[0]
    (project / "Pulumi.dev.yaml").write_text(text, encoding="utf-8")
    for words in (("backups", "dev"), ("backup", "dev"), ("restore", "dev", "shop")):
        result = slipway(*words)
        assert (result.exit_code, "no `slipway:backups`" in result.stderr) == (1, True)
    assert not (server.bin / "calls").exists()


def test_a_restore_says_what_came_of_it(slipway: Slipway, server: Servers) -> None:
    result = slipway("restore", "dev", "shop", "--service", "db", "--at", "2026-11-22T09:30", "--yes")
    assert result.exit_code == 0, result.output
    assert "Backup of 2026-11-22 09:00:00 UTC at disk: what was written in the 10 min 0 s since" in result.stdout
    assert "shop: public.orders had 7 rows, and has 9." in result.stdout
    assert "The former data are kept: database shop_before_1" in result.stdout
    command = asked(server)[-1]
    assert "--service db --at 2026-11-22T09:30:00+00:00 --confirmed" in command


def test_a_product_that_runs_is_not_touched_unasked(slipway: Slipway, server: Servers) -> None:
    result = slipway("restore", "dev", "shop")
    assert result.exit_code == 1
    assert "dev-shop-db runs, and would lose its newest data: add `--yes`" in result.stderr
    assert not [each for each in asked(server) if "systemd-run" in each]


def test_a_dry_run_and_a_copy_ask_nothing(slipway: Slipway, server: Servers) -> None:
    assert slipway("restore", "dev", "shop", "--dry-run").exit_code == 0
    assert not [each for each in asked(server) if "systemd-run" in each]
    assert slipway("restore", "dev", "shop", "--into", "new").exit_code == 0
    assert "--into-new" in asked(server)[-1]


def test_what_the_server_refuses_is_one_sentence(slipway: Slipway, server: Servers) -> None:
    server.answer({"--dry-run": (9, "", "target disk has no backup of db; there is none")})
    result = slipway("restore", "dev", "shop")
    assert (result.exit_code, result.stderr.strip()) == (
        1,
        "slipway: one.test: target disk has no backup of db; there is none.",
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--service", "dbb"), "shop has no backup of dbb; did you mean `db`?"),
        (("--service", "slipway"), "shop has no backup of slipway; it has db."),
        (("--from", "dsk"), "dev has no target dsk; did you mean `disk`?"),
    ],
)
def test_a_name_that_is_none_is_said_before_a_server_is_asked(
    slipway: Slipway, server: Servers, words: tuple[str, str], said: str
) -> None:
    result = slipway("restore", "dev", "shop", *words, "--dry-run")
    assert (result.exit_code, said in result.stderr) == (2, True), result.output
    assert not (server.bin / "calls").exists()


def test_a_time_that_is_none_is_usage(slipway: Slipway, server: Servers) -> None:
    result = slipway("restore", "dev", "shop", "--at", "yesterday")
    assert (result.exit_code, "`yesterday` is no time" in result.stderr) == (2, True)
    assert not (server.bin / "calls").exists()
