"""One program's output as another one's input: half of it is never taken for the whole."""

from pathlib import Path

import pytest

from infra.backups.program.processes import drain, pour
from infra.backups.program.trouble import TroubleError


def keep(path: Path) -> list[str]:
    """Return a program that writes a file only when it has seen the end, as restic does."""
    return ["sh", "-c", 'text=$(cat) && printf %s "$text" > "$0"', str(path)]


def test_what_ends_well_is_kept(tmp_path: Path) -> None:
    assert pour(["sh", "-c", "echo whole"], keep(tmp_path / "kept")).code == 0
    assert (tmp_path / "kept").read_text(encoding="utf-8") == "whole"


def test_a_half_is_not_kept(tmp_path: Path) -> None:
    source = ["sh", "-c", "echo half; echo 'the server is gone' >&2; exit 3"]
    with pytest.raises(TroubleError, match="`sh -c` failed: the server is gone"):
        pour(source, keep(tmp_path / "kept"))
    assert not (tmp_path / "kept").exists()


def test_one_who_stops_reading_is_asked_why() -> None:
    endless = ["sh", "-c", "while :; do echo x; done"]
    result = pour(endless, ["sh", "-c", "read -r line; echo 'disk full' >&2; exit 4"])
    assert (result.code, result.last_words) == (4, "disk full")


@pytest.mark.parametrize(
    ("source", "sink", "words"),
    [
        ("echo half; echo 'pack is damaged' >&2; exit 3", "cat", "pack is damaged"),
        ("echo whole", "cat; echo 'no such role' >&2; exit 1", "no such role"),
        ("while :; do echo x; done", "echo 'out of disk' >&2; exit 1", "out of disk"),
    ],
)
def test_both_have_to_end_well(source: str, sink: str, words: str) -> None:
    with pytest.raises(TroubleError, match=words):
        drain(["sh", "-c", source], ["sh", "-c", sink])


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(TroubleError, match="there is no no-such-program on this server"):
        pour(["echo"], ["no-such-program"])
