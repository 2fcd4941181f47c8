"""Ways in that cannot be, each with the line that a person sees."""

from collections.abc import Callable

import pytest

from tests.unit.config.conftest import CANARY, Stack, change

SHOP = ("products", "shop")
INGRESS = (*SHOP, "ingress", 0)
AT = "Pulumi.dev.yaml: slipway:products.shop"
DATABASE = {"port": 5432, "service": "db", "target": 5432}
SECOND = {"host": "b.example.com", "service": "web", "port": 8000}


def text(stack: Stack, old: str, new: str) -> None:
    """Change the compose file."""
    path = stack.root / "compose.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


CASES: dict[str, tuple[Callable[[Stack], None], str]] = {
    "neither host nor port": (
        change(*SHOP, "ingress", to=[{"service": "web", "port": 8000}]),
        ".ingress[0]: must have exactly one of `host`, `listen`",
    ),
    "every site may call": (
        change(*INGRESS, "cors", to={"origins": ["*"]}),
        (
            ".ingress[0].cors.origins[0]: must be one origin, such as `https://www.example.com`: `*` would let every "
            "site's pages call the service"
        ),
    ),
    "no limit without a reason": (
        change(*INGRESS, "rate_limit", to={"unlimited": "because"}),
        ".ingress[0].rate_limit.unlimited: must say why, in at least 15 characters",
    ),
    "body limit of a stream": (
        change(*SHOP, "ingress", to=[{**SECOND, "protocol": "grpc", "body_limit": 1}]),
        ".ingress[0]: `body_limit` is not for `protocol: grpc`, whose streams would be held back until they end",
    ),
    "no time at all": (
        change(*INGRESS, "timeout", to="0s"),
        ".ingress[0]: `timeout` must be longer than 0 seconds and at most 1h0m0s",
    ),
    "value of a header": (
        change(*INGRESS, "headers", to={"X-Shop": f"{CANARY}\r\nSet-Cookie: a=b"}),
        ".ingress[0].headers.X-Shop: must be one line of plain characters",
    ),
    "network with bits behind the prefix": (
        change(*INGRESS, "allow", to=["203.0.113.7/24"]),
        (
            ".ingress[0].allow[0]: must be a network or an address, such as `203.0.113.0/24`, with no bits set behind "
            "the prefix"
        ),
    ),
    "target of a redirect": (
        change(*SHOP, "redirects", to=[{"host": "www.example.com", "to": "/new"}]),
        ".redirects[0].to: must be a URL without a query, such as `https://shop.example.com/new`",
    ),
    "redirect of an address that a service answers": (
        change(*SHOP, "redirects", to=[{"host": "shop.example.com", "to": "https://www.example.com"}]),
        ".redirects[0]: has the same host and path as products.shop.ingress[0]",
    ),
    "port to an unknown service": (
        change(*SHOP, "ports", to=[{**DATABASE, "service": "dbb"}]),
        ".ports[0].service: names no service of the compose files; did you mean `db`?",
    ),
    "port that the service does not have": (
        change(*SHOP, "ports", to=[{**DATABASE, "protocol": "udp"}]),
        ".ports[0].target: service db has no such port: put `5432/udp` under `expose` in the compose file",
    ),
    "bytes to a service that speaks HTTP": (
        change(*SHOP, "ports", to=[{"port": 9000, "service": "web", "target": 8000}]),
        (
            ".ports[0].service: service web is released as one that speaks HTTP, and a `ports` entry of TCP is for one "
            "that does not: set `x-slipway: {release: recreate}` in the compose file, or use an `ingress` with `listen`"
        ),
    ),
    "port of the edge": (
        change(*SHOP, "ports", to=[{**DATABASE, "port": 443}]),
        ".ports[0].port: is a port of the edge on server main: choose another",
    ),
    "port of the SSH server": (
        change(*SHOP, "ingress", to=[{"listen": 22, "service": "web", "port": 8000}]),
        ".ingress[0].listen: is a port of the SSH server on server main: choose another",
    ),
    "port for bytes and for HTTP": (
        change(*SHOP, "ingress", to=[{"listen": 5432, "service": "web", "port": 8000}]),
        ".ports[0].port: is a port of product shop on server main: choose another",
    ),
    "filter for datagrams without a firewall": (
        change(*SHOP, "ports", to=[{**DATABASE, "protocol": "udp", "allow": ["203.0.113.0/24"]}]),
        ".ports[0].allow: is the firewall's work for UDP: the server needs one, `firewall: {}`",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_way_in_that_cannot_be_gets_one_line(case: str, stack: Stack) -> None:
    apply, expected = CASES[case]
    if case == "port for bytes and for HTTP":
        change(*SHOP, "ports", to=[DATABASE])(stack)
    apply(stack)
    lines = stack.mistakes()
    assert f"{AT}{expected}" in lines
    assert CANARY not in "\n".join(lines), "a value must never be shown"


def test_a_service_on_an_internal_network_cannot_be_reached(stack: Stack) -> None:
    last = "secrets: {db_password: {external: true}}"
    text(stack, last, f"{last}\nnetworks: {{default: {{internal: true}}}}")
    sentence = "service web is internal: the compose files keep the network `default` from the outside"
    assert stack.mistakes() == [f"{AT}.ingress[0].service: {sentence}"]


def another_product(stack: Stack, **section: object) -> None:
    """Add a product like the first, with other ways in."""
    shop = {**stack.product, "ingress": [], **section}
    stack.sections["products"]["blog"] = shop
    assert stack.releases is not None
    stack.releases["blog"] = stack.releases["shop"]


@pytest.mark.parametrize("key", ["ingress", "redirects"])
def test_a_host_of_two_products_is_refused(stack: Stack, key: str) -> None:
    entry = {"host": "shop.example.com", "path": "/blog"}
    rest = {"service": "web", "port": 8000} if key == "ingress" else {"to": "https://b.example.com"}
    another_product(stack, **{key: [{**entry, **rest}]})
    # Sections are read by name, so the later one is told.
    sentence = "is a host of product blog: a host leads to one product"
    assert stack.mistakes() == [f"{AT}.ingress[0].host: {sentence}"]


def test_a_port_of_two_products_is_refused_on_one_server_only(stack: Stack) -> None:
    listening = [{"listen": 8080, "service": "web", "port": 8000}]
    stack.product["ingress"] = listening
    another_product(stack, ingress=[{**listening[0], "path": "/blog"}])
    sentence = "is a port of product blog on server main: choose another"
    assert stack.mistakes() == [f"{AT}.ingress[0].listen: {sentence}"]
    stack.sections["servers"]["other"] = {**stack.server, "host": "192.0.2.2"}
    stack.sections["products"]["blog"]["server"] = "other"
    assert set(stack.load().products) == {"blog", "shop"}


def test_one_product_may_have_many_paths_on_one_port_and_one_host(stack: Stack) -> None:
    by_port = [{"listen": 8080, "path": path, "service": "web", "port": 8000} for path in ("/a", "/b")]
    by_host = [{**SECOND, "path": path} for path in ("/", "/api")]
    stack.product["ingress"] = by_port + by_host
    assert len(stack.load().products["shop"].ingress) == 4


def test_what_needs_an_edge_says_so(stack: Stack) -> None:
    del stack.sections["edge"]
    stack.product["redirects"] = [{"host": "www.example.com", "to": "https://shop.example.com"}]
    lines = stack.mistakes()
    for key in ("ingress", "redirects"):
        sentence = "needs the section `slipway:edge`: it says where certificates come from"
        assert f"{AT}.{key}: {sentence}" in lines


@pytest.mark.parametrize(
    ("public", "asked", "login"), [(True, None, False), (False, None, True), (False, False, False)]
)
def test_visitors_sign_in_where_the_stack_is_not_public(
    stack: Stack, asked: bool | None, *, public: bool, login: bool
) -> None:
    stack.sections["edge"]["public"] = public
    stack.product["ingress"][0]["basic_auth"] = asked
    settings = stack.load()
    product = settings.products["shop"]
    assert product.ingress[0].rule.login is login
    assert (product.login is not None) is login
    assert settings.edge is not None
    assert ("staging" in settings.edge.acme.directory) is not public


def test_a_rate_limit_is_on_unless_a_reason_says_why_not(stack: Stack) -> None:
    rule = stack.load().products["shop"].ingress[0].rule
    assert rule.rate_limit is not None
    assert (rule.rate_limit.average, rule.rate_limit.burst) == (10, 20)
    stack.product["ingress"][0]["rate_limit"] = {"unlimited": "machines of ours ask here"}
    assert stack.load().products["shop"].ingress[0].rule.rate_limit is None
