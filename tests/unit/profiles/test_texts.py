"""Files that a hardened server gets."""

import re
import shutil
import subprocess
from pathlib import Path

from infra.profiles import scripts, texts
from tests.tiers import require_packages

LYNIS_WORDS = ("access", "activity", "authori", "forbidden", "law", "log", "monitor", "private", "prosecuted", "system")


def test_the_banner_has_the_words_that_scanners_look_for() -> None:
    found = [word for word in LYNIS_WORDS if word in texts.BANNER.lower()]
    assert len(found) >= 5, "Lynis wants five legal words (BANN-7126)"


def test_the_banner_tells_nothing_about_the_server() -> None:
    assert not re.search(r"\\[a-z]|debian|slipway", texts.BANNER, re.IGNORECASE)


def test_every_rule_of_the_audit_is_a_watch_or_a_call() -> None:
    lines = [line for line in texts.audit_rules().splitlines() if not line.startswith("#")]
    assert lines[0] == "-i", "a path that is not there must not end the loading of the others"
    assert all(re.fullmatch(r"-w /\S+ -p wa -k [a-z]+|-a always,exit .+ -k [a-z-]+", line) for line in lines[1:])


def test_a_prompt_left_alone_ends_and_a_script_is_left_alone() -> None:
    shown = subprocess.run(
        ["bash", "--norc", "-c", f"{texts.SHELL}\numask; ulimit -c; echo $TMOUT"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert shown.stdout.split() == ["0027", "0", "900"]


def test_containers_live_through_an_upgrade_of_a_library() -> None:
    assert "qr(^docker)} = 0" in texts.NEEDRESTART
    assert "qr(^containerd)} = 0" in texts.NEEDRESTART


def test_sudo_takes_its_settings(tmp_path: Path) -> None:
    if shutil.which("visudo") is None:
        require_packages("sudo")
    draft = tmp_path / "defaults"
    draft.write_text(texts.SUDO, encoding="utf-8")
    draft.chmod(0o440)
    subprocess.run(["visudo", "-cf", str(draft)], check=True, capture_output=True)


def test_scripts_are_read_as_they_are_in_the_repository() -> None:
    assert scripts.text("ssh_material.sh").startswith("#!/bin/sh\n")
    assert 'RECORDS = Path("/var/lib/slipway/releases")' in scripts.text("prune_images.py")
