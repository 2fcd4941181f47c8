"""What a server is set to, with and without overrides."""

import re
from typing import get_args

import pytest

from infra.profiles import (
    HostSetting,
    Override,
    Particulars,
    Suite,
    Value,
    declared,
    known_names,
    overridden,
    settings,
    value_mistake,
)
from infra.profiles.setting import FAMILIES, FileSetting, UnitSetting

SUITES: tuple[Suite, ...] = get_args(Suite)
REASON = "the lab shares its kernel with the machine"
EVERYTHING = Particulars(ssh_from=("203.0.113.0/24",), reboot_window="04:00")


def said(value: Value | None) -> Override:
    return Override(value=value, reason=REASON)


def values(*found: HostSetting) -> dict[str, Value]:
    return {setting.name: setting.value for setting in found}


@pytest.mark.parametrize("suite", SUITES)
def test_every_setting_has_a_name_of_its_own_in_a_known_family(suite: Suite) -> None:
    found = declared("hardened", suite, EVERYTHING)
    assert len({setting.name for setting in found}) == len(found)
    assert {setting.family for setting in found} == FAMILIES.keys()
    assert all(setting.source for setting in found), "who recommends a setting is part of it"


@pytest.mark.parametrize("suite", SUITES)
def test_what_a_setting_comes_after_is_a_setting_too(suite: Suite) -> None:
    found = declared("hardened", suite, EVERYTHING)
    names = {setting.name for setting in found}
    assert {name for setting in found for name in setting.after} <= names
    files = {setting.name for setting in found if isinstance(setting, FileSetting)}
    assert {name for setting in found if isinstance(setting, UnitSetting) for name in setting.restart_on} <= files


@pytest.mark.parametrize("suite", SUITES)
def test_every_setting_has_a_value_that_an_override_may_give_it(suite: Suite) -> None:
    for setting in declared("hardened", suite, EVERYTHING):
        takes_any = FAMILIES[setting.family].pattern is not None
        assert (value_mistake(setting, setting.value) is None) is takes_any, setting.name


@pytest.mark.parametrize("suite", SUITES)
def test_no_two_files_have_one_path(suite: Suite) -> None:
    paths = [each.path for each in declared("hardened", suite, EVERYTHING) if isinstance(each, FileSetting)]
    assert len(set(paths)) == len(paths)


def test_forwarding_stays_on_for_the_containers() -> None:
    assert not [name for name in known_names() if re.search(r"ip_forward|\.forwarding$", name)]


def test_nothing_makes_a_key_expire_with_a_password_nobody_has() -> None:
    assert "login.defs/PASS_MAX_DAYS" not in known_names()


@pytest.mark.parametrize(
    ("suite", "exchange"),
    [
        (
            "bookworm",
            (
                "sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com,curve25519-sha256,"
                "curve25519-sha256@libssh.org,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,"
                "diffie-hellman-group-exchange-sha256"
            ),
        ),
        ("trixie", "mlkem768x25519-sha256,sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com"),
    ],
)
def test_key_exchange_is_that_of_the_policy_for_the_release(suite: Suite, exchange: str) -> None:
    assert values(*settings("hardened", suite, {}))["ssh/KexAlgorithms"] == exchange


def test_only_debian_12_needs_a_host_key_and_groups_of_its_own() -> None:
    old, new = (values(*settings("hardened", suite, {})) for suite in SUITES)
    assert old["ssh/HostKey"] == "/etc/ssh/ssh_host_ed25519_key /etc/ssh/slipway_host_rsa_4096_key"
    assert new["ssh/HostKey"] == "/etc/ssh/ssh_host_ed25519_key"
    assert "ssh/ModuliFile" in old
    assert not [name for name in new if "material" in name or name == "ssh/ModuliFile"]


def test_people_are_spared_the_penalties_of_debian_13_where_their_networks_are_known() -> None:
    name = "ssh/PerSourcePenaltyExemptList"
    networks = Particulars(ssh_from=("203.0.113.0/24", "2001:db8::/32"))
    assert values(*settings("hardened", "trixie", {}, networks))[name] == "203.0.113.0/24,2001:db8::/32"
    assert name not in values(*settings("hardened", "trixie", {}))
    assert name not in values(*settings("hardened", "bookworm", {}, networks)), "OpenSSH 9.2 does not know it"


def test_a_server_reboots_in_its_window_and_else_never() -> None:
    def upgrades(window: str | None) -> str:
        found = settings("hardened", "trixie", {}, Particulars(reboot_window=window))
        return str(values(*found)["file/unattended-upgrades"])

    assert 'Automatic-Reboot "false"' in upgrades(None)
    assert "Reboot-Time" not in upgrades(None)
    assert 'Automatic-Reboot "true"' in upgrades("04:00")
    assert 'Automatic-Reboot-Time "04:00"' in upgrades("04:00")


def test_the_minimal_profile_has_what_containers_need_and_nothing_else() -> None:
    families = {setting.family for setting in settings("minimal", None, {})}
    assert families == {"docker", "file", "timer"}
    assert values(*settings("minimal", None, {}))["docker/live-restore"] is True


def test_the_hardened_profile_is_not_guessed_for_an_unknown_release() -> None:
    with pytest.raises(ValueError, match="differs between the releases"):
        settings("hardened", None, {})


def test_an_override_gives_another_value_and_its_reason() -> None:
    found = settings("hardened", "trixie", {"ssh/AllowTcpForwarding": said("yes")})
    (changed,) = [setting for setting in found if setting.reason]
    assert (changed.name, changed.value, changed.reason) == ("ssh/AllowTcpForwarding", "yes", REASON)


def test_a_setting_that_is_left_to_the_server_is_not_declared() -> None:
    found = values(*settings("hardened", "trixie", {"sysctl/kernel.*": said(None)}))
    assert not [name for name in found if name.startswith("sysctl/kernel.")]
    assert "sysctl/fs.suid_dumpable" in found


def test_a_name_goes_before_a_pattern_and_a_longer_pattern_before_a_shorter_one() -> None:
    overrides = {"sysctl/*": said(None), "sysctl/kernel.*": said(7), "sysctl/kernel.sysrq": said(4)}
    found = values(*settings("hardened", "trixie", overrides))
    assert found["sysctl/kernel.sysrq"] == 4
    assert found["sysctl/kernel.kptr_restrict"] == 7
    assert "sysctl/fs.suid_dumpable" not in found


def test_a_name_goes_before_a_longer_pattern() -> None:
    overrides = {"ssh/*MaxSessions*": said(2), "ssh/MaxSessions": said(4)}
    assert values(*settings("hardened", "trixie", overrides))["ssh/MaxSessions"] == 4


def test_each_override_is_told_with_the_settings_it_decides() -> None:
    overrides = {"sysctl/net.ipv6.*": said(None), "sysctl/net.ipv6.conf.all.accept_redirects": said(1)}
    pattern, name = overridden("hardened", "trixie", overrides, Particulars())
    assert pattern.names == (
        "sysctl/net.ipv6.conf.all.accept_source_route",
        "sysctl/net.ipv6.conf.default.accept_redirects",
        "sysctl/net.ipv6.conf.default.accept_source_route",
    )
    assert name.names == ("sysctl/net.ipv6.conf.all.accept_redirects",)


@pytest.mark.parametrize(
    ("name", "value", "right"),
    [
        ("sysctl/kernel.sysrq", 4, True),
        ("sysctl/kernel.sysrq", "4", True),
        ("sysctl/kernel.sysrq", True, False),
        ("sysctl/kernel.sysrq", "1\n2", False),
        ("module/dccp", False, True),
        ("module/dccp", "no", False),
        ("docker/icc", True, True),
        ("docker/icc", "yes", False),
        ("docker/log-opts.max-size", "50m", True),
        ("docker/log-opts.max-size", True, False),
        ("docker/default-address-pools", "base=10.0.0.0/16,size=24 base=10.9.0.0/16,size=20", True),
        ("docker/default-address-pools", "10.0.0.0/16", False),
        ("docker/default-address-pools", True, False),
        ("docker/default-address-pools", None, True),
        ("mode/etc-crontab", "0644", True),
        ("mode/etc-crontab", 644, False),
        ("package/aide", True, False),
        ("package/aide", None, True),
        ("unit/auditd.service", "masked", True),
        ("unit/auditd.service", "off", False),
        ("timer/prune", "weekly", True),
        ("file/etc-issue", "Welcome\n", True),
        ("sudoers/defaults", "Defaults use_pty", False),
    ],
)
def test_a_value_is_one_that_the_setting_can_have(name: str, value: Value | None, right: bool) -> None:
    (setting,) = [each for each in settings("hardened", "trixie", {}) if each.name == name]
    assert (value_mistake(setting, value) is None) is right
