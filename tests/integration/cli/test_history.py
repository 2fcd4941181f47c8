"""`slipway history`, with a program in the place of ssh."""

import json
import shlex
import subprocess
from pathlib import Path

import pytest

from infra.cli import release_records
from tests.integration.cli.conftest import Program
from tests.integration.cli.history import Server
from tests.unit.cli.conftest import EDGE, Slipway
from tests.unit.cli.history import failed, record


@pytest.fixture
def server(program: Program) -> Server:
    return Server(program)


def test_the_newest_release_is_first(slipway: Slipway, server: Server) -> None:
    server.has(record(1, "web", 1), record(2, "db", 2, strategy="stop-first", down=7.4), failed(3, "web", 2))
    result = slipway("history", "dev")
    assert result.exit_code == 0, result.output
    _, newest, middle, oldest, _ = (" ".join(line.split()) for line in result.stdout.splitlines())
    assert newest.startswith("2026-11-21 10:03:30 run3 shop web v2 sha256:000000000000")
    assert newest.endswith("octocat 30 s failed at gate: expected healthy within 60 s")
    assert middle.endswith("good, stop-first, 7 s down")
    assert oldest.endswith("good, rolling")


def test_programs_get_json(slipway: Slipway, server: Server) -> None:
    server.has(record(1, "web", 1), record(2, "web", 2))
    (newest,) = json.loads(slipway("history", "dev", "shop", "--last", "1", "--json").stdout)
    assert (newest["id"], newest["product"], newest["service"], newest["digest"][-1]) == ("run2", "shop", "web", "2")


def test_nothing_released_is_said(slipway: Slipway, server: Server) -> None:
    server.has()
    result = slipway("history", "dev")
    assert (result.exit_code, result.stdout) == (0, "Nothing has been released yet.\n")


@pytest.mark.usefixtures("server")
def test_a_server_that_cannot_be_asked_is_named(slipway: Slipway) -> None:
    result = slipway("history", "dev")
    assert result.exit_code == 1
    assert "main: 127.0.0.1 does not answer" in result.stderr
    assert result.stdout == ""


def test_the_edge_has_no_history(slipway: Slipway, project: Path) -> None:
    path = project / "Pulumi.dev.yaml"
    path.write_text(path.read_text(encoding="utf-8") + EDGE, encoding="utf-8")
    assert slipway("history", "dev", "edge").exit_code == 2
    assert slipway("history", "dev", "blog").exit_code == 2


def test_the_files_of_all_products_are_read_and_nothing_else(tmp_path: Path) -> None:
    for product in ("dev-shop", "dev-blog"):
        (tmp_path / product).mkdir()
        (tmp_path / product / "web.jsonl").write_text(f"{product}\n", encoding="utf-8")
        (tmp_path / product / ".web.jsonl.1f.slipway").write_text("half\n", encoding="utf-8")
    folders = [str(tmp_path / name) for name in ("dev-shop", "never-released", "dev-blog")]
    command = shlex.join(["sh", "-c", release_records._SCRIPT, "sh", *folders])
    said = subprocess.run(["sh", "-c", command], check=True, capture_output=True, text=True).stdout
    assert said == "dev-shop\ndev-blog\n"
