"""What a wrong section of a server gets, each with the line that a person sees."""

from collections.abc import Callable
from typing import Any

import pytest

from infra.config.settings import FirewallRuleSettings, FirewallSettings
from infra.profiles import Override, Particulars
from tests.unit.config.conftest import CANARY, KEY, Stack, change
from tests.unit.config.test_public_keys import ECDSA, rsa

MAIN = ("servers", "main")
AT = "Pulumi.dev.yaml: slipway:servers.main"
REASON = f"{CANARY} shares its kernel"
RULE = {"port": 8080, "comment": "status page"}
OWN = "is the name of one of the system's own users or groups, whose rights it would have: choose another"
NO_KEY = "must hold at least one key: nobody could sign in as this user any more"

Change = Callable[[Stack], None]


def hardened(**keys: Any) -> Change:
    """Return what makes the server a hardened one with more keys."""

    def apply(stack: Stack) -> None:
        stack.server.update({"profile": "hardened", "suite": "trixie", **keys})

    return apply


def minimal(**keys: Any) -> Change:
    """Return what gives the server more keys."""

    def apply(stack: Stack) -> None:
        stack.server.update(keys)

    return apply


def override(name: str, value: object = None, reason: str = REASON) -> Change:
    """Return what overrides one setting of a hardened server."""
    return hardened(overrides={name: {"value": value, "reason": reason}})


def rules(*found: dict[str, Any], **keys: Any) -> Change:
    """Return what gives a hardened server rules of the firewall."""
    return hardened(firewall={"rules": list(found), **keys})


CASES: dict[str, tuple[Change, str]] = {
    "hardened on an unknown release": (
        minimal(profile="hardened"),
        ".suite: is missing: the profile `hardened` differs between Debian 12 (`bookworm`) and 13 (`trixie`)",
    ),
    "profile": (minimal(profile=CANARY), ".profile: must be 'hardened' or 'minimal'"),
    "release": (minimal(suite=CANARY), ".suite: must be 'bookworm' or 'trixie'"),
    "root as the deploy user": (
        change(*MAIN, "ssh", to={"host_key": KEY, "user": "root"}),
        (".ssh.user: must not be `root`, whose login is closed: Slipway makes the user, so give it a name of its own"),
    ),
    "deploy user with the rights of a group": (
        change(*MAIN, "ssh", to={"host_key": KEY, "user": "docker"}),
        f".ssh.user: {OWN}",
    ),
    "name of a person that Debian refuses": (
        minimal(admins={"Anna.B": [KEY]}),
        (
            '.admins["Anna.B"]: must be a name that Debian takes for a user: a small letter, then small letters, '
            "digits, `-` and `_`, at most 31 in all, such as `deploy`"
        ),
    ),
    "name of a person that adduser leaves to the system": (
        minimal(admins={"_anna": [KEY]}),
        (
            ".admins._anna: must be a name that Debian takes for a user: a small letter, then small letters, "
            "digits, `-` and `_`, at most 31 in all, such as `deploy`"
        ),
    ),
    "person with the rights of a group": (minimal(admins={"sudo": [KEY]}), f".admins.sudo: {OWN}"),
    "person who is the deploy user": (
        minimal(admins={"deploy": [KEY]}),
        ".admins.deploy: is the deploy user: its keys are `admin_keys`",
    ),
    "person whom the server came with": (
        minimal(admins={"debian": [KEY]}, ssh={"host_key": KEY, "bootstrap_user": "debian"}),
        ".admins.debian: is `ssh.bootstrap_user`, whom the server came with: choose another",
    ),
    "person without a key": (minimal(admins={"anna": []}), f".admins.anna: {NO_KEY}"),
    "last key of the deploy user": (minimal(admin_keys=[]), f".admin_keys: {NO_KEY}"),
    "key of the deploy user that is cut off": (
        minimal(admin_keys=[KEY, KEY[:60]]),
        ".admin_keys[1].key: does not parse as a public key: copy the whole line anew, it is cut off or mistyped",
    ),
    "key that does not parse": (
        minimal(admins={"anna": [f"ssh-ed25519 {'A' * 68}"]}),
        (".admins.anna[0].key: does not parse as a public key: copy the whole line anew, it is cut off or mistyped"),
    ),
    "key that a hardened server refuses": (
        hardened(admin_keys=[KEY, ECDSA]),
        ".admin_keys[1].key: is an ECDSA key, which the profile `hardened` refuses: use an ed25519 key",
    ),
    "key of a person that a hardened server refuses": (
        hardened(admins={"anna": [rsa(2048)]}),
        (
            ".admins.anna[0].key: is an RSA key of less than 3072 bits, which the profile `hardened` refuses: "
            "use an ed25519 key"
        ),
    ),
    "host key that a hardened server does not offer": (
        hardened(ssh={"host_key": rsa(4096)}),
        ".ssh.host_key: must be the server's ed25519 key: the profile `hardened` offers that one to everybody",
    ),
    "override of nothing": (
        override("sysctl/net.ipv4.tcp_syncookie"),
        (
            '.overrides["sysctl/net.ipv4.tcp_syncookie"]: is no setting; the nearest are '
            "`sysctl/net.ipv4.tcp_syncookies`, `sysctl/net.ipv4.tcp_rfc1337`, `sysctl/net.ipv4.conf.all.rp_filter`"
        ),
    ),
    "pattern of nothing": (
        override("sysctl/vm.*"),
        '.overrides["sysctl/vm.*"]: matches no setting; docs/configuration.md lists all settings',
    ),
    "pattern that is more than one": (
        override("ssh/[A-Z]*"),
        '.overrides["ssh/[A-Z]*"]: matches no setting; docs/configuration.md lists all settings',
    ),
    "override without a reason": (
        hardened(overrides={"ssh/MaxSessions": {"value": 4}}),
        '.overrides["ssh/MaxSessions"].reason: is missing',
    ),
    "override with a reason of 14 characters": (
        override("ssh/MaxSessions", 4, "one is enough."),
        '.overrides["ssh/MaxSessions"].reason: must say why, in at least 15 characters',
    ),
    "override with a reason that says nothing": (
        override("ssh/MaxSessions", 4, "because        "),
        '.overrides["ssh/MaxSessions"].reason: must say why, in at least 15 characters',
    ),
    "value of a wrong type": (
        override("ssh/MaxSessions", [CANARY]),
        '.overrides["ssh/MaxSessions"].value: must be a text, a number, `true`, `false` or `null`',
    ),
    "value that the setting cannot have": (
        override("module/dccp", CANARY),
        '.overrides["module/dccp"].value: must be `true` (blocked) or `false`',
    ),
    "value for a package": (
        override("package/aide", "1.0"),
        '.overrides["package/aide"].value: can only be left to the server: write `value: null`',
    ),
    "override of another release": (
        override("ssh/ModuliFile"),
        (
            '.overrides["ssh/ModuliFile"]: has no effect: the profile `hardened` on trixie sets nothing of that name '
            "here; remove it"
        ),
    ),
    "override of another profile": (
        minimal(overrides={"ssh/*": {"reason": REASON}}),
        ('.overrides["ssh/*"]: has no effect: the profile `minimal` sets nothing of that name here; remove it'),
    ),
    "override that others decide": (
        hardened(
            overrides={
                "unit/*audit*": {"reason": REASON},
                "unit/auditd.service": {"reason": REASON},
                "unit/slipway-audit.service": {"reason": REASON},
            }
        ),
        '.overrides["unit/*audit*"]: has no effect: other overrides decide all that it is about; remove it',
    ),
    "port 0": (
        rules({**RULE, "port": 0}),
        (".firewall.rules[0].port: must be a port from 1 to 65535, or a range in quotes, such as `'8000:8010'`"),
    ),
    "range the wrong way round": (
        rules({**RULE, "port": "8010:8000"}),
        (".firewall.rules[0].port: must be a port from 1 to 65535, or a range in quotes, such as `'8000:8010'`"),
    ),
    "range of both protocols": (
        rules({**RULE, "port": "8000:8010", "protocol": "any"}),
        ".firewall.rules[0].protocol: must be `tcp` or `udp` for a range of ports: write one rule each",
    ),
    "bad network": (
        rules({**RULE, "source": "203.0.113.7/24"}),
        (
            ".firewall.rules[0].source: must be a network or an address, such as `203.0.113.0/24`, "
            "with no bits set behind the prefix"
        ),
    ),
    "address that is none": (
        rules({**RULE, "source": "203.0.113.0/33"}),
        (
            ".firewall.rules[0].source: must be a network or an address, such as `203.0.113.0/24`, "
            "with no bits set behind the prefix"
        ),
    ),
    "network for SSH that is none": (
        rules(ssh_from=["office.example.com"]),
        (
            ".firewall.ssh_from[0]: must be a network or an address, such as `203.0.113.0/24`, "
            "with no bits set behind the prefix"
        ),
    ),
    "rule twice": (
        rules(RULE, RULE),
        ".firewall.rules[1]: is the same rule as rules[0]: keep one",
    ),
    "rule twice with another comment": (
        rules({**RULE, "source": "192.0.2.7"}, {**RULE, "source": "192.0.2.7/32", "comment": "other"}),
        ".firewall.rules[1]: is the same rule as rules[0], with another comment: keep one",
    ),
    "rule twice in other words": (
        rules(RULE, {**RULE, "source": "0.0.0.0/0", "comment": "other"}, ipv6=False),
        ".firewall.rules[1]: is the same rule as rules[0], with another comment: keep one",
    ),
    "rule of SSH": (
        rules({"port": 22, "comment": "people"}),
        ".firewall.rules[0]: lets in SSH, which `ssh.port` and `firewall.ssh_from` do: remove it",
    ),
    "rule of SSH for one network": (
        rules({"port": 22, "source": "192.0.2.0/24", "comment": "people"}, ssh_from=["192.0.2.0/24"]),
        ".firewall.rules[0]: lets in SSH, which `ssh.port` and `firewall.ssh_from` do: remove it",
    ),
    "source of IPv6 where there is none": (
        rules({**RULE, "source": "2001:db8::/32"}, ipv6=False),
        ".firewall.rules[0].source: is an IPv6 network, and `firewall.ipv6` is `false`: nothing of IPv6 is let in",
    ),
    "network for SSH of IPv6 where there is none": (
        rules(ssh_from=["2001:db8::/32"], ipv6=False),
        ".firewall.ssh_from[0]: is an IPv6 network, and `firewall.ipv6` is `false`: nothing of IPv6 is let in",
    ),
    "rule that does not say what for": (rules({"port": 8080}), ".firewall.rules[0].comment: is missing"),
    "interface": (
        rules({**RULE, "interface": "eth0; reboot"}),
        ".firewall.rules[0].interface: must be a network interface, such as `eth0`",
    ),
    "bans without a firewall": (
        minimal(fail2ban={"ignore": ["192.0.2.0/24"]}),
        ".fail2ban: goes with a firewall: write `firewall: {}` beside it",
    ),
    "reboots that nobody makes": (
        minimal(reboot_window="04:00"),
        ".reboot_window: has no effect with the profile `minimal`: remove it, or write `profile: hardened`",
    ),
    "time of day": (
        hardened(reboot_window="24:00"),
        ".reboot_window: must be a time of day in quotes, such as `'04:00'`",
    ),
    "swap": (minimal(swap="much"), ".swap: must be a number of MiB, at least 64, or `none`"),
    "time zone": (
        minimal(timezone="../etc/passwd"),
        ".timezone: must be a time zone of the tz database, such as `Europe/Berlin` or `Etc/UTC`",
    ),
    "host name": (
        minimal(hostname="Main_1"),
        ".hostname: must be a host name of small letters, digits, hyphens and dots, at most 63, such as `main`",
    ),
    "archive with a login": (
        hardened(apt={"security": f"https://user:{CANARY}@mirror.example.com/debian-security"}),
        ".apt.security: must be the http or https URL of a package archive, without a login",
    ),
    "exclusive as a whole": (minimal(exclusive=True), ".exclusive: must be a map"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_wrong_server_gets_one_line(case: str, stack: Stack) -> None:
    apply, expected = CASES[case]
    apply(stack)
    lines = stack.mistakes()
    assert [line for line in lines if line.startswith(AT)] == [f"{AT}{expected}"]
    assert CANARY not in "\n".join(lines), "a value must never be shown"


def test_what_is_wrong_in_itself_hides_nothing_that_is_wrong_beside_it(stack: Stack) -> None:
    hardened(
        admin_keys=[ECDSA],
        admins={"Anna.B": [KEY], "bob": []},
        firewall={"rules": [{**RULE, "port": 0, "prot": "udp"}], "ipv6": False, "ssh_from": ["2001:db8::/32"]},
        overrides={"ssh/MaxSesions": {"value": 4, "reason": REASON}, "module/dccp": {"value": "no", "reason": REASON}},
    )(stack)
    assert {line.removeprefix(AT).partition(": ")[0] for line in stack.mistakes()} == {
        ".admin_keys[0].key",
        '.admins["Anna.B"]',
        ".admins.bob",
        ".firewall.rules[0].port",
        ".firewall.rules[0].prot",
        ".firewall.ssh_from[0]",
        '.overrides["module/dccp"].value',
        '.overrides["ssh/MaxSesions"]',
    }


def test_all_mistakes_of_a_server_are_told_at_once(stack: Stack) -> None:
    hardened(
        admin_keys=[ECDSA],
        firewall={"rules": [RULE, RULE]},
        overrides={"module/dccp": {"value": "no", "reason": REASON}},
    )(stack)
    assert [line.removeprefix(AT).partition(": ")[0] for line in stack.mistakes()] == [
        ".admin_keys[0].key",
        ".firewall.rules[1]",
        '.overrides["module/dccp"].value',
    ]


def test_a_file_of_keys_is_looked_into_as_well(stack: Stack) -> None:
    (stack.root / "weak.pub").write_text(f"{ECDSA}\n", encoding="utf-8")
    (stack.root / "none.pub").write_text("# nobody yet\n", encoding="utf-8")
    hardened(admins={"anna": [{"file": "weak.pub"}]}, admin_keys=[{"file": "none.pub"}])(stack)
    refused = "an ECDSA key, which the profile `hardened` refuses: use an ed25519 key"
    assert stack.mistakes() == [
        f"{AT}.admin_keys[0].file: names a file that holds nothing",
        f"{AT}.admins.anna[0].file: names a file with a wrong line: it is {refused}",
    ]


def test_a_hardened_server_has_a_firewall_and_a_minimal_one_where_it_is_asked_for(stack: Stack) -> None:
    closed = FirewallSettings(rules=(), ssh_from=(), ipv6=True, never_banned=())
    assert stack.load().servers["main"].firewall is None
    stack.server["firewall"] = {}
    assert stack.load().servers["main"].firewall == closed
    del stack.server["firewall"]
    hardened()(stack)
    assert stack.load().servers["main"].firewall == closed


def test_a_server_has_what_its_section_says(stack: Stack) -> None:
    hardened(
        admins={"anna": [f"{KEY} anna@laptop"]},
        overrides={"ssh/MaxSessions": {"value": 4, "reason": REASON}, "unit/*audit*": {"reason": REASON}},
        exclusive={"keys": True},
        firewall={"rules": [{**RULE, "port": "08000:8010"}], "ssh_from": ["203.0.113.0/24"]},
        fail2ban={"ignore": ["203.0.113.0/24"]},
        swap=2048,
        timezone="Europe/Berlin",
        hostname="main",
        reboot_window="04:00",
        os={"untested": True},
        apt={"security": "https://mirror.example.com/debian-security"},
    )(stack)
    server = stack.load().servers["main"]
    assert (server.profile, server.suite) == ("hardened", "trixie")
    assert server.admins == {"anna": (f"{KEY} anna@laptop",)}
    assert server.overrides == {
        "ssh/MaxSessions": Override(value=4, reason=REASON),
        "unit/*audit*": Override(value=None, reason=REASON),
    }
    assert server.particulars == Particulars(ssh_from=("203.0.113.0/24",), reboot_window="04:00")
    assert (server.exclusive.users, server.exclusive.keys, server.exclusive.firewall) == (False, True, False)
    rule = FirewallRuleSettings(port="8000:8010", protocol="tcp", source=None, interface=None, comment="status page")
    assert server.firewall == FirewallSettings(
        rules=(rule,), ssh_from=("203.0.113.0/24",), ipv6=True, never_banned=("203.0.113.0/24",)
    )
    assert (server.swap, server.timezone, server.hostname) == (2048, "Europe/Berlin", "main")
    assert server.untested
    assert server.security_archive == "https://mirror.example.com/debian-security"


@pytest.mark.parametrize(("written", "swap"), [("none", None), (64, 64)])
def test_swap_is_a_size_or_none(stack: Stack, written: object, swap: int | None) -> None:
    stack.server["swap"] = written
    assert stack.load().servers["main"].swap == swap
