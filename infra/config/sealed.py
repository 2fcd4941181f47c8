"""Addresses that a secret may be sent to: nobody on the way can read it."""

import ipaddress
from collections.abc import Callable
from urllib.parse import urlsplit


def is_sealed(address: str, *, is_near: Callable[[str], bool]) -> bool:
    """Tell whether an address is by https, or by http so near that there is no way to listen on.

    Args:
        address: a URL.
        is_near: tells whether a host is.
    """
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and is_near(parts.hostname or ""))


def is_loopback(host: str) -> bool:
    """Tell whether an address is this machine's own, where nobody listens on the way."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_private(host: str) -> bool:
    """Tell whether an address is this machine's own, or one that no way through the internet leads to."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host == "localhost"
