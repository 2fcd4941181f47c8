"""`slipway logs`, with a program in the place of ssh."""

import json
from pathlib import Path

import pytest

from tests.integration.cli.conftest import Program
from tests.integration.cli.test_bans import DEAD, Servers
from tests.integration.cli.test_status import BLOG, COMPOSE, STACK
from tests.unit.cli.conftest import Slipway


def line(text: str, release: str = "aaaaaaaa") -> dict[str, str]:
    """Return a line as a server sends it."""
    return {"service": "web", "release": release, "time": "2026-11-22T10:00:01.123456789Z", "line": text}


def sent(*lines: dict[str, str]) -> tuple[int, str, str]:
    return 0, "\n".join(map(json.dumps, lines)), ""


@pytest.fixture
def servers(program: Program, project: Path) -> Servers:
    """Return two servers, of which one has a product that says something."""
    both = Servers(program, project)
    (project / "Pulumi.dev.yaml").write_text(STACK, encoding="utf-8")
    (project / "compose.yaml").write_text(COMPOSE, encoding="utf-8")
    (project / "blog.yaml").write_text(BLOG, encoding="utf-8")
    both.answer({"one.test": sent(line("GET / 200"), line("ERROR: no", "bbbbbbbb"))})
    return both


def test_old_and_new_release_are_told_apart(slipway: Slipway, servers: Servers) -> None:
    result = slipway("logs", "dev", "shop")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        "2026-11-22 10:00:01.123 web aaaaaaaa | GET / 200",
        "2026-11-22 10:00:01.123 web bbbbbbbb | ERROR: no",
    ]
    assert [host for host, _ in servers.calls()] == ["one.test"], "the product is there and nowhere else"


def test_lines_are_picked_by_an_expression(slipway: Slipway, servers: Servers) -> None:
    result = slipway("logs", "dev", "shop", "web", "--grep", "ERR|WARN", "--since", "10m")
    assert [each.rpartition(" | ")[2] for each in result.stdout.splitlines()] == ["ERROR: no"]
    assert servers.calls()


def test_nothing_steers_the_terminal(slipway: Slipway, servers: Servers) -> None:
    text = "\x1b[31mred\x1b[0m \x1b]0;title\x07bell\x07\ta\rb \u202ereversed"
    servers.answer({"one.test": sent(line(text))})
    shown = slipway("logs", "dev", "shop").stdout.splitlines()
    assert shown == ["2026-11-22 10:00:01.123 web aaaaaaaa | red bell\\u0007       a\\u000db \\u202ereversed"]


def test_a_log_that_cannot_be_read_is_said(slipway: Slipway, servers: Servers) -> None:
    servers.answer({"one.test": sent({"trouble": "dev-shop-web: no log"}, line("after"))})
    result = slipway("logs", "dev", "shop")
    assert (result.exit_code, "after" in result.stdout) == (1, True)
    assert "slipway: dev-shop-web: no log." in result.stderr


def test_a_server_that_is_away_is_one_sentence(slipway: Slipway, servers: Servers) -> None:
    servers.answer({"one.test": DEAD})
    result = slipway("logs", "dev", "shop")
    assert result.exit_code == 1
    assert result.stderr.startswith("slipway: one.test")
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["shop", "wbe"], "shop has no service wbe; did you mean `web`?"),
        (["shpo"], "dev has no product shpo"),
        (["shop", "--grep", "("], "`(` is no regular expression"),
        (["shop", "--since", "yesterday"], "`yesterday` is neither a span"),
        (["shop", "--server", "other"], "shop is on main, and not on other."),
        (["edge"], "name one by `--server`, of main, other."),
    ],
)
def test_a_wish_that_cannot_be_is_usage(words: list[str], said: str, slipway: Slipway, servers: Servers) -> None:
    result = slipway("logs", "dev", *words)
    assert (result.exit_code, said in " ".join(result.stderr.split())) == (2, True), result.stderr
    assert not (servers.bin / "calls").exists()
