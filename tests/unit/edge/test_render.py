"""Traefik's configuration as data."""

from typing import Any

from ruamel.yaml import YAML

from infra.compose.rules import EDGE_PORTS
from infra.edge import render


def static(**changes: Any) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "email": "ops@example.com",
        "directory": "https://acme.example.com/dir",
        "challenge": "tls-alpn-01",
        "own_authority": False,
        "internal_ports": [8000],
    }
    document: dict[str, Any] = YAML(typ="safe", pure=True).load(render.static(**{**arguments, **changes}))
    return document


def rules(**changes: Any) -> render.RouteRules:
    arguments: dict[str, Any] = {
        "name": "dev-shop-web",
        "aliases": ("web",),
        "ports": (8000,),
        "subnet": "10.213.7.0/24",
        "gateway": "10.213.0.1",
        "public": (render.PublicRule(host="shop.example.com", path="/", port=8000),),
    }
    return render.RouteRules(**{**arguments, **changes})


def route(**changes: Any) -> dict[str, Any]:
    text = render.route(rules(**changes), container="dev-shop-web-0a1b2c3d", release="0a1b2c3d")
    document: dict[str, Any] = YAML(typ="safe", pure=True).load(text)["http"]
    return document


def test_plain_http_is_redirected_with_the_lowest_priority() -> None:
    redirect = static()["entryPoints"]["web"]["http"]["redirections"]["entryPoint"]
    assert redirect == {"to": "websecure", "scheme": "https", "permanent": True, "priority": 1}


def test_the_edge_reads_files_and_nothing_else() -> None:
    assert set(static()["providers"]) == {"file", "providersThrottleDuration"}


def test_each_port_of_a_routed_service_has_an_entry_point_and_80_shares_the_public_one() -> None:
    points = static(internal_ports=[9000, 80, 8000])["entryPoints"]
    assert {name for name in points if name.startswith("internal")} == {"internal-8000", "internal-9000"}
    assert route(ports=(80,), public=())["routers"]["dev-shop-web-internal-80"]["entryPoints"] == ["web"]


def test_the_challenge_is_the_one_that_was_asked_for() -> None:
    acme = static(challenge="http-01")["certificatesResolvers"]["acme"]["acme"]
    assert acme["httpChallenge"] == {"entryPoint": "web"}
    assert "tlsChallenge" not in acme


def test_a_private_directory_brings_its_authority() -> None:
    acme = static(own_authority=True)["certificatesResolvers"]["acme"]["acme"]
    assert acme["caCertificates"] == ["/etc/traefik/acme-ca.crt"]


def test_the_first_line_of_a_route_names_container_and_release() -> None:
    text = render.route(rules(), container="dev-shop-web-0a1b2c3d", release="0a1b2c3d")
    assert text.splitlines()[0] == "# container=dev-shop-web-0a1b2c3d release=0a1b2c3d"


def test_confirmation_is_taken_from_the_server_alone() -> None:
    router = route()["routers"]["dev-shop-web-confirm"]
    assert router["rule"] == "Host(`dev-shop-web`) && ClientIP(`10.213.0.1/32`)"
    assert router["entryPoints"] == ["confirm"]


def test_neighbours_call_by_alias_from_the_network_of_the_product_alone() -> None:
    router = route(aliases=("api", "web"))["routers"]["dev-shop-web-internal-8000"]
    assert router["rule"] == "(Host(`api`) || Host(`web`)) && ClientIP(`10.213.7.0/24`)"


def test_a_service_that_neighbours_call_directly_has_no_internal_router() -> None:
    assert set(route(aliases=())["routers"]) == {"dev-shop-web-confirm", "dev-shop-web-public-0"}


def test_every_router_says_which_release_answers() -> None:
    document = route()
    confirmed = [name for name in document["routers"] if "internal" not in name]
    assert all("dev-shop-web-release" in document["routers"][name]["middlewares"] for name in confirmed)
    headers = document["middlewares"]["dev-shop-web-release"]["headers"]["customResponseHeaders"]
    assert headers == {"X-Slipway-Release": "0a1b2c3d"}


def test_a_release_that_looks_like_a_number_is_written_as_text() -> None:
    text = render.route(rules(), container="dev-shop-web-449580e5", release="449580e5")
    assert "'449580e5'" in text


def test_a_rate_limit_belongs_to_its_public_rule() -> None:
    limited = render.PublicRule(host="shop.example.com", path="/api", port=8000, average=10, burst=20)
    document = route(public=(limited,))
    router = document["routers"]["dev-shop-web-public-0"]
    assert router["rule"] == "Host(`shop.example.com`) && PathPrefix(`/api`)"
    assert router["middlewares"] == ["dev-shop-web-release", "dev-shop-web-limit-0"]
    assert document["middlewares"]["dev-shop-web-limit-0"] == {"rateLimit": {"average": 10, "burst": 20}}


def test_all_of_a_service_leads_to_one_container() -> None:
    document = route(ports=(8000, 9000))
    urls = {server["url"] for each in document["services"].values() for server in each["loadBalancer"]["servers"]}
    assert urls == {"http://dev-shop-web-0a1b2c3d:8000", "http://dev-shop-web-0a1b2c3d:9000"}


def test_ports_that_products_may_not_take_are_those_the_edge_listens_on() -> None:
    points = static(internal_ports=[])["entryPoints"]
    own = {int(point["address"].rpartition(":")[2]) for name, point in points.items() if name != "web"}
    assert own == EDGE_PORTS


def test_the_gateway_is_the_first_address_of_the_network() -> None:
    assert render.gateway("10.213.0.0/24") == "10.213.0.1"
