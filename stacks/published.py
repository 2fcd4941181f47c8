"""Which ports of a server the edge publishes, and for whom the firewall opens them."""

from collections.abc import Iterator, Sequence

from infra.config.settings import EdgeSettings, GuestSettings, ProductSettings, ServerSettings, Settings
from infra.firewall import Rule
from infra.host.agent.firewall_rule import FORWARDED
from infra.ingress.rules import Listener

Resident = ProductSettings | GuestSettings


def own(settings: Settings, server: ServerSettings) -> list[ProductSettings]:
    """Return the products of this stack that run on a server."""
    return [product for product in settings.products.values() if product.server == server.name]


def here(settings: Settings, server: ServerSettings) -> list[Resident]:
    """Return the products that run on a server, those of its guests too."""
    return [*own(settings, server), *(guest for guest in settings.guests if guest.server == server.name)]


def listeners(products: Sequence[Resident]) -> list[Listener]:
    """Return the ports that products of a server ask for beside 80 and 443."""
    by_port = {
        Listener(port=way.rule.listen, speaks="http")
        for product in products
        for way in product.ingress
        if way.rule.listen is not None
    }
    streams = (way.stream for product in products for way in product.streams)
    return sorted(by_port | {Listener(port=stream.listen, speaks=stream.protocol) for stream in streams})


def edge_rules(edge: EdgeSettings, products: Sequence[Resident]) -> list[Rule]:
    """Return what the firewall lets through to the edge."""
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


def _stream_rules(product: Resident) -> Iterator[Rule]:
    for way in product.streams:
        for source in way.stream.allow or (None,):
            yield Rule(
                port=way.stream.listen,
                protocol=way.stream.protocol,
                source=source,
                comment=f"edge: {product.name}/{way.service}",
                target=FORWARDED,
            )
