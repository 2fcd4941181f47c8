"""The gate that knows which systems are supported."""

import os
from pathlib import Path
from typing import Any

import pytest

from infra.host.agent import places
from infra.host.agent.kind import AgentError
from infra.host.agent.operating_system import OperatingSystem

BOOKWORM = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nVERSION="12 (bookworm)"\nID=debian\n'
TRIXIE = BOOKWORM.replace("12", "13").replace("bookworm", "trixie")
BULLSEYE = BOOKWORM.replace("12", "11").replace("bookworm", "bullseye")
SID = 'PRETTY_NAME="Debian GNU/Linux forky/sid"\nID=debian\n'
UBUNTU = 'PRETTY_NAME="Ubuntu 24.04.1 LTS"\nVERSION_ID="24.04"\nVERSION="24.04.1 LTS (Noble Numbat)"\nID=ubuntu\n'
SHORT_LIVED = UBUNTU.replace(" LTS", "").replace("24.04", "25.10")


def keeper(**inputs: Any) -> OperatingSystem:
    """Return the gate of a stack."""
    return OperatingSystem(**{"stack": "dev", **inputs})


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(places, "OS_RELEASE", tmp_path / "os-release")
    monkeypatch.setattr(places, "OWNER", tmp_path / "slipway/stack")
    return tmp_path / "os-release"


@pytest.mark.parametrize(
    ("system", "gate", "name"),
    [
        (BOOKWORM, keeper(), "Debian GNU/Linux 12 (bookworm)"),
        (TRIXIE, keeper(suite="trixie"), "Debian GNU/Linux 13 (trixie)"),
        (UBUNTU, keeper(untested=True), "Ubuntu 24.04.1 LTS"),
    ],
)
def test_a_supported_system_is_let_through(release: Path, system: str, gate: OperatingSystem, name: str) -> None:
    release.write_text(system)
    assert gate.preview() == {"release": name, "stack": ""}
    gate.apply()
    assert gate.preview() == gate.read() == {"release": name}


@pytest.mark.parametrize(
    ("system", "gate", "sentence"),
    [
        (BULLSEYE, keeper(), r"server\.test is Debian GNU/Linux 11 \(bullseye\): only Debian 12 and 13"),
        (BULLSEYE, keeper(untested=True), "only Debian 12 and 13 are supported"),
        (SID, keeper(untested=True), "only Debian 12 and 13 are supported"),
        (BOOKWORM, keeper(suite="trixie"), "the stack file says `suite: trixie`"),
        (UBUNTU, keeper(suite="trixie"), r"untested: write `os: \{untested: true\}` to go on"),
        (SHORT_LIVED, keeper(untested=True), "only Debian 12 and 13 are supported"),
        ("", keeper(), "a system that does not say what it is"),
    ],
)
def test_any_other_is_refused_by_name(release: Path, system: str, gate: OperatingSystem, sentence: str) -> None:
    release.write_text(system)
    assert gate.read() is None, "one that was let through by a former stack file is not so for ever"
    for refuse in (gate.apply, gate.preview):
        with pytest.raises(AgentError, match=sentence):
            refuse()


@pytest.mark.usefixtures("release")
def test_a_system_without_a_name_is_refused() -> None:
    with pytest.raises(AgentError, match="does not say what it is"):
        keeper().apply()


def test_a_server_that_cannot_be_written_to_is_refused_before_the_first_change(
    release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release.write_text(TRIXIE)
    state, written = os.statvfs(release.parent), places.WRITTEN[1]
    read_only = os.statvfs_result((*state[:8], os.ST_RDONLY, state.f_namemax))
    monkeypatch.setattr(os, "statvfs", lambda path: read_only if path == written else state)
    assert keeper().read() is None
    with pytest.raises(AgentError, match=r"/var/lib on server\.test cannot be changed: its file system is read-only"):
        keeper().apply()
    release.write_text(BULLSEYE)
    with pytest.raises(AgentError, match="only Debian 12 and 13 are supported"):
        keeper().apply()


def test_a_release_of_another_name_is_a_mistake() -> None:
    assert [field for field, _ in keeper(suite="sid").mistakes()] == ["suite"]
    assert list(keeper(suite="bookworm").mistakes()) == []


def test_a_server_that_another_stack_keeps_is_refused_until_that_one_has_let_go(release: Path) -> None:
    release.write_text(TRIXIE)
    keeper(stack="production").apply()
    for refuse in (keeper(stack="staging").apply, keeper(stack="staging").preview):
        with pytest.raises(AgentError, match="is kept by stack production, and two stacks would undo"):
            refuse()
    keeper(stack="staging").remove()
    assert keeper(stack="production").read() == {"release": "Debian GNU/Linux 13 (trixie)"}
    keeper(stack="production").remove()
    keeper(stack="staging").apply()
