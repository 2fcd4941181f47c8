"""Texts for fail2ban, as pure functions: what it watches, and how it bans."""

from collections.abc import Sequence

JAIL_PATH = "/etc/fail2ban/jail.d/slipway.local"
"""The last setting wins, and `.local` files come last: Debian 13 sets the ban of port 22 alone in a `.conf` there."""
ACTION_PATH = "/etc/fail2ban/action.d/slipway.conf"
TABLE = "slipway_bans"
"""nftables table of family `inet` with the banned addresses: sets `ban-<jail>` and `ban6-<jail>`."""
LOOPBACK = ("127.0.0.0/8", "::1")
_ACTION = """\
# Written by slipway.
[Definition]
actionstart = echo 'add table inet TABLE
              add set inet TABLE <addr_set> { type <addr_type>; flags interval; }
              add chain inet TABLE <addr_set> { type filter hook prerouting priority -200; policy accept; }
              flush chain inet TABLE <addr_set>
              add rule inet TABLE <addr_set> <addr_family> saddr @<addr_set> drop' | nft -f -
actionstop = echo 'flush chain inet TABLE <addr_set>
             delete chain inet TABLE <addr_set>
             delete set inet TABLE <addr_set>' | nft -f -
actionflush = nft flush set inet TABLE <addr_set>
actioncheck = nft list chain inet TABLE <addr_set> | grep -q '@<addr_set> drop'
actionban = nft add element inet TABLE <addr_set> '{ <ip> }'
actionunban = nft delete element inet TABLE <addr_set> '{ <ip> }'

[Init]
addr_set = ban-<name>
addr_type = ipv4_addr
addr_family = ip

[Init?family=inet6]
addr_set = ban6-<name>
addr_type = ipv6_addr
addr_family = ip6
""".replace("TABLE", TABLE)


def jail(never_banned: Sequence[str]) -> str:
    """Return which logs are watched: failed logins at sshd, in the journal.

    Debian 12 keeps no auth.log, on which the default backend ends.

    Args:
        never_banned: addresses and networks beside the loopback.
    """
    ignored = " ".join([*LOOPBACK, *never_banned])
    return f"""\
# Written by slipway.
[DEFAULT]
ignoreip = {ignored}
usedns = no
backend = systemd
action = slipway
bantime = 1h
bantime.increment = true
bantime.maxtime = 1w
findtime = 10m
maxretry = 5

[sshd]
enabled = true
backend = systemd
"""


def action() -> str:
    """Return how an address is banned: in a table of its own, from every port, by every protocol.

    A ban in UFW's or Docker's chains would not stop what goes to containers, or would be gone after `ufw reload`. The
    priority is ahead of Docker's redirection; each jail has a chain of its own, so that starting one twice does not
    double its rule.
    """
    return _ACTION
