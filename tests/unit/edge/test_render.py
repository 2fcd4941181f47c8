"""Routes as data."""

import re
from typing import Any

import pytest
from ruamel.yaml import YAML

from infra.edge import middlewares, render
from infra.host.agent import serving
from infra.ingress.headers import SECURITY_HEADERS
from infra.ingress.rules import Cors, PublicRule, RateLimit, Stream
from tests.unit.edge.test_shared import executed, read

SHOP = PublicRule(host="shop.example.com", port=8000)


def rules(**changes: Any) -> render.RouteRules:
    arguments: dict[str, Any] = {
        "name": "dev-shop-web",
        "product": "dev-shop",
        "aliases": ("web",),
        "ports": (8000,),
        "subnet": "10.213.7.0/24",
        "gateway": "10.213.0.1",
        "public": (SHOP,),
    }
    return render.RouteRules(**{**arguments, **changes})


def route(**changes: Any) -> dict[str, Any]:
    """Return the HTTP part of a route."""
    document: dict[str, Any] = whole(**changes)["http"]
    return document


def whole(**changes: Any) -> dict[str, Any]:
    text = render.route(rules(**changes), containers=["dev-shop-web-0a1b2c3d"], release="0a1b2c3d")
    document: dict[str, Any] = YAML(typ="safe", pure=True).load(text)
    return document


def public(**changes: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the router of a public rule, and the middlewares it may name."""
    rule = PublicRule(**{"host": "shop.example.com", "port": 8000, **changes})
    document = route(public=(rule,))
    return document["routers"]["dev-shop-web-public-0"], document["middlewares"]


def test_requests_lead_to_all_containers_in_turn_and_a_refused_connection_goes_to_another_one() -> None:
    stream = Stream(listen=6000, port=6001, protocol="tcp")
    containers = ["web-0a1b2c3d", "web-0a1b2c3d-2"]
    text = render.route(rules(streams=(stream,)), containers=containers, release="0a1b2c3d")
    assert text.startswith("# container=web-0a1b2c3d release=")
    assert serving.upstreams(text) == set(containers), "what leads to a container keeps it"
    document = read(text)
    for balancer in document["http"]["services"].values():
        assert [server["url"] for server in balancer["loadBalancer"]["servers"]] == [
            f"http://{container}:8000" for container in containers
        ]
    (stream_balancer,) = document["tcp"]["services"].values()
    assert len(stream_balancer["loadBalancer"]["servers"]) == 2
    assert document["http"]["middlewares"]["dev-shop-web-again"] == {"retry": {"attempts": 2}}
    for name in ("public-0", "internal-8000"):
        assert "dev-shop-web-again" in document["http"]["routers"][f"dev-shop-web-{name}"]["middlewares"]
    assert "dev-shop-web-again" not in route()["middlewares"]


def test_the_first_line_of_a_route_names_container_release_and_the_revision_that_is_confirmed() -> None:
    text = render.route(rules(), containers=["dev-shop-web-0a1b2c3d"], release="0a1b2c3d")
    line, _, revision = text.partition("\n")[0].rpartition(" revision=")
    assert line == "# container=dev-shop-web-0a1b2c3d release=0a1b2c3d"
    document = route()
    assert document["routers"]["dev-shop-web-confirm"]["middlewares"] == [
        "dev-shop-web-release",
        "dev-shop-web-revision",
    ]
    headers = document["middlewares"]["dev-shop-web-revision"]["headers"]["customResponseHeaders"]
    assert headers == {"X-Slipway-Revision": revision}


def test_a_change_of_the_rules_alone_is_another_revision() -> None:
    former, later = (
        render.route(rules(public=(PublicRule(host=host, port=8000),)), containers=["web"], release="0a1b2c3d")
        for host in ("shop.example.com", "store.example.com")
    )
    assert former.partition("\n")[0] != later.partition("\n")[0]


def test_confirmation_is_taken_from_the_server_alone() -> None:
    router = route()["routers"]["dev-shop-web-confirm"]
    assert router["rule"] == "Host(`dev-shop-web`) && ClientIP(`10.213.0.1/32`)"
    assert router["entryPoints"] == ["confirm"]


def test_neighbours_call_by_alias_from_the_network_of_the_product_alone() -> None:
    router = route(aliases=("api", "web"))["routers"]["dev-shop-web-internal-8000"]
    assert router["rule"] == "(Host(`api`) || Host(`web`)) && ClientIP(`10.213.7.0/24`)"
    assert "middlewares" not in router, "what holds for the world must not hold for neighbours"


def test_a_service_on_port_80_shares_the_public_entry_point() -> None:
    assert route(ports=(80,), public=())["routers"]["dev-shop-web-internal-80"]["entryPoints"] == ["web"]


def test_a_service_that_neighbours_call_directly_has_no_internal_router() -> None:
    assert set(route(aliases=())["routers"]) == {"dev-shop-web-confirm", "dev-shop-web-public-0"}


def test_every_router_says_which_release_answers() -> None:
    document = route()
    confirmed = [name for name in document["routers"] if "internal" not in name]
    assert all("dev-shop-web-release" in document["routers"][name]["middlewares"] for name in confirmed)
    headers = document["middlewares"]["dev-shop-web-release"]["headers"]["customResponseHeaders"]
    assert headers == {"X-Slipway-Release": "0a1b2c3d"}


def test_a_release_that_looks_like_a_number_is_written_as_text() -> None:
    text = render.route(rules(), containers=["dev-shop-web-449580e5"], release="449580e5")
    assert "'449580e5'" in text


def test_braces_in_a_header_are_no_template_of_traefiks() -> None:
    public = (PublicRule(host="a.example.com", port=8000, headers={"X-Shop": "{{ a }}: '\"{{"}),)
    text = executed(render.route(rules(public=public), containers=["web"], release="0a1b2c3d"))
    headers = read(text)["http"]["middlewares"]["dev-shop-web-headers-0"]["headers"]["customResponseHeaders"]
    assert headers["X-Shop"] == "{{ a }}: '\"{{"


def test_what_refuses_a_request_comes_after_the_headers_and_before_the_login() -> None:
    router, _ = public(
        path="/api", allow=("203.0.113.0/24",), rate_limit=RateLimit(average=10, burst=20), login=True, body_limit=1
    )
    assert router["rule"] == "Host(`shop.example.com`) && (Path(`/api`) || PathPrefix(`/api/`))"
    kinds = [name.removeprefix("dev-shop-").removeprefix("web-") for name in router["middlewares"]]
    assert kinds == ["release", "headers-0", "allow-0", "limit-0", "login", "compress-0"]


def test_a_rate_limit_counts_a_client_and_over_ipv6_its_whole_network() -> None:
    _, found = public(rate_limit=RateLimit(average=10, burst=20))
    criterion = {"ipStrategy": {"ipv6Subnet": 64}}
    assert found["dev-shop-web-limit-0"] == {
        "rateLimit": {"average": 10, "burst": 20, "sourceCriterion": criterion},
    }


def test_behind_proxies_the_client_is_whom_they_name() -> None:
    rule = PublicRule(
        host="a.example.com", port=8000, allow=("192.0.2.0/24",), rate_limit=RateLimit(average=1, burst=1)
    )
    found = route(public=(rule,), trusted_proxies=("203.0.113.0/24",))["middlewares"]
    strategy = found["dev-shop-web-limit-0"]["rateLimit"]["sourceCriterion"]["ipStrategy"]
    assert strategy == {"excludedIPs": ["203.0.113.0/24"], "ipv6Subnet": 64}
    assert found["dev-shop-web-allow-0"]["ipAllowList"]["ipStrategy"] == {"excludedIPs": ["203.0.113.0/24"]}


def test_every_answer_has_the_security_headers_and_hides_what_runs() -> None:
    _, found = public()
    headers = found["dev-shop-web-headers-0"]["headers"]["customResponseHeaders"]
    assert {"Strict-Transport-Security", *SECURITY_HEADERS} <= set(headers)
    assert (headers["Server"], headers["X-Powered-By"]) == ("", "")


def test_a_header_can_be_changed_or_left_to_the_service_by_any_spelling() -> None:
    _, found = public(headers={"x-frame-options": "DENY", "content-security-policy": None, "X-Shop": "yes"})
    headers = found["dev-shop-web-headers-0"]["headers"]["customResponseHeaders"]
    assert headers["x-frame-options"] == "DENY"
    assert headers["X-Shop"] == "yes"
    assert not {"X-Frame-Options", "Content-Security-Policy", "content-security-policy"} & set(headers)


def test_pages_of_listed_sites_may_call() -> None:
    cors = Cors(origins=("https://www.example.com",), methods=("GET",), headers=("X-Token",), credentials=True)
    _, found = public(cors=cors)
    headers = found["dev-shop-web-headers-0"]["headers"]
    assert headers["accessControlAllowOriginList"] == ["https://www.example.com"]
    assert headers["accessControlAllowCredentials"] is True
    assert headers["addVaryHeader"] is True


def test_an_entry_by_port_speaks_plain_http_and_claims_no_tls() -> None:
    router, found = public(host=None, listen=8080)
    assert (router["entryPoints"], router["rule"]) == (["http-8080"], "PathPrefix(`/`)")
    assert "tls" not in router
    assert "Strict-Transport-Security" not in found["dev-shop-web-headers-0"]["headers"]["customResponseHeaders"]


def test_a_certificate_of_ones_own_is_not_asked_for_by_acme() -> None:
    assert public(own_certificate=True)[0]["tls"] == {}
    assert public()[0]["tls"] == {"certResolver": "acme"}


def test_visitors_of_a_product_in_maintenance_see_the_page_and_nobody_else_does() -> None:
    routers = route(maintenance=True)["routers"]
    shown = {name for name, router in routers.items() if "dev-shop-maintenance" in router.get("middlewares", [])}
    assert shown == {"dev-shop-web-public-0"}


def test_bodies_of_known_length_are_never_held_back() -> None:
    document = route(public=(PublicRule(host="shop.example.com", port=8000, body_limit=1),))
    buffer = "dev-shop-web-buffer-0"
    buffered = {name for name, each in document["routers"].items() if buffer in each.get("middlewares", ())}
    assert buffered == {"dev-shop-web-public-0-of-unknown-length"}
    assert document["middlewares"]["dev-shop-web-buffer-0"]["buffering"]["maxRequestBodyBytes"] == 1024 * 1024


@pytest.mark.parametrize("mebibytes", [1, 7, 10, 95, 954, 1024])
def test_the_pattern_of_lengths_begins_right_above_the_limit(mebibytes: int) -> None:
    pattern, limit = re.compile(middlewares.longer_than(mebibytes)), mebibytes * 1024 * 1024
    above = {limit + 1, limit + 9, limit + 1000, limit * 2, limit * 10, 10**20}
    below = {0, 1, 9, limit // 10, limit // 2, limit - 1, limit}
    assert {number for number in above | below if pattern.search(str(number))} == above
    assert pattern.search(f"000{limit + 1}")


def test_a_service_that_speaks_grpc_is_called_by_http2() -> None:
    document = route(public=(PublicRule(host="api.example.com", port=8000, grpc=True),))
    urls = {server["url"] for each in document["services"].values() for server in each["loadBalancer"]["servers"]}
    assert urls == {"h2c://dev-shop-web-0a1b2c3d:8000"}


def test_a_public_rule_has_a_time_limit_of_its_own() -> None:
    document = route(public=(PublicRule(host="shop.example.com", port=8000, timeout=5),))
    transport = document["services"]["dev-shop-web-public-0"]["loadBalancer"]["serversTransport"]
    assert document["serversTransports"][transport]["forwardingTimeouts"]["responseHeaderTimeout"] == "5s"


def test_all_of_a_service_leads_to_one_container() -> None:
    document = route(ports=(8000, 9000))
    urls = {server["url"] for each in document["services"].values() for server in each["loadBalancer"]["servers"]}
    assert urls == {"http://dev-shop-web-0a1b2c3d:8000", "http://dev-shop-web-0a1b2c3d:9000"}


def test_a_port_without_http_leads_to_the_container_and_is_confirmed_by_the_edge_itself() -> None:
    streams = (
        Stream(listen=5432, protocol="tcp", port=5432, allow=("203.0.113.0/24",)),
        Stream(listen=53, protocol="udp", port=5353),
    )
    document = whole(ports=(), aliases=(), public=(), streams=streams)
    assert document["http"]["routers"]["dev-shop-web-confirm"]["service"] == "noop@internal"
    tcp, udp = document["tcp"], document["udp"]
    assert tcp["routers"]["dev-shop-web-tcp-5432"] == {
        "entryPoints": ["tcp-5432"],
        "middlewares": ["dev-shop-web-tcp-5432-allow"],
        "rule": "HostSNI(`*`)",
        "service": "dev-shop-web-tcp-5432",
    }
    assert tcp["middlewares"]["dev-shop-web-tcp-5432-allow"] == {"ipAllowList": {"sourceRange": ["203.0.113.0/24"]}}
    servers = udp["services"]["dev-shop-web-udp-53"]["loadBalancer"]["servers"]
    assert servers == [{"address": "dev-shop-web-0a1b2c3d:5353"}]


def test_the_gateway_is_the_first_address_of_the_network() -> None:
    assert render.gateway("10.213.0.0/24") == "10.213.0.1"
