"""Settings in a JSON file that somebody else wrote."""

import json
import os
from pathlib import Path

import pytest

from infra.host.agent import places
from infra.host.agent.json_file import JsonFile
from infra.host.agent.kind import AgentError

BY_HAND = {"data-root": "/mnt/docker", "icc": True, "log-opts": {"labels": "app", "max-size": "1g"}}


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(places, "FORMER", tmp_path / "former")
    monkeypatch.setattr(os, "fchown", lambda *_: None)
    monkeypatch.setattr(os, "chown", lambda *_: None)
    return tmp_path / "daemon.json"


def declared(file: Path, **settings: str) -> JsonFile:
    return JsonFile(path=str(file), settings={name.replace("__", "."): text for name, text in settings.items()})


def content(file: Path) -> object:
    return json.loads(file.read_text())


def test_settings_of_others_stay_and_declared_ones_are_written_beside_them(file: Path) -> None:
    file.write_text(json.dumps(BY_HAND))
    wanted = declared(file, icc="false", **{"log-opts__max-size": '"10m"'})
    assert (wanted.read() or {})["settings"] == {"icc": "true", "log-opts.max-size": '"1g"'}
    wanted.apply()
    assert content(file) == {"data-root": "/mnt/docker", "icc": False, "log-opts": {"labels": "app", "max-size": "10m"}}
    assert (wanted.read() or {})["settings"] == wanted.settings


def test_a_file_that_is_as_wanted_is_not_written_again(file: Path) -> None:
    file.write_text(json.dumps(BY_HAND))
    before = file.stat()
    declared(file, icc="true").apply()
    after = file.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert oct(after.st_mode)[-3:] == "600"


def test_a_setting_that_is_declared_no_more_is_what_it_was_before(file: Path) -> None:
    file.write_text(json.dumps(BY_HAND))
    declared(file, icc="false", ipv6="true", **{"log-opts__max-size": '"10m"', "builder__gc": "true"}).apply()
    declared(file, ipv6="true").apply()
    assert content(file) == {**BY_HAND, "ipv6": True}


def test_removal_puts_back_what_was_there_to_the_letter_of_its_settings(file: Path) -> None:
    file.write_text(json.dumps(BY_HAND))
    wanted = declared(file, icc="false", ipv6="true")
    for _ in range(2):
        wanted.apply()
    wanted.remove()
    assert content(file) == BY_HAND


def test_a_file_that_held_nothing_else_goes(file: Path) -> None:
    wanted = declared(file, **{"log-opts__max-size": '"10m"'})
    assert wanted.read() is None
    wanted.apply()
    assert content(file) == {"log-opts": {"max-size": "10m"}}
    wanted.remove()
    assert not file.exists()
    wanted.remove()


def test_what_somebody_changes_later_is_drift_and_is_healed(file: Path) -> None:
    wanted = declared(file, icc="false")
    wanted.apply()
    for tampered in ("{}", '{"icc": 0}', "no json", "[]"):
        file.write_text(tampered)
        assert (wanted.read() or {})["settings"] != wanted.settings, tampered
        wanted.apply()
        assert (wanted.read() or {})["settings"] == wanted.settings, tampered
        assert content(file) == {"icc": False}


def test_a_folder_in_the_way_is_told(file: Path) -> None:
    file.mkdir()
    assert declared(file, icc="false").read() is None
    with pytest.raises(AgentError, match="is a folder and cannot become a file"):
        declared(file, icc="false").apply()


def test_values_that_are_no_json_are_mistakes(file: Path) -> None:
    mistakes = list(declared(file, icc="no", a____b="1").mistakes())
    assert [name for name, _ in mistakes] == ["settings", "settings"]
