"""Rules that say who becomes root, read by a program that only logs how it is called, or by sudo's own."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.host.agent import places
from infra.host.agent.kind import AgentError
from infra.host.agent.sudoers_file import SudoersFile
from tests.unit.host.conftest import lines

RULE = "deploy ALL=(ALL) NOPASSWD: ALL\n"


@pytest.fixture(autouse=True)
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of the rules."""
    monkeypatch.setattr(places, "SUDOERS", tmp_path / "sudoers.d")
    (tmp_path / "sudoers.d").mkdir()
    return tmp_path / "sudoers.d"


def test_a_rule_is_checked_elsewhere_before_it_is_written(rules: Path, command: Callable[..., Path]) -> None:
    visudo = command("visudo", f'[ "$1" != -cf ] || [ -z "$(ls -A {rules})" ] || exit 1')
    wanted = SudoersFile(name="slipway-deploy", content=RULE)
    assert wanted.read() is None
    wanted.apply()
    assert wanted.read() == {"content": RULE, "mode": "0440"}
    first, second = lines(visudo)
    assert first.startswith("-cf /")
    assert str(rules) not in first
    assert second == "-c", "beside the other rules it has to be right, too"


@pytest.mark.skipif(not shutil.which("visudo"), reason="there is no sudo on this machine")
def test_what_sudo_refuses_is_told_with_the_real_path_and_not_written(rules: Path) -> None:
    with pytest.raises(AgentError) as error:
        SudoersFile(name="slipway-deploy", content="deploy ALL=(ALL NOPASSWD: ALL\n").apply()
    assert f"refuses {rules}/slipway-deploy, which was not written" in str(error.value)
    assert f"{rules}/slipway-deploy:1:17: syntax error" in str(error.value)
    assert list(rules.iterdir()) == []


def test_a_changed_rule_is_shown_as_it_is_and_so_are_another_mode_and_owner(
    rules: Path, command: Callable[..., Path]
) -> None:
    command("visudo")
    wanted = SudoersFile(name="slipway-deploy", content=RULE)
    wanted.apply()
    (rules / "slipway-deploy").write_text("ALL ALL=(ALL) NOPASSWD: ALL\n")
    (rules / "slipway-deploy").chmod(0o666)
    os.chown(rules / "slipway-deploy", 1, -1)
    assert wanted.read() == {"content": "ALL ALL=(ALL) NOPASSWD: ALL\n", "mode": "0666, owned by daemon"}
    wanted.apply()
    assert wanted.read() == {"content": RULE, "mode": "0440"}


def test_a_rule_may_be_gone_already(rules: Path) -> None:
    (rules / "slipway-deploy").write_text(RULE)
    wanted = SudoersFile(name="slipway-deploy", content=RULE)
    wanted.remove()
    wanted.remove()
    assert list(rules.iterdir()) == []


@pytest.mark.parametrize("name", ["deploy.conf", "deploy~", "", "a/b", ".hidden"])
def test_a_name_that_sudo_ignores_is_a_mistake(name: str) -> None:
    assert [field for field, _ in SudoersFile(name=name, content=RULE).mistakes()] == ["name"]


@pytest.mark.parametrize(
    ("mode", "content", "field"), [("0660", RULE, "mode"), ("440", RULE, "mode"), ("0440", "x", "content")]
)
def test_a_mode_or_content_that_sudo_refuses_is_a_mistake(mode: str, content: str, field: str) -> None:
    assert [each for each, _ in SudoersFile(name="a", content=content, mode=mode).mistakes()] == [field]
