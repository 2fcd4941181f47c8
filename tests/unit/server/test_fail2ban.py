"""Texts for fail2ban."""

from configparser import ConfigParser

from infra.server import fail2ban


def read(text: str) -> ConfigParser:
    """Read a file as fail2ban does."""
    parser = ConfigParser(inline_comment_prefixes=";", strict=False)
    parser.read_string(text)
    return parser


def test_a_ban_is_for_every_port_and_protocol_in_a_table_of_its_own() -> None:
    assert read(fail2ban.action())["Definition"]["actionstart"].splitlines() == [
        "echo 'add table inet slipway_bans",
        "add set inet slipway_bans <addr_set> { type <addr_type>; flags interval; }",
        "add chain inet slipway_bans <addr_set> { type filter hook prerouting priority -200; policy accept; }",
        "flush chain inet slipway_bans <addr_set>",
        "add rule inet slipway_bans <addr_set> <addr_family> saddr @<addr_set> drop' | nft -f -",
    ]


def test_addresses_of_both_ip_versions_are_banned() -> None:
    found = read(fail2ban.action())
    assert dict(found["Init"]) == {"addr_set": "ban-<name>", "addr_type": "ipv4_addr", "addr_family": "ip"}
    assert dict(found["Init?family=inet6"]) == {
        "addr_set": "ban6-<name>",
        "addr_type": "ipv6_addr",
        "addr_family": "ip6",
    }


def test_bans_are_lifted_and_the_table_cleaned_by_the_same_names() -> None:
    found = read(fail2ban.action())["Definition"]
    assert found["actionban"] == "nft add element inet slipway_bans <addr_set> '{ <ip> }'"
    assert found["actionunban"] == "nft delete element inet slipway_bans <addr_set> '{ <ip> }'"
    assert all("inet slipway_bans <addr_set>" in found[name] for name in ("actionstop", "actionflush", "actioncheck"))


def test_the_jail_reads_the_journal_and_bans_by_our_action() -> None:
    found = read(fail2ban.jail([]))
    assert found["sshd"]["enabled"] == "true"
    assert (found["sshd"]["backend"], found["sshd"]["action"]) == ("systemd", "slipway")
    assert fail2ban.ACTION_PATH.endswith(f"/{found['sshd']['action']}.conf")


def test_the_loopback_and_the_given_networks_are_never_banned() -> None:
    found = read(fail2ban.jail(["203.0.113.0/24", "2001:db8::/32"]))
    assert found["DEFAULT"]["ignoreip"].split() == ["127.0.0.0/8", "::1", "203.0.113.0/24", "2001:db8::/32"]


def test_the_jail_wins_over_what_debian_sets() -> None:
    assert fail2ban.JAIL_PATH.startswith("/etc/fail2ban/jail.d/")
    assert fail2ban.JAIL_PATH.endswith(".local")
