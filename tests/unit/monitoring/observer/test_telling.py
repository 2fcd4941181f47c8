"""What the logs of a product are told as: whole lines, in the order of time, of every container."""

import json
import struct
import threading
from typing import Any

import pytest

from infra.monitoring.observer import telling
from infra.monitoring.observer.lines import after
from infra.monitoring.observer.telling import Wish, tell
from infra.monitoring.observer.watch import Event, Watch
from tests.unit.monitoring.observer.conftest import Server

WISH = Wish(stack="dev", product="shop", service=None, since=None, tail=None, follow=False)
_SECONDS = 120


def frame(second: int, text: str, stream: int = 1) -> bytes:
    """Return a piece of a log, as Docker sends it."""
    content = f"2026-11-22T10:00:{second:02}.000000000Z {text}".encode()
    return struct.pack(">BxxxL", stream, len(content)) + content


def log(server: Server, name: str, *frames: bytes, **changes: Any) -> str:
    """Have a container that wrote something."""
    identity = server.container(name, **changes)
    server.engine.replies["GET", f"/containers/{identity}/logs"] = b"".join(frames)
    return identity


def told(capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_lines_of_all_containers_come_in_the_order_of_time(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    log(server, "dev-shop-web-aaaaaaaa", frame(1, "a\n"), frame(4, "d\n"), release="aaaaaaaa")
    log(server, "dev-shop-web-bbbbbbbb", frame(2, "b\n"), release="bbbbbbbb")
    log(server, "dev-shop-db-job-clean-cccccccc", frame(3, "c\n"), service="db", release="cccccccc")
    tell(WISH)
    found = told(capsys)
    assert [(each["line"], each["service"], each["release"]) for each in found] == [
        ("a", "web", "aaaaaaaa"),
        ("b", "web", "bbbbbbbb"),
        ("c", "db.job-clean", "cccccccc"),
        ("d", "web", "aaaaaaaa"),
    ]


def test_a_long_line_in_several_pieces_is_one_line(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    pieces = [frame(1, "x" * 16_384), frame(1, "stderr\n", stream=2), frame(1, "y" * 10 + "\n"), frame(2, "not ended")]
    log(server, "dev-shop-web", *pieces)
    tell(WISH)
    lines = [each["line"] for each in told(capsys)]
    assert sorted(lines) == sorted(["stderr", "x" * 16_384 + "y" * 10, "not ended"])


def test_a_container_with_a_terminal_has_no_frames(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    labels = {"slipway.stack": "dev", "slipway.product": "shop", "slipway.service": "web"}
    identity = log(server, "dev-shop-web", Config={"Labels": labels, "Tty": True})
    server.engine.replies["GET", f"/containers/{identity}/logs"] = b"2026-11-22T10:00:01.000000000Z one\r\n"
    tell(WISH)
    assert [each["line"] for each in told(capsys)] == ["one"]


def test_only_what_is_wished_for_is_told(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    identity = log(server, "dev-shop-web", frame(1, "web\n"))
    log(server, "dev-shop-db", frame(1, "db\n"), service="db")
    tell(Wish(stack="dev", product="shop", service="web", since=5.5, tail=3, follow=False))
    assert [each["line"] for each in told(capsys)] == ["web"]
    query = server.engine.queries[f"/containers/{identity}/logs"]
    assert (query["since"], query["tail"], query["follow"]) == (["5.500000000"], ["3"], ["0"])
    tell(Wish(stack="dev", product="blog", service=None, since=None, tail=None, follow=False))
    assert told(capsys) == []


def test_a_log_that_cannot_be_read_hides_no_other(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    identity = log(server, "dev-shop-web", frame(1, "web\n"))
    log(server, "dev-shop-db", frame(2, "db\n"), service="db")
    # Docker breaks off in the middle of a header.
    server.engine.replies["GET", f"/containers/{identity}/logs"] = b"\x01\x00"
    tell(WISH)
    assert [each["line"] for each in told(capsys)] == ["db"]


def test_who_follows_gets_the_lines_of_a_container_that_a_release_starts(
    server: Server, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    log(server, "dev-shop-web-aaaaaaaa", frame(1, "old\n"), release="aaaaaaaa")
    watch = Watch()
    watch.events.put(Event("start", log(server, "dev-shop-web-bbbbbbbb", frame(9, "new\n"), release="bbbbbbbb")))
    monkeypatch.setattr(Watch, "start", lambda _: None)
    monkeypatch.setattr(telling, "Watch", lambda: watch)
    arrived = threading.Event()
    lines: list[str] = []

    def hear(_: object, data: dict[str, str]) -> None:
        lines.append(f"{data['release']} {data['line']}")
        if len(lines) == 3:
            arrived.set()

    monkeypatch.setattr(telling._Teller, "_print", hear)
    teller = telling._Teller(WISH)
    teller.tell_past()
    threading.Thread(target=teller.tell_future, daemon=True).start()
    assert arrived.wait(_SECONDS)
    assert lines[-1] == "bbbbbbbb new", capsys.readouterr()


def test_the_moment_after_a_line_is_a_nanosecond_later() -> None:
    assert after("2026-11-22T10:00:00.123456789Z") == "1795341600.123456790"
