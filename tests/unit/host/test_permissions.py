"""Mode and owner of what belongs to the system."""

import getpass
from pathlib import Path

import pytest

from infra.host.agent import places
from infra.host.agent.permissions import Permissions


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(places, "FORMER", tmp_path / "former")
    made = tmp_path / "cron.d"
    made.mkdir(mode=0o755)
    return made


def permissions(path: Path, mode: str = "0700") -> Permissions:
    return Permissions(path=str(path), mode=mode, owner=getpass.getuser(), group=str(path.parent.stat().st_gid))


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


def test_a_folder_that_others_read_is_closed(folder: Path) -> None:
    wanted = permissions(folder)
    found = wanted.read()
    assert found is not None
    assert found["mode"] == "0755"
    wanted.apply()
    assert mode(folder) == 0o700
    assert wanted.read() == {"mode": "0700", "owner": wanted.owner, "group": wanted.group}


def test_what_is_in_a_file_is_left_alone(folder: Path) -> None:
    file = folder / "job"
    file.write_text("@daily root true\n")
    before = file.stat().st_mtime_ns
    permissions(file, "0600").apply()
    assert (file.read_text(), file.stat().st_mtime_ns, mode(file)) == ("@daily root true\n", before, 0o600)


def test_a_path_that_is_not_there_needs_no_protection(tmp_path: Path, folder: Path) -> None:
    wanted = permissions(folder / "none")
    wanted.apply()
    assert wanted.read() == {}
    wanted.remove()
    assert not (tmp_path / "former").exists()


def test_removing_it_brings_back_the_mode_from_before(folder: Path) -> None:
    permissions(folder).apply()
    folder.chmod(0o777)
    permissions(folder).apply()
    permissions(folder).remove()
    assert mode(folder) == 0o755, "what somebody did meanwhile is not what was there before"


def test_a_mode_that_is_none_is_a_mistake(folder: Path) -> None:
    assert [field for field, _ in permissions(folder, "rwx").mistakes()] == ["mode"]
