"""Lines of files that the system owns."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from infra.host.agent import places
from infra.host.agent.kind import AgentError
from infra.host.agent.request import Request, enter
from infra.host.agent.setting import Setting
from tests.unit.host.conftest import changes_of

LOGIN_DEFS = """\
# UMASK is the default umask value for pam_umask.
#UMASK\t\t022
UMASK\t\t022
#ENCRYPT_METHOD DES
Umask lower
USERGROUPS_ENAB yes
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(places, "FORMER", tmp_path / "former")
    (tmp_path / "login.defs").write_text(LOGIN_DEFS)
    return tmp_path / "login.defs"


def umask(file: Path, value: str = "027") -> Setting:
    return Setting(file=str(file), key="UMASK", value=value)


def test_only_the_line_of_the_key_changes(file: Path) -> None:
    assert umask(file).read() == {"value": "022"}
    umask(file).apply()
    assert file.read_text() == LOGIN_DEFS.replace("\nUMASK\t\t022", "\nUMASK 027")
    assert umask(file).read() == {"value": "027", "former": "022"}


def test_a_value_that_is_as_wanted_is_left_as_it_is_written(file: Path) -> None:
    before = changes_of(file)
    umask(file, "022").apply()
    assert changes_of(file) == before
    assert umask(file, "022").read() == {"value": "022", "former": "022"}


def test_mode_and_link_of_the_file_stay(file: Path, tmp_path: Path) -> None:
    file.chmod(0o640)
    (tmp_path / "link").symlink_to("login.defs")
    umask(tmp_path / "link").apply()
    assert (tmp_path / "link").is_symlink()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert "\nUMASK 027\n" in file.read_text()


def test_a_changed_line_is_drift_and_healed(file: Path) -> None:
    umask(file).apply()
    file.write_text(file.read_text().replace("UMASK 027", "UMASK 000"))
    assert (umask(file).read() or {})["value"] == "000"
    umask(file).apply()
    assert (umask(file).read() or {})["value"] == "027"


def test_a_further_line_is_drift_and_taken_away(file: Path) -> None:
    umask(file).apply()
    right = file.read_text()
    file.write_text(f"{right}  UMASK 000\n")
    assert (umask(file).read() or {})["value"] == "027, then 000"
    umask(file).apply()
    assert file.read_text() == right


def test_a_line_that_is_gone_is_nothing_and_comes_back_beside_its_default(file: Path) -> None:
    file.write_text(LOGIN_DEFS.replace("\nUMASK\t\t022", ""))
    assert umask(file).read() is None
    umask(file).apply()
    assert "#UMASK\t\t022\nUMASK 027\n#ENCRYPT" in file.read_text()


def test_a_key_without_a_default_goes_to_the_end(file: Path) -> None:
    file.write_text("# no end of line")
    umask(file).apply()
    assert file.read_text() == "# no end of line\nUMASK 027\n"


def test_removal_brings_back_the_value_from_before_all_changes(file: Path) -> None:
    umask(file).apply()
    umask(file, "077").apply()
    umask(file).remove()
    assert file.read_text() == LOGIN_DEFS.replace("\nUMASK\t\t022", "\nUMASK 022")


def test_a_value_from_before_is_that_of_the_latest_taking_over(file: Path) -> None:
    umask(file).apply()
    umask(file).remove()
    file.write_text(LOGIN_DEFS.replace("\nUMASK\t\t022", "\nUMASK 002"))
    umask(file).apply()
    assert umask(file).read() == {"value": "027", "former": "002"}


def test_removal_takes_the_line_away_where_there_was_none_or_it_is_not_known(file: Path) -> None:
    method = Setting(file=str(file), key="ENCRYPT_METHOD", value="YESCRYPT")
    method.apply()
    method.remove()
    method.remove()
    assert file.read_text() == LOGIN_DEFS
    umask(file).remove()
    assert umask(file).read() is None


def test_removal_from_a_file_that_is_gone_succeeds(file: Path) -> None:
    umask(file).apply()
    file.unlink()
    umask(file).remove()
    assert not file.exists()


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    absent = umask(tmp_path / "absent")
    assert absent.read() is None
    with pytest.raises(AgentError, match=r"no file .*/absent on server\.test"):
        absent.apply()


def test_a_separator_may_have_blanks_around_it_and_the_value_may_be_empty(file: Path) -> None:
    file.write_text("[Journal]\n#Storage=auto\nStorage = volatile\nStorages=x\n")
    storage = Setting(file=str(file), key="Storage", value="persistent", separator="=")
    assert storage.read() == {"value": "volatile"}
    storage.apply()
    assert file.read_text() == "[Journal]\n#Storage=auto\nStorage=persistent\nStorages=x\n"
    Setting(file=str(file), key="Storage", value="", separator="=").apply()
    assert "\nStorage=\n" in file.read_text()


def test_bytes_that_are_no_text_stay(file: Path) -> None:
    file.write_bytes(b"# caf\xe9 \xff\r\nA\x0cB\n")
    umask(file).apply()
    assert file.read_bytes() == b"# caf\xe9 \xff\r\nA\x0cB\nUMASK 027\n"


def test_settings_of_one_file_that_are_made_at_a_time_are_all_there(file: Path, request_handled: Request) -> None:
    def apply(number: int) -> None:
        enter(request_handled)
        Setting(file=str(file), key=f"KEY_{number}", value="x").apply()

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(apply, range(40)))
    assert all(f"KEY_{number} x\n" in file.read_text() for number in range(40))


@pytest.mark.parametrize(
    ("field", "inputs"),
    [
        ("file", {"file": "etc/login.defs"}),
        ("key", {"key": "A B"}),
        ("key", {"key": "#A"}),
        ("key", {"key": ""}),
        ("key", {"key": "A=B", "separator": "="}),
        ("value", {"value": "a\nb"}),
        ("value", {"value": " "}),
        ("separator", {"separator": ""}),
        ("separator", {"separator": "\n"}),
        ("separator", {"separator": "= ="}),
    ],
)
def test_what_cannot_stand_in_a_line_is_a_mistake(field: str, inputs: dict[str, Any]) -> None:
    wanted = {"file": "/etc/login.defs", "key": "UMASK", "value": "027", **inputs}
    assert [name for name, _ in Setting.from_wire(wanted).mistakes()] == [field]


@pytest.mark.parametrize("separator", [" ", "\t", "=", " = ", ":"])
def test_a_line_is_no_mistake(separator: str) -> None:
    assert not list(Setting(file="/etc/login.defs", key="UMASK", value="027", separator=separator).mistakes())
