"""What the edge knows and no release changes, as data."""

import re
from typing import Any

import pytest
from ruamel.yaml import YAML

from infra.edge import plugin, shared
from infra.ingress.headers import SECURITY_HEADERS
from infra.ingress.rules import Redirect

GATEWAY = "172.20.0.1"


def read(text: str) -> dict[str, Any]:
    document: dict[str, Any] = YAML(typ="safe", pure=True).load(text)
    return document


def executed(text: str) -> str:
    """Return what Traefik makes of a file as a Go template; any action but that which writes two braces is an error."""
    braces = "{{`{{`}}"
    assert "{{" not in text.replace(braces, ""), "one file that is no template takes all of the folder with it"
    return text.replace(braces, "{{")


def redirected(redirect: Redirect, url: str) -> str | None:
    """Return where the rendered pattern sends a URL, as Traefik applies it."""
    document = read(shared.product("dev-shop", redirects=[redirect], page=None))["http"]
    found = document["middlewares"]["dev-shop-redirect-0"]["redirectRegex"]
    match = re.match(found["regex"], url)
    return match and found["replacement"].replace("${1}", match[1])


def test_tls_is_mozillas_intermediate_and_names_that_are_not_served_get_no_certificate() -> None:
    options = read(shared.edge(ports=[], gateway=GATEWAY))["tls"]["options"]["default"]
    assert options["minVersion"] == "VersionTLS12"
    assert options["sniStrict"] is True
    assert all("ECDHE" in cipher and "CBC" not in cipher for cipher in options["cipherSuites"])


def test_where_no_route_leads_the_answer_is_404_with_all_headers() -> None:
    document = read(shared.edge(ports=[8080], gateway=GATEWAY))["http"]
    secure, plain = document["routers"]["edge-not-found"], document["routers"]["edge-not-found-plain"]
    assert (secure["priority"], secure["middlewares"]) == (1, ["edge-headers", "edge-status-404"])
    assert (plain["entryPoints"], "tls" in plain) == (["http-8080"], False)
    headers = document["middlewares"]["edge-headers"]["headers"]["customResponseHeaders"]
    assert set(SECURITY_HEADERS) < set(headers)


def test_metrics_are_for_the_server_itself_alone() -> None:
    router = read(shared.edge(ports=[], gateway=GATEWAY))["http"]["routers"]["edge-metrics"]
    assert (router["entryPoints"], router["service"]) == (["confirm"], "prometheus@internal")
    assert "ClientIP(`172.20.0.1/32`)" in router["rule"]


@pytest.mark.parametrize(
    ("path", "to", "url", "expected"),
    [
        ("", "https://shop.example.com", "https://www.example.com/a?b=1", "https://shop.example.com/a?b=1"),
        ("", "https://shop.example.com", "https://www.example.com", "https://shop.example.com"),
        ("/old", "https://a.example.com/new", "https://a.example.com/old/x?y", "https://a.example.com/new/x?y"),
        ("/v1.0", "https://a.example.com/v2", "https://a.example.com/v1x0", None),
    ],
)
def test_what_follows_a_redirected_address_is_kept(path: str, to: str, url: str, expected: str | None) -> None:
    assert redirected(Redirect(host="a.example.com", path=path, to=to, permanent=True), url) == expected


@pytest.mark.parametrize(
    ("host", "path", "rule"),
    [
        ("a.test", "/old", "Host(`a.test`) && (Path(`/old`) || PathPrefix(`/old/`))"),
        ("a.test", "/old/", "Host(`a.test`) && (Path(`/old`) || PathPrefix(`/old/`))"),
        ("a.test", "/", "Host(`a.test`)"),
        ("a.test", "", "Host(`a.test`)"),
        (None, "/tool", "(Path(`/tool`) || PathPrefix(`/tool/`))"),
        (None, "/", "PathPrefix(`/`)"),
    ],
)
def test_a_path_is_not_the_beginning_of_another(host: str | None, path: str, rule: str) -> None:
    assert shared.matching(host, path) == rule


def test_the_login_is_kept_from_the_service() -> None:
    found = read(shared.login("dev-shop", user="staff", password_hash="$2b$10$hash"))["http"]["middlewares"]
    basic = {"users": ["staff:$2b$10$hash"], "realm": "dev-shop", "removeHeader": True}
    assert found == {"dev-shop-login": {"basicAuth": basic}}


@pytest.mark.parametrize("page", [None, "<h1>back at noon</h1>"])
def test_the_maintenance_page_says_when_to_come_back(page: str | None) -> None:
    found = read(shared.product("dev-shop", redirects=[], page=page))["http"]["middlewares"]["dev-shop-maintenance"]
    answer = found["plugin"]["page"]
    assert (answer["status"], answer["retryAfter"]) == (503, 120)
    assert (page or "maintenance") in answer["body"]


@pytest.mark.parametrize(
    "page",
    [
        "<h1>{{ title }}</h1>",
        "{{",
        "{{{{{ '{{`' \"{{\" `{{- x -}}`\n{{/* a\tb */}}",
        "# {{ x }}: {{",
        f"{'long words ' * 200}{{{{ '\" \N{BELL} }}}}",
    ],
)
def test_braces_of_a_page_are_no_template_of_traefiks(page: str) -> None:
    redirect = Redirect(host="a.test", path="", to="https://b.test/{{x}}", permanent=True)
    text = shared.product("dev-shop", redirects=[redirect], page=page)
    found = read(executed(text))["http"]["middlewares"]
    assert found["dev-shop-maintenance"]["plugin"]["page"]["body"] == page
    assert found["dev-shop-redirect-0"]["redirectRegex"]["replacement"] == "https://b.test/{{x}}${1}"


def test_the_plugin_is_what_its_manifest_says() -> None:
    files = plugin.files()
    manifest = read(files[".traefik.yml"])
    assert f"package {manifest['import'].rpartition('/')[2]}\n" in files["page.go"]
    assert all(f'json:"{key}"' in files["page.go"] for key in manifest["testData"])
