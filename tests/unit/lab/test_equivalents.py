"""What the bench has Ansible and pyinfra check is what the profile declares, one for one."""

import ast
from typing import get_args

import pytest

from infra.profiles import Particulars, Suite, declared
from tests.lab.bench.equivalents import DAEMON, Wish, deploy, playbook, wishes

SUITES: tuple[Suite, ...] = get_args(Suite)


def wanted(suite: Suite) -> dict[str, Wish]:
    return {wish.name: wish for wish in wishes(declared("hardened", suite, Particulars()))}


@pytest.mark.parametrize("suite", SUITES)
def test_every_setting_is_one_task_and_one_operation(suite: Suite) -> None:
    settings = declared("hardened", suite, Particulars())
    found = wishes(settings)
    assert [wish.name for wish in found] == [setting.name for setting in settings]
    (play,) = playbook(found)
    assert [task["name"] for task in play["tasks"]] == [wish.name for wish in found]
    operations = [line for line in ast.parse(deploy(found)).body if isinstance(line, ast.Expr)]
    assert len(operations) == len(found)


def test_a_setting_is_about_the_file_that_holds_it() -> None:
    found = wanted("bookworm")
    assert found["ssh/HostKey"].wanted == "HostKey /etc/ssh/ssh_host_ed25519_key"
    assert found["login.defs/UMASK"].wanted == "UMASK 027"
    assert found["module/sctp"].about == "/etc/modprobe.d/slipway-sctp.conf"
    assert (found["sudoers/defaults"].kind, found["sudoers/defaults"].mode) == ("content", "0440")
    assert found["mode/etc-cron.d"].kind == "folder"
    assert found["timer/prune"].about == "slipway-prune.timer"


def test_each_key_of_dockers_settings_is_its_own_line() -> None:
    lines = {wish.name: wish.wanted.strip(" ,") for wish in wanted("trixie").values() if wish.about == DAEMON}
    assert lines["docker/icc"] == '"icc": false'
    assert lines["docker/log-opts.max-size"] == '"max-size": "10m"'
    assert len(set(lines.values())) == len(lines)
