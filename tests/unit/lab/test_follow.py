"""The events of a run are read as they are written, each once."""

import json
from collections.abc import Iterator
from pathlib import Path

from tests.lab.stack import follow


def test_each_event_is_told_once_and_a_line_that_is_not_whole_later(tmp_path: Path) -> None:
    log = tmp_path / "events.json"
    lines = [json.dumps({"sequence": number, "text": "ä"}, ensure_ascii=False) + "\n" for number in range(3)]
    written = "".join(lines).encode()
    whole = len(lines[0].encode())

    def parts() -> Iterator[bool]:
        yield True
        log.write_bytes(written[: whole + 9])
        yield True
        log.write_bytes(written)
        yield False

    running = parts()
    assert [event["sequence"] for event in follow(log, lambda: next(running))] == [0, 1, 2]
