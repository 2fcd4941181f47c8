"""Rules on what a container is made of, what reaches it and what it reaches."""

import ipaddress
from collections.abc import Callable

import pytest

from policies.guard.types import HOST_IMAGE, REMOTE_IMAGE, VOLUME
from tests.policies.conftest import CANARY, COMPLIANT, UNKNOWN, Analyzer

Broken = Callable[..., list[str]]
DIGEST = "sha256:" + "0123456789abcdef" * 4
ANYWHERE = str(ipaddress.IPv4Address(0))
EDGE = COMPLIANT | {
    "labels": [{"label": "slipway.product", "value": "edge"}, {"label": "slipway.service", "value": "traefik"}]
}


@pytest.mark.parametrize(
    "path",
    [
        "/var/run/docker.sock",
        "/run/docker.sock",
        "//run//docker.sock",
        "/srv/../run/docker.sock",
        "/srv/slipway/docker.sock",
        "/run/containerd/containerd.sock",
        "/run",
        "/var/run/",
        "/var",
        "/",
        "/var/lib/docker",
        "/var/lib/docker/volumes/db/_data",
        "/var/lib",
        "/run/docker/plugins",
    ],
)
def test_the_docker_engine_is_not_mounted(broken: Broken, path: str) -> None:
    rule = ["container_does_not_reach_the_docker_socket"]
    assert broken("volumes", [{"hostPath": path, "containerPath": "/x", "readOnly": True}]) == rule
    assert broken("mounts", [{"type": "bind", "source": path, "target": "/x"}]) == rule
    driver = {"driverName": "local", "driverOptions": {"type": "none", "o": "bind", "device": path}}
    assert broken("mounts", [{"type": "volume", "source": "v", "target": "/x", "volumeOptions": driver}]) == rule


@pytest.mark.parametrize("path", ["/srv/slipway/edge", "/var/lib/postgresql", "/run/secrets", "/etc/localtime"])
def test_other_paths_are_left_to_other_rules(broken: Broken, path: str) -> None:
    assert broken("volumes", [{"hostPath": path, "containerPath": "/x"}]) == []


def test_a_socket_proxy_label_is_no_permission(analyzer: Analyzer) -> None:
    container = COMPLIANT | {
        "volumes": [{"hostPath": "/run/docker.sock", "containerPath": "/run/docker.sock"}],
        "labels": [{"label": "role", "value": "socket-proxy"}],
    }
    assert len(analyzer.judge(container)) == 1


def test_a_volume_does_not_stand_for_the_docker_engine(analyzer: Analyzer) -> None:
    volume = {"name": "v", "driverOpts": {"type": "none", "o": "bind", "device": "/var/run"}}
    assert [one.policyName for one in analyzer.judge(volume, kind=VOLUME)] == [
        "volume_does_not_reach_the_docker_socket"
    ]
    assert analyzer.judge({"name": "dev-shop-data"}, kind=VOLUME) == []


def test_an_unknown_mount_does_not_hide_the_socket_behind_it(analyzer: Analyzer) -> None:
    volumes = [{"hostPath": UNKNOWN, "containerPath": "/a"}, {"hostPath": "/run/docker.sock", "containerPath": "/b"}]
    unknown, socket = (one.message for one in analyzer.judge(COMPLIANT | {"volumes": volumes}))
    assert "`volumes[0].hostPath` is not known" in unknown
    assert "`volumes[1].hostPath` reaches" in socket


@pytest.mark.parametrize("address", [None, "", ANYWHERE, "::", "203.0.113.7", "10.0.0.1", "localhost", CANARY])
def test_a_port_off_loopback_is_refused(broken: Broken, address: str | None) -> None:
    assert broken("ports", [{"internal": 80, "external": 80, "ip": address}]) == [
        "container_publishes_only_on_loopback"
    ]


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.53", "::1"])
def test_a_port_on_loopback_is_accepted(broken: Broken, address: str) -> None:
    assert broken("ports", [{"internal": 80, "external": 8080, "ip": address}]) == []


@pytest.mark.parametrize(("name", "value"), [("publishAllPorts", True), ("networkMode", "host")])
def test_other_ways_to_be_reached_from_outside_are_refused(broken: Broken, name: str, value: object) -> None:
    assert broken(name, value) == ["container_publishes_only_on_loopback"]


def test_the_edge_publishes_80_and_443(analyzer: Analyzer) -> None:
    ports = [{"internal": 8080, "external": 80}, {"internal": 8443, "external": 443, "ip": ANYWHERE}]
    assert analyzer.judge(EDGE | {"ports": ports}) == []


@pytest.mark.parametrize("external", [None, 22, 8080])
def test_the_edge_publishes_nothing_else(analyzer: Analyzer, external: int | None) -> None:
    assert len(analyzer.judge(EDGE | {"ports": [{"internal": 80, "external": external}]})) == 1


def test_one_label_does_not_make_an_edge(analyzer: Analyzer) -> None:
    half = COMPLIANT | {"labels": EDGE["labels"][:1], "ports": [{"internal": 80, "external": 80}]}
    assert len(analyzer.judge(half)) == 1


@pytest.mark.parametrize("reference", [f"shop@{DIGEST}", f"registry.lab.test:5000/a/b:v1@{DIGEST}", DIGEST])
def test_an_image_by_digest_is_accepted(broken: Broken, reference: str) -> None:
    assert broken("image", reference) == []


@pytest.mark.parametrize(
    "reference",
    [None, "", "nginx", "nginx:1.27", "nginx@sha256:abc", f"nginx@{DIGEST}0", f"@{DIGEST}", f"nginx {DIGEST}"],
)
def test_an_image_without_digest_is_refused(broken: Broken, reference: str | None) -> None:
    assert broken("image", reference) == ["image_is_named_by_digest"]


@pytest.mark.parametrize(("kind", "name"), [(REMOTE_IMAGE, "name"), (HOST_IMAGE, "reference")])
def test_an_image_that_is_pulled_is_named_by_digest(analyzer: Analyzer, kind: str, name: str) -> None:
    assert analyzer.judge({name: f"nginx@{DIGEST}"}, kind=kind) == []
    (found,) = analyzer.judge({name: "nginx:latest"}, kind=kind)
    assert f"`{name}` holds no" in found.message


def test_the_edge_publishes_what_the_stack_file_declares_and_nothing_else(analyzer: Analyzer) -> None:
    declared = [*EDGE["labels"], {"label": "slipway.published", "value": "53/udp 5432/tcp"}]
    ports = [{"internal": 30_000, "external": 53, "protocol": "udp"}, {"internal": 30_001, "external": 5432}]
    assert analyzer.judge(EDGE | {"labels": declared, "ports": ports}) == []
    for port in ({"internal": 30_000, "external": 53}, {"internal": 30_001, "external": 5433}):
        found = analyzer.judge(EDGE | {"labels": declared, "ports": [port]})
        assert ["nor one that the stack file declares" in each.message for each in found] == [True]
