"""The lab's network, with IPv6 where this machine has it."""

from collections.abc import Sequence
from pathlib import Path

from tests.lab.docker import docker, inspect
from tests.lab.paths import PROJECT
from tests.lab.topology import LABEL, NETWORK, SUBNET, SUBNET_6, sixth
from tools.progress import say

INTERFACES_6 = Path("/proc/net/if_inet6")
"""Is there unless the kernel was started without IPv6."""
WITH_IPV6 = ("--sysctl", "net.ipv6.conf.all.disable_ipv6=0")
"""Docker turns IPv6 off in a container, on its own interfaces too: a check by IPv6 would find everything closed."""


def ensure_network() -> None:
    """Make the lab's network unless it is there."""
    possible = INTERFACES_6.exists()
    if inspect("network", NETWORK) is None:
        sixth_version = ["--ipv6", "--subnet", SUBNET_6] if possible else []
        docker("network", "create", "--subnet", SUBNET, *sixth_version, "--label", f"{LABEL}={PROJECT}", NETWORK)
    elif possible and not has_ipv6():
        say(f"The network {NETWORK} was made without IPv6; `make down` and `make lab` renew it")


def has_ipv6() -> bool:
    """Tell whether the lab's network has IPv6."""
    return bool((inspect("network", NETWORK) or {}).get("EnableIPv6"))


def joining(address: str) -> Sequence[str]:
    """List the options with which a container gets an address in the lab's network, and the same by IPv6."""
    sixth_version = ("--ip6", sixth(address), *WITH_IPV6) if has_ipv6() else ()
    return ("--network", NETWORK, "--ip", address, *sixth_version)
