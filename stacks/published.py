"""Which ports of a server the edge publishes, and for whom the firewall opens them."""

import dataclasses
from collections.abc import Iterator, Sequence

from infra.config.settings import EdgeSettings, ProductSettings, ServerSettings, Settings
from infra.firewall import Rule
from infra.host.agent.firewall_rule import FORWARDED, HOST
from infra.ingress.rules import Listener


def here(settings: Settings, server: ServerSettings) -> list[ProductSettings]:
    """Return the products that run on a server."""
    return [product for product in settings.products.values() if product.server == server.name]


def listeners(products: Sequence[ProductSettings]) -> list[Listener]:
    """Return the ports that products of a server ask for beside 80 and 443."""
    by_port = {
        Listener(port=way.rule.listen, speaks="http")
        for product in products
        for way in product.ingress
        if way.rule.listen is not None
    }
    streams = (way.stream for product in products for way in product.streams)
    return sorted(by_port | {Listener(port=stream.listen, speaks=stream.protocol) for stream in streams})


def edge_rules(edge: EdgeSettings, products: Sequence[ProductSettings], *, ipv6: bool) -> list[Rule]:
    """Return what the firewall lets through to the edge."""
    rules = _forwarded(edge, products)
    return [*rules, *(other for rule in rules for other in _by_ipv6(rule))] if ipv6 else rules


def _by_ipv6(rule: Rule) -> Iterator[Rule]:
    """Yield what lets the same in by IPv6.

    The edge's network has none: what comes by it is taken in by Docker's proxy, a process of the server.
    """
    source = rule.source or "::/0"
    if ":" in source:
        yield dataclasses.replace(rule, source=source, comment=f"{rule.comment}, by IPv6", target=HOST)


def _forwarded(edge: EdgeSettings, products: Sequence[ProductSettings]) -> list[Rule]:
    rules = [
        Rule(port=80, comment="edge: HTTP, sent on to HTTPS", target=FORWARDED),
        Rule(port=443, comment="edge: HTTPS", target=FORWARDED),
    ]
    if edge.http3:
        rules.append(Rule(port=443, protocol="udp", comment="edge: HTTP/3", target=FORWARDED))
    by_port = {way.rule.listen: product.name for product in products for way in product.ingress if way.rule.listen}
    rules.extend(
        Rule(port=port, comment=f"edge: {product} over HTTP", target=FORWARDED) for port, product in by_port.items()
    )
    return [*rules, *(rule for product in products for rule in _stream_rules(product))]


def _stream_rules(product: ProductSettings) -> Iterator[Rule]:
    for way in product.streams:
        for source in way.stream.allow or (None,):
            yield Rule(
                port=way.stream.listen,
                protocol=way.stream.protocol,
                source=source,
                comment=f"edge: {product.name}/{way.service}",
                target=FORWARDED,
            )
