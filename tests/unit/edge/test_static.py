"""What Traefik knows from its start, as data."""

from typing import Any

from ruamel.yaml import YAML

from infra.compose.rules import EDGE_PORTS
from infra.edge.static import StaticArgs, inside, static
from infra.ingress.rules import Listener


def settings(**changes: Any) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "email": "ops@example.com",
        "directory": "https://acme.example.com/dir",
        "challenge": "tls-alpn-01",
        "own_authority": False,
        "internal_ports": [8000],
    }
    document: dict[str, Any] = YAML(typ="safe", pure=True).load(static(StaticArgs(**{**arguments, **changes})))
    return document


def test_plain_http_is_redirected_with_the_lowest_priority() -> None:
    redirect = settings()["entryPoints"]["web"]["http"]["redirections"]["entryPoint"]
    assert redirect == {"to": "websecure", "scheme": "https", "permanent": True, "priority": 1}


def test_the_edge_reads_files_and_nothing_else() -> None:
    assert set(settings()["providers"]) == {"file", "providersThrottleDuration"}


def test_each_port_of_a_routed_service_has_an_entry_point_and_80_shares_the_public_one() -> None:
    points = settings(internal_ports=[9000, 80, 8000])["entryPoints"]
    assert {name for name in points if name.startswith("internal")} == {"internal-8000", "internal-9000"}


def test_calls_between_services_are_not_in_the_access_log() -> None:
    points = settings()["entryPoints"]
    silent = {name for name, point in points.items() if not point.get("observability", {}).get("accessLogs", True)}
    assert silent == {"confirm", "ping", "internal-8000"}


def test_the_access_log_keeps_nothing_that_may_hold_a_secret() -> None:
    fields = settings()["accessLog"]["fields"]
    assert fields["queryParameters"] == {"defaultMode": "drop"}
    assert fields["headers"]["defaultMode"] == "drop"
    assert not {"Authorization", "Cookie", "Referer", "Set-Cookie"} & set(fields["headers"]["names"])


def test_the_challenge_is_the_one_that_was_asked_for() -> None:
    acme = settings(challenge="http-01")["certificatesResolvers"]["acme"]["acme"]
    assert acme["httpChallenge"] == {"entryPoint": "web"}
    assert "tlsChallenge" not in acme


def test_a_private_directory_brings_its_authority() -> None:
    acme = settings(own_authority=True)["certificatesResolvers"]["acme"]["acme"]
    assert acme["caCertificates"] == ["/etc/traefik/acme-ca.crt"]


def test_http3_can_be_left_out() -> None:
    assert settings()["entryPoints"]["websecure"]["http3"] == {"advertisedPort": 443}
    assert "http3" not in settings(http3=False)["entryPoints"]["websecure"]


def test_proxies_are_believed_on_public_entry_points_alone() -> None:
    points = settings(trusted_proxies=["203.0.113.0/24"], listeners=[Listener(port=8080, speaks="http")])["entryPoints"]
    believing = {name for name, point in points.items() if "forwardedHeaders" in point}
    assert believing == {"websecure", "http-8080"}


def test_a_published_port_never_meets_one_that_services_call_each_other_on() -> None:
    listeners = [Listener(port=8000, speaks="http"), Listener(port=53, speaks="udp")]
    points = settings(listeners=listeners, internal_ports=[8000, 30_000])["entryPoints"]
    addresses = [point["address"] for point in points.values()]
    assert len(addresses) == len(set(addresses))
    assert points["udp-53"]["address"] == ":30001/udp"
    assert inside(listeners, [8000, 30_000])[Listener(port=8000, speaks="http")] == 30_002


def test_ports_that_products_may_not_take_are_those_the_edge_listens_on() -> None:
    points = settings(internal_ports=[])["entryPoints"]
    own = {int(point["address"].rpartition(":")[2]) for name, point in points.items() if name != "web"}
    assert own == EDGE_PORTS
