"""Which network each product gets."""

from ipaddress import IPv4Network, IPv6Network

import pytest

from infra.config.subnets import Claim, broken_claims, edge_subnet, edge_subnet_ipv6, is_large_enough, product_subnet

POOL = "10.213.0.0/16"


def test_edge_has_the_first_slot() -> None:
    assert edge_subnet(POOL) == "10.213.0.0/24"


def test_the_edges_ipv6_network_is_a_local_one_of_the_servers_networks() -> None:
    network = IPv6Network(edge_subnet_ipv6(POOL))
    assert network.subnet_of(IPv6Network("fd00::/8"))
    assert network.prefixlen == 64
    assert edge_subnet_ipv6("172.16.0.0/16") != str(network)


@pytest.mark.parametrize("pool", [POOL, "192.168.0.0/20", "172.16.4.0/23"])
def test_every_product_has_a_slot_of_its_server_that_is_not_the_edges(pool: str) -> None:
    for number in range(200):
        subnet = IPv4Network(product_subnet(pool, "dev", f"product-{number}"))
        assert subnet.prefixlen == 24
        assert subnet.subnet_of(IPv4Network(pool))
        assert str(subnet) != edge_subnet(pool)


def test_stacks_that_share_a_server_get_different_slots() -> None:
    assert product_subnet(POOL, "dev", "shop") != product_subnet(POOL, "test", "shop")


def test_pool_needs_a_slot_for_the_edge_and_one_for_a_product() -> None:
    assert is_large_enough("10.0.0.0/8")
    assert is_large_enough("10.0.0.0/23")
    assert not is_large_enough("10.0.0.0/24")


def test_products_on_two_servers_may_have_one_network() -> None:
    claims = {
        "blog": Claim(product="blog", server="one", subnet="10.213.7.0/24"),
        "shop": Claim(product="shop", server="two", subnet="10.213.7.0/24"),
    }
    assert list(broken_claims(claims, {"one": POOL, "two": POOL})) == []
