"""Files and folders as they really are."""

import os
import stat
from hashlib import sha256
from pathlib import Path

import pytest

from infra.host.agent.directory import Directory
from infra.host.agent.file import File
from infra.host.agent.kind import AgentError
from tests.unit.host.conftest import changes_of

OWNER = str(os.getuid())
GROUP = str(os.getgid())


def a_file(path: Path, content: str = "wanted\n", mode: str = "0640") -> File:
    return File(path=str(path), content=content, mode=mode, owner=OWNER, group=GROUP)


def test_a_file_that_is_not_there_is_nothing(tmp_path: Path) -> None:
    assert a_file(tmp_path / "absent").read() is None


def test_a_written_file_reads_back_as_wanted(tmp_path: Path) -> None:
    file = a_file(tmp_path / "new" / "folder" / "file")
    file.apply()
    found = file.read()
    assert found == {"mode": "0640", "owner": OWNER, "group": GROUP, "sha256": sha256(b"wanted\n").hexdigest()}


def test_a_write_leaves_no_temporary_file(tmp_path: Path) -> None:
    a_file(tmp_path / "file").apply()
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_file_that_is_as_wanted_is_not_touched(tmp_path: Path) -> None:
    file = a_file(tmp_path / "file")
    file.apply()
    before = changes_of(tmp_path / "file")
    file.apply()
    assert changes_of(tmp_path / "file") == before


def test_only_the_mode_is_put_right_when_only_the_mode_differs(tmp_path: Path) -> None:
    file = a_file(tmp_path / "file")
    file.apply()
    inode = (tmp_path / "file").stat().st_ino
    (tmp_path / "file").chmod(0o666)
    assert (file.read() or {})["mode"] == "0666"
    file.apply()
    status = (tmp_path / "file").stat()
    assert (stat.S_IMODE(status.st_mode), status.st_ino) == (0o640, inode)


def test_changed_content_is_told_by_its_sum_and_never_shown(tmp_path: Path) -> None:
    file = a_file(tmp_path / "file")
    file.apply()
    (tmp_path / "file").write_text("other")
    found = file.read() or {}
    assert found["content"] == f"<differs on the server: sha256 {sha256(b'other').hexdigest()}, 1 line>"


def test_a_link_in_place_of_a_file_is_replaced_and_its_target_left_alone(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("untouched")
    (tmp_path / "file").symlink_to(tmp_path / "target")
    file = a_file(tmp_path / "file")
    assert file.read() is None
    file.apply()
    assert not (tmp_path / "file").is_symlink()
    assert (tmp_path / "target").read_text() == "untouched"


def test_a_folder_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(AgentError, match="is a folder"):
        a_file(tmp_path / "folder").apply()


def test_removing_a_file_twice_succeeds(tmp_path: Path) -> None:
    file = a_file(tmp_path / "file")
    file.apply()
    file.remove()
    file.remove()
    assert file.read() is None


def test_an_unknown_owner_is_named() -> None:
    with pytest.raises(AgentError, match=r"no user nobody-here on server\.test"):
        File(path="/nonexistent/file", content="", owner="nobody-here").apply()


@pytest.mark.parametrize(("path", "mode"), [("relative", "0644"), ("/a/../b", "0644"), ("/a/", "0644"), ("/a", "644")])
def test_a_path_or_mode_that_no_server_takes_is_a_mistake(path: str, mode: str) -> None:
    assert list(File(path=path, content="", mode=mode).mistakes())


def test_a_folder_is_made_and_put_right(tmp_path: Path) -> None:
    folder = Directory(path=str(tmp_path / "a" / "b"), mode="0700", owner=OWNER, group=GROUP)
    assert folder.read() is None
    folder.apply()
    (tmp_path / "a" / "b").chmod(0o755)
    assert (folder.read() or {})["mode"] == "0755"
    folder.apply()
    assert folder.read() == {"mode": "0700", "owner": OWNER, "group": GROUP}


def test_a_folder_that_holds_something_is_left(tmp_path: Path) -> None:
    folder = Directory(path=str(tmp_path / "folder"), owner=OWNER, group=GROUP)
    folder.apply()
    (tmp_path / "folder" / "data").write_text("precious")
    folder.remove()
    assert (tmp_path / "folder" / "data").exists()


def test_an_empty_folder_is_removed_and_may_be_gone_already(tmp_path: Path) -> None:
    folder = Directory(path=str(tmp_path / "folder"), owner=OWNER, group=GROUP)
    folder.apply()
    folder.remove()
    folder.remove()
    assert folder.read() is None


def test_a_file_in_place_of_a_folder_is_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("")
    with pytest.raises(AgentError, match="in the way"):
        Directory(path=str(tmp_path / "folder"), owner=OWNER, group=GROUP).apply()
