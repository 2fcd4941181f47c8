"""What a server is declared as."""

from collections.abc import Mapping
from typing import Any

import pytest

from infra.host.ssh import Connection
from infra.profiles import Override, Particulars, Suite, declared, settings
from infra.server import Registry, Server, ServerArgs
from tests.harness import Registered, one, render, rendered_once

CONNECTION = Connection(
    host="192.0.2.1", user="deploy", bootstrap_user="root", host_key="ssh-ed25519 AAAA", identity_file="key"
)
DEPLOY, ANNA = "ssh-ed25519 AAAA ops", "ssh-ed25519 BBBB anna"
PEOPLE: Mapping[str, Any] = {"admins": {"anna": [ANNA]}, "exclusive_keys": True, "exclusive_users": True}
REASON = "a lab server shares its kernel"
SYSTEM_KINDS = {
    "sysctl": "Sysctl",
    "module": "KernelModule",
    "login.defs": "Setting",
    "line": "Setting",
    "sudoers": "SudoersFile",
    "mode": "Permissions",
    "apt": "AptSource",
    "package": "Package",
    "file": "File",
    "unit": "Unit",
    "timer": "Timer",
}
"""Family → the kind that makes its settings so, one resource each."""


@rendered_once
def server(**keys: Any) -> list[Registered]:
    """Return what a server registers."""
    args = {"connection": CONNECTION, "admin_keys": [DEPLOY], **keys}
    return render(lambda: Server("main", ServerArgs(**args)))


def hardened(suite: Suite = "trixie", **keys: Any) -> list[Registered]:
    return server(profile="hardened", suite=suite, **keys)


def named(registered: list[Registered]) -> Mapping[str, Registered]:
    return {each.name: each for each in registered if each.type.startswith("host:")}


def before(registered: list[Registered], name: str) -> set[str]:
    """Return everything that a resource waits for, directly or not."""
    known = {each.name: each for each in registered}
    found: set[str] = set()
    waiting = [name]
    while waiting:
        for other in known[waiting.pop()].dependencies - found:
            found.add(other)
            waiting.append(other)
    return found


@pytest.mark.parametrize("suite", ["bookworm", "trixie"])
def test_every_setting_is_one_resource_under_its_own_name(suite: Suite) -> None:
    found = named(hardened(suite))
    single = [each for each in settings("hardened", suite, {}) if each.family in SYSTEM_KINDS]
    kinds = {f"main/{each.name}": f"host:index:{SYSTEM_KINDS[each.family]}" for each in single}
    assert {name: found[name].type for name in kinds} == kinds
    # The three families that make up one resource together.
    gathered = {"main/ssh", "main/journald"}
    assert {name for name in found if name.startswith("main/")} == kinds.keys() | gathered


def test_every_resource_waits_for_the_gate_that_knows_the_system() -> None:
    registered = hardened(admins={"anna": [ANNA]}, swap=64, timezone="Etc/UTC", hostname="main")
    for name in named(registered).keys() - {"main-operating-system"}:
        assert "main-operating-system" in before(registered, name), name


def test_no_way_in_is_closed_before_the_others_are_there() -> None:
    waited = before(hardened(**PEOPLE), "main/ssh")
    assert {"main-deploy-keys", "main-deploy-sudo", "main-admin-anna-keys", "main-admin-anna-sudo"} <= waited


def test_sudo_is_given_only_to_who_can_sign_in_already() -> None:
    assert "main-deploy-keys" in before(server(), "main-deploy-sudo")


def test_sshd_names_nothing_that_is_not_there() -> None:
    waited = before(hardened("bookworm"), "main/ssh")
    assert {"main/file/etc-issue.net", "main/unit/slipway-ssh-material.service"} <= waited


def test_sshd_gets_all_its_settings_in_one_file() -> None:
    config = one(hardened("bookworm"), "host:index:SshConfig").inputs["settings"]
    assert config["PermitRootLogin"] == "no"
    assert config["MaxStartups"] == "60:30:120"
    assert config["HostKey"] == "/etc/ssh/ssh_host_ed25519_key /etc/ssh/slipway_host_rsa_4096_key"
    assert all(isinstance(value, str) for value in config.values())


def test_the_deploy_user_has_a_restricted_key_and_no_password() -> None:
    found = named(hardened())
    account, keys = found["main-deploy"].inputs, found["main-deploy-keys"].inputs
    assert account == {
        "name": "deploy",
        "groups": ["docker", "ssh-users"],
        "password": "locked",
        "exclusiveGroups": False,
    }
    assert keys == {"user": "deploy", "keys": [DEPLOY], "options": "restrict", "exclusive": False}


def test_on_a_minimal_server_nobody_is_kept_out() -> None:
    found = named(server())
    assert found["main-deploy"].inputs["groups"] == ["docker"]
    assert found["main-deploy-keys"].inputs["options"] == ""
    assert "main/ssh" not in found
    assert "main-ssh-users" not in found


def test_an_admin_has_an_account_with_sudo_and_may_sign_in() -> None:
    found = named(hardened(**PEOPLE))
    account = found["main-admin-anna"].inputs
    assert (account["name"], account["groups"], account["exclusiveGroups"]) == ("anna", ["ssh-users"], True)
    assert found["main-admin-anna-keys"].inputs == {
        "user": "anna",
        "keys": [ANNA],
        "exclusive": True,
    }
    assert found["main-admin-anna-sudo"].inputs == {
        "name": "slipway-anna",
        "content": "anna ALL=(ALL:ALL) NOPASSWD: ALL\n",
    }


def test_the_way_in_and_the_containers_outlive_the_stack() -> None:
    found = named(hardened(**PEOPLE))
    stay = {"main-deploy", "main-deploy-keys", "main-deploy-sudo", "main-ssh-users", "main-sudo", "main-docker-engine"}
    assert all(found[name].retain_on_delete for name in stay)
    assert not found["main-admin-anna"].retain_on_delete, "a person who left must not keep an account"
    assert not found["main/ssh"].retain_on_delete, "a server that is hardened no more must not stay half so"


def test_what_the_system_had_before_us_is_not_taken_from_it() -> None:
    found = named(hardened())
    stay = {"main/package/aide", "main/unit/sysstat.service", "main/file/etc-issue", "main/journald"}
    assert all(found[name].retain_on_delete for name in stay)
    go = {"main/unit/slipway-audit.service", "main/file/audit-rules", "main/sysctl/kernel.sysrq", "main/timer/prune"}
    assert not any(found[name].retain_on_delete for name in go)


def test_swap_that_is_declared_no_more_is_left_as_it_is() -> None:
    assert named(hardened(swap=2048))["main-swap"].retain_on_delete


def test_an_override_changes_what_is_declared_and_is_shown_with_its_reason() -> None:
    overrides = {
        "sysctl/kernel.*": Override(value=None, reason=REASON),
        "sysctl/net.ipv4.conf.all.rp_filter": Override(value=2, reason="two ways to the internet"),
    }
    registered = hardened(overrides=overrides)
    found = named(registered)
    assert not [name for name in found if name.startswith("main/sysctl/kernel.")]
    assert found["main/sysctl/net.ipv4.conf.all.rp_filter"].inputs["value"] == "2"
    shown = one(registered, "slipway:server:Baseline").inputs["overrides"]
    assert shown["sysctl/kernel.*"] == {"reason": REASON}
    assert shown["sysctl/net.ipv4.conf.all.rp_filter"] == {"value": 2, "reason": "two ways to the internet"}


def test_what_is_left_to_the_server_is_waited_for_by_nobody() -> None:
    overrides = {name: Override(value=None, reason=REASON) for name in ("package/auditd", "apt/security")}
    registered = hardened(overrides=overrides)
    found = named(registered)
    assert "main/package/auditd" not in found
    assert "main/apt/security" not in found
    assert "main/unit/auditd.service" in found


def test_packages_come_from_the_archive_of_security_updates() -> None:
    registered = hardened()
    packages = [name for name, each in named(registered).items() if each.type == "host:index:Package"]
    late = [name for name in packages if "main/apt/security" not in before(registered, name)]
    assert late == ["main-sudo"], "whatever else is installed is installed in its newest version"


@pytest.mark.parametrize(
    ("given", "uris"), [({}, []), ({"security_archive": "https://mirror.test/sec"}, ["https://mirror.test/sec"])]
)
def test_the_archive_is_derived_unless_it_is_given(given: Mapping[str, Any], uris: list[str]) -> None:
    source = one(hardened(**given), "host:index:AptSource").inputs
    assert (source["name"], source["security"], source.get("uris", [])) == ("security", True, uris)


def test_a_unit_follows_the_file_it_reads() -> None:
    found = named(hardened())
    assert list(found["main/unit/slipway-audit.service"].inputs["restartOn"]) == ["/etc/audit/rules.d/50-slipway.rules"]


def test_a_unit_runs_or_does_not() -> None:
    values = {"sysstat": "running", "cron": "stopped", "auditd": "masked"}
    overrides = {f"unit/{name}.service": Override(value=value, reason=REASON) for name, value in values.items()}
    found = named(hardened(overrides=overrides))
    units = [found[f"main/unit/{name}.service"].inputs for name in values]
    assert [(unit["enabled"], unit["active"], unit["masked"]) for unit in units] == [
        (True, True, False),
        (False, False, False),
        (False, False, True),
    ]


def test_the_system_must_be_the_one_the_settings_are_for() -> None:
    gate = one(hardened("bookworm"), "host:index:OperatingSystem").inputs
    assert (gate["suite"], gate["untested"]) == ("bookworm", False)
    untested = one(server(suite="trixie", untested=True), "host:index:OperatingSystem").inputs
    assert (untested["suite"], untested["untested"]) == ("", True)


def test_the_machine_itself_is_touched_only_where_the_stack_file_says_so() -> None:
    plain = named(hardened())
    assert not {"main-swap", "main-timezone", "main-hostname"} & plain.keys()
    found = named(server(swap=2048, timezone="Europe/Berlin", hostname="main"))
    assert found["main-swap"].inputs == {"path": "/swapfile", "size": 2048}
    assert found["main-timezone"].inputs == {"zone": "Europe/Berlin"}
    assert found["main-hostname"].inputs == {"name": "main"}


def test_what_depends_on_the_particulars_of_a_server_follows_them() -> None:
    particulars = Particulars(ssh_from=("203.0.113.0/24",), reboot_window="04:00")
    registered = hardened(particulars=particulars)
    config = one(registered, "host:index:SshConfig").inputs["settings"]
    assert config["PerSourcePenaltyExemptList"] == "203.0.113.0/24"
    assert '"04:00"' in named(registered)["main/file/unattended-upgrades"].inputs["content"]
    assert len(declared("hardened", "trixie", particulars)) == len(declared("hardened", "trixie", Particulars())) + 1


def test_old_images_are_removed_on_every_server() -> None:
    timer = one(server(), "host:index:Timer").inputs
    assert timer["command"] == ["/usr/bin/python3", "-I", "/usr/local/lib/slipway/prune-images"]
    script = named(server())["main/file/prune-images"].inputs
    assert script["path"] == timer["command"][-1]


def test_docker_restarts_for_its_settings_alone() -> None:
    found = named(server())
    daemon = found["main-daemon-json"].inputs
    assert daemon["settings"]["live-restore"] == "true"
    assert list(found["main-docker-service"].inputs["restartOn"]) == [daemon["path"]]


def test_an_engine_of_dockers_own_packages_will_do() -> None:
    found = named(server())
    assert found["main-docker-engine"].inputs["orInstalled"] == ["docker-ce"]
    assert found["main-docker-client"].inputs["orInstalled"] == ["docker-ce-cli"]


def test_a_login_is_a_secret_of_roots() -> None:
    registries = {"registry.example.com": Registry(username="ci", password="canary", ca="PEM")}
    found = named(server(registries=registries))
    login = found["main-registry-login"]
    assert login.inputs["mode"] == "0600"
    assert login.secrets == {"content"}
    assert found["main-ca-registry.example.com"].inputs["path"] == "/etc/docker/certs.d/registry.example.com/ca.crt"


def test_modes_are_set_after_every_package_which_would_set_them_back() -> None:
    found = hardened()
    packages = {each.name for each in found if each.name.startswith("main/package/")}
    modes = [each.name for each in found if each.name.startswith("main/mode/")]
    assert packages
    assert modes
    for name in modes:
        assert packages <= before(found, name), name
