"""Texts that `Firewall` writes to a server, as pure functions."""

from infra.host.agent import places


def boot_unit() -> str:
    """Return the unit that loads the container firewall before anything can be reached.

    It has no `ExecStop`: stopping it leaves the table, which is the safe side.
    """
    return f"""\
# Written by slipway.
[Unit]
Description=Filter what comes from outside for containers
DefaultDependencies=no
ConditionPathExists={places.FIREWALL_TABLE}
After=local-fs.target
Wants=network-pre.target
Before=network-pre.target network-online.target docker.service shutdown.target
Conflicts=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/nft -f {places.FIREWALL_TABLE}
ExecReload=/usr/sbin/nft -f {places.FIREWALL_TABLE}

[Install]
WantedBy=sysinit.target
"""


def harmless_stop() -> str:
    """Return a drop-in for nftables.service: stopping it would flush the rules of UFW, Docker and fail2ban."""
    return "# Written by slipway.\n[Service]\nExecStop=\n"
