"""The variables that `make env` prints."""

import os
import subprocess
from pathlib import Path

import pytest

from tools import environment
from tools.paths import BIN, PASSPHRASE, STATE


def test_own_programs_come_first_on_the_path_and_once() -> None:
    wanted = environment.variables({"PATH": f"/usr/bin{os.pathsep}{BIN}{os.pathsep}/bin"})
    assert wanted["PATH"] == os.pathsep.join([str(BIN), "/usr/bin", "/bin"])


def test_backend_and_passphrase_are_the_projects_own_by_default() -> None:
    wanted = environment.variables({})
    assert wanted["PULUMI_BACKEND_URL"] == f"file://{STATE}"
    assert wanted["PULUMI_CONFIG_PASSPHRASE_FILE"] == str(PASSPHRASE)


def test_backend_of_the_user_stays() -> None:
    assert "PULUMI_BACKEND_URL" not in environment.variables({"PULUMI_BACKEND_URL": "s3://team-state"})


@pytest.mark.parametrize("name", ["PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"])
def test_passphrase_of_the_user_stays(name: str) -> None:
    assert "PULUMI_CONFIG_PASSPHRASE_FILE" not in environment.variables({name: "something"})


def test_releases_of_the_lab_are_used_where_there_is_a_lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "LAB_RELEASES", tmp_path / "missing")
    assert "SLIPWAY_RELEASES" not in environment.variables({})
    monkeypatch.setattr(environment, "LAB_RELEASES", tmp_path)
    assert environment.variables({})["SLIPWAY_RELEASES"] == str(tmp_path)


def test_python_keeps_what_it_has_compiled() -> None:
    assert environment.variables({"PYTHONDONTWRITEBYTECODE": "1"})["PYTHONDONTWRITEBYTECODE"] == ""
    assert "PYTHONDONTWRITEBYTECODE" not in environment.variables({})


def test_a_shell_reads_names_with_spaces_and_quotes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = Path("/somewhere/it's a place/.pulumi")
    monkeypatch.setattr(environment, "PULUMI_HOME", home)
    environment.main()
    script = 'eval "$(cat)"; printf %s "$PULUMI_HOME"'
    shell = subprocess.run(
        ["sh", "-c", script], input=capsys.readouterr().out, capture_output=True, text=True, check=True
    )
    assert shell.stdout == str(home)
