"""There is one lab on a machine: beside that of another checkout none is started, but in CI."""

from pathlib import Path

import pytest

from tests.lab import checkouts
from tools.command import SetupError


@pytest.fixture
def removed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Have the lab of a checkout that is there on this machine; return the checkouts whose labs are removed."""
    found: list[str] = []
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(checkouts, "docker", lambda *_: f"slipway-lab-dev {tmp_path}\n")
    monkeypatch.setattr(checkouts, "remove_lab", found.append)
    return found


def test_the_lab_of_another_checkout_stays(removed: list[str]) -> None:
    with pytest.raises(SetupError, match="slipway-lab-dev belongs to the lab of"):
        checkouts.make_way()
    assert removed == []


def test_ci_removes_what_a_former_session_has_left(
    removed: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CI", "true")
    checkouts.make_way()
    assert removed == [str(tmp_path)]


def test_the_lab_of_a_checkout_that_is_gone_is_removed(removed: list[str], tmp_path: Path) -> None:
    tmp_path.rmdir()
    checkouts.make_way()
    assert removed == [str(tmp_path)]
