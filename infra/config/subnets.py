"""Which network each product gets: the same one in every preview, without anyone keeping a list."""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

_SLOT_PREFIX = 24
_SLOT_PREFIX_IPV6 = 64
_SMALLEST_POOL = 23
_LOCAL = 0xFD << 120
"""`fd00::/8`, from which everybody takes networks of their own, each with 40 random bits (RFC 4193)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """A product's network on a server."""

    product: str
    server: str
    subnet: str


def is_large_enough(pool: str) -> bool:
    """Return whether a server's networks have a slot for the edge and for one product."""
    return IPv4Network(pool).prefixlen <= _SMALLEST_POOL


def edge_subnet(pool: str) -> str:
    """Return slot 0 of a server's networks."""
    return str(next(IPv4Network(pool).subnets(new_prefix=_SLOT_PREFIX)))


def edge_subnet_ipv6(pool: str) -> str:
    """Return the IPv6 network of the edge beside slot 0: a local one, the same for the same networks."""
    own = int.from_bytes(hashlib.sha256(f"slipway {pool}".encode()).digest()[:5])
    return str(IPv6Network((_LOCAL | own << 80, _SLOT_PREFIX_IPV6)))


def product_subnet(pool: str, stack: str, product: str) -> str:
    """Return a product's slot, found from its name alone: no other product's coming or going moves it."""
    network = IPv4Network(pool)
    slots = 2 ** (_SLOT_PREFIX - network.prefixlen)
    number = int.from_bytes(hashlib.sha256(f"{stack}-{product}".encode()).digest()[:8])
    slot = 1 + number % (slots - 1)
    return str(IPv4Network((int(network.network_address) + slot * 256, _SLOT_PREFIX)))


def broken_claims(
    claims: Mapping[str, Claim], pools: Mapping[str, str], others: Collection[Claim] = ()
) -> Iterator[tuple[str, str]]:
    """Yield products whose network is not theirs alone, each with what to do.

    Args:
        claims: product → its network.
        pools: server → the networks that those of products are taken from.
        others: networks of the products that other stacks have on these servers.
    """
    taken = list(others)
    free = {server: _free(pool, server, [*claims.values(), *others]) for server, pool in pools.items()}
    for product, claim in sorted(claims.items()):
        pool = pools[claim.server]
        subnet = IPv4Network(claim.subnet)
        if not subnet.subnet_of(IPv4Network(pool)):
            yield product, f"is outside of `container_subnets` of server {claim.server}"
        elif subnet.overlaps(IPv4Network(edge_subnet(pool))):
            yield product, "is the edge's: the first /24 of the server's `container_subnets`"
        for other in taken:
            if other.server == claim.server and subnet.overlaps(IPv4Network(other.subnet)):
                remedy = f"set `subnet` to a free /24 of the server{next(free[claim.server], '')}"
                yield product, f"is taken by product {other.product}: {remedy}"
                break
        taken.append(claim)


def _free(pool: str, server: str, claims: Collection[Claim]) -> Iterator[str]:
    """Yield the networks of a server that nobody claims, as remarks; another one each time."""
    used = [IPv4Network(claim.subnet) for claim in claims if claim.server == server]
    slots = IPv4Network(pool).subnets(new_prefix=_SLOT_PREFIX)
    next(slots)
    yield from (f", such as {slot}" for slot in slots if not any(slot.overlaps(each) for each in used))
