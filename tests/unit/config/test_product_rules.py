"""Products that would get in each other's way on a server: each one line in the preview."""

import copy
from collections.abc import Callable

import pytest

from tests.unit.config.conftest import Stack, change, digest

PRODUCTS = "Pulumi.dev.yaml: slipway:products"


def compose(stack: Stack, services: str, rest: str = "") -> None:
    """Give the product `shop` two services with these keys, and something outside of them."""
    text = f"""
services:
  web: {{image: registry.example.com/web:1, expose: ["8000"], environment: {{URL: "${{URL}}"}}, {services}}}
  db: {{image: "postgres:17", secrets: [db_password]}}
secrets: {{db_password: {{external: true}}}}
{rest}
"""
    (stack.root / "compose.yaml").write_text(text, encoding="utf-8")


def second(stack: Stack, text: str) -> None:
    """Add a product `blog` on the same server."""
    (stack.root / "blog.yaml").write_text(text, encoding="utf-8")
    stack.sections["products"]["blog"] = {"server": "main", "compose": ["blog.yaml"]}
    releases = copy.deepcopy(stack.releases)
    assert releases is not None
    releases["blog"] = {"app": {"image": f"example/app@{digest('d')}"}}
    stack.releases = releases


PORTS = {
    ('ports: ["127.0.0.1:8080:80"]', "8080:80"): "port 8080/tcp of service web is published by blog/app",
    ('ports: ["53:53/udp"]', "127.0.0.1:53:53/udp"): "port 53/udp of service web is published by blog/app",
}


@pytest.mark.parametrize("ports", PORTS)
def test_a_port_of_the_server_is_published_once(stack: Stack, ports: tuple[str, str]) -> None:
    compose(stack, ports[0])
    second(stack, f'services: {{app: {{image: example/app, ports: ["{ports[1]}"]}}}}')
    assert stack.mistakes() == [f"{PRODUCTS}.shop.server: {PORTS[ports]} on the same server"]


@pytest.mark.parametrize("port", ["127.0.0.2:8080:80", "8080:80/udp", "8081:80"])
def test_other_addresses_protocols_and_ports_do_not_collide(stack: Stack, port: str) -> None:
    compose(stack, 'ports: ["127.0.0.1:8080:80"]')
    second(stack, f'services: {{app: {{image: example/app, ports: ["{port}"]}}}}')
    stack.load()


def test_ports_of_the_edge_and_of_ssh_are_taken(stack: Stack) -> None:
    compose(stack, 'ports: ["443:443", "22:22", "80:80/udp"]')
    assert stack.mistakes() == [
        f"{PRODUCTS}.shop.server: port 22/tcp of service web is the one that the server's ssh listens on",
        f"{PRODUCTS}.shop.server: port 443/tcp of service web is the edge's: say what may be reached by `ingress`",
    ]


def test_subnets_of_networks_do_not_overlap(stack: Stack) -> None:
    network = "networks: {back: {ipam: {config: [{subnet: 10.9.0.0/16}]}}}"
    compose(stack, "networks: [default, back]", network)
    second(stack, f"services: {{app: {{image: example/app, networks: [back]}}}}\n{network.replace('/16', '/24')}")
    assert stack.mistakes() == [
        f"{PRODUCTS}.shop.server: the `ipam` subnet of network back overlaps that of network back of product blog"
    ]


UNKNOWN: dict[str, tuple[Callable[[Stack], None], str]] = {
    "profile": (
        change("products", "shop", "profiles", to=["debgu"]),
        "profiles[0]: no service has it; did you mean `debug`?",
    ),
    "volume": (
        change("products", "shop", "disposable", to=["scratsh"]),
        "disposable[0]: is no volume of the compose files; did you mean `scratch`?",
    ),
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_names_of_the_compose_files_are_known(stack: Stack, case: str) -> None:
    mistaken, sentence = UNKNOWN[case]
    compose(stack, "volumes: [scratch:/tmp/scratch:ro]", "volumes: {scratch: }\nx-none: {}")
    text = (stack.root / "compose.yaml").read_text(encoding="utf-8")
    idle = "services:\n  idle: {image: x, profiles: [debug]}"
    (stack.root / "compose.yaml").write_text(text.replace("services:", idle, 1), encoding="utf-8")
    mistaken(stack)
    assert stack.mistakes() == [f"{PRODUCTS}.shop.{sentence}"]


def test_a_profile_that_is_off_needs_no_digest_and_is_told(stack: Stack) -> None:
    compose(stack, "init: true")
    text = (stack.root / "compose.yaml").read_text(encoding="utf-8")
    idle = "services:\n  idle: {image: x, profiles: [debug]}"
    (stack.root / "compose.yaml").write_text(text.replace("services:", idle, 1), encoding="utf-8")
    project = stack.load().products["shop"].project
    assert project.left_out == {"idle": ("debug",)}
    assert "idle" not in project.services


def test_a_database_asks_for_no_more_than_the_limit_of_its_product(stack: Stack) -> None:
    compose(stack, "x-slipway: {}")
    text = (stack.root / "compose.yaml").read_text(encoding="utf-8")
    tuned = text.replace(
        "secrets: [db_password]}", "secrets: [db_password], x-slipway: {postgres: {shared_buffers: 1GB}}}"
    )
    (stack.root / "compose.yaml").write_text(tuned, encoding="utf-8")
    what = "`x-slipway.postgres.shared_buffers` of service db"
    assert stack.mistakes() == [
        f"{PRODUCTS}.shop.memory: is 512 MiB, and must be more than {what}: or set its `mem_limit`"
    ]
    change("products", "shop", "memory", to=2048)(stack)
    stack.load()
