"""Every compose key that Slipway maps, and what becomes of it."""

from dataclasses import fields
from typing import Any

import pytest

from infra.compose.project import (
    ContainerPort,
    Dependency,
    Healthcheck,
    Host,
    Logging,
    Mount,
    Network,
    PublishedPort,
    SecretFile,
    Service,
    ServiceNetwork,
    Ulimit,
    Volume,
)
from infra.compose.quantities import Duration
from infra.compose.reader import read_project
from tests.unit.compose.conftest import Parse

SURROUNDINGS = """
  other: {image: x, healthcheck: {test: [CMD, "true"]}}
  once: {image: x, restart: "no"}
networks: {back: {internal: true}}
volumes: {data: {}}
secrets: {key: {external: true}, word: {environment: WORD}}
"""

CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "image": ("image: example/web:1", {"image": "example/web:1"}),
    "command as a line": ('command: run --name "a b"', {"command": ("run", "--name", "a b")}),
    "command as a list": ('command: [run, "a b"]', {"command": ("run", "a b")}),
    "entrypoint": ("entrypoint: [/bin/x, -v]", {"entrypoint": ("/bin/x", "-v")}),
    "empty entrypoint": ("entrypoint: []", {"entrypoint": ()}),
    "environment as a map": (
        "environment: {B: 1, A: 'yes', C: '', D: on, E: null, F: true}",
        {"environment": {"A": "yes", "B": "1", "C": "", "D": "on", "E": "from env", "F": "true"}},
    ),
    "environment as a list": ("environment: [B=1, A=x=y]", {"environment": {"A": "x=y", "B": "1"}}),
    "dollar sign": (
        'environment: {A: "$$HOME", B: "$$$$"}\n    command: ["$$1"]\n    labels: {"a$$b": "c$$d"}',
        {"environment": {"A": "$HOME", "B": "$$"}, "command": ("$1",), "labels": {"a$$b": "c$d"}},
    ),
    "secret in a value": (
        'secrets: [word]\n    environment: {A: "{secret:two}-{secret:key}", B: "{secret:key}"}',
        {
            "environment": {"A": "{secret:two}-{secret:key}", "B": "{secret:key}"},
            "secret_names": ("key", "two", "word"),
        },
    ),
    "labels": ("labels: [b=2, a=1]", {"labels": {"a": "1", "b": "2"}}),
    "networks": (
        "networks: {back: {aliases: [two, one]}, default: }",
        {"networks": (ServiceNetwork(name="back", aliases=("one", "two")), ServiceNetwork(name="default"))},
    ),
    "no networks": ("", {"networks": (ServiceNetwork(name="default"),)}),
    "named volume": (
        "volumes: [data:/data]",
        {"mounts": (Mount(kind="volume", source="data", target="/data"),)},
    ),
    "bind": (
        "volumes: [/etc/ssl:/ssl:ro]",
        {"mounts": (Mount(kind="bind", source="/etc/ssl", target="/ssl", read_only=True),)},
    ),
    "mounts in any order": (
        "volumes: [data:/z, /b:/a:ro]",
        {
            "mounts": (
                Mount(kind="bind", source="/b", target="/a", read_only=True),
                Mount(kind="volume", source="data", target="/z"),
            )
        },
    ),
    "tmpfs": ("tmpfs: [/run, '/b:size=64m,mode=1777']", {"tmpfs": {"/b": "size=64m,mode=1777", "/run": ""}}),
    "tmpfs as a volume": (
        "volumes: [{type: tmpfs, target: /b, tmpfs: {size: 64m, mode: 01777}}, {type: tmpfs, target: /a}]",
        {"tmpfs": {"/a": "", "/b": "size=67108864,mode=1777"}, "mounts": ()},
    ),
    "secrets": (
        "secrets: [word, {source: key, target: other}, {source: key, target: /etc/key}]",
        {
            "secrets": (
                SecretFile(name="key", path="/etc/key"),
                SecretFile(name="key", path="/run/secrets/other"),
                SecretFile(name="word", path="/run/secrets/word"),
            )
        },
    ),
    "healthcheck": (
        "healthcheck: {test: curl x, interval: 90s, timeout: 500ms, retries: 3, start_period: 1m, start_interval: 1s}",
        {
            "healthcheck": Healthcheck(
                test=("CMD-SHELL", "curl x"),
                interval=Duration(90_000),
                timeout=Duration(500),
                retries=3,
                start_period=Duration(60_000),
                start_interval=Duration(1_000),
            )
        },
    ),
    "healthcheck switched off": ("healthcheck: {disable: true}", {"healthcheck": Healthcheck(test=("NONE",))}),
    "depends_on as a list": (
        "depends_on: [other]",
        {"depends_on": (Dependency(service="other", condition="service_started"),)},
    ),
    "depends_on with conditions": (
        "depends_on: {other: {condition: service_healthy}, once: {condition: service_completed_successfully}}",
        {
            "depends_on": (
                Dependency(service="once", condition="service_completed_successfully"),
                Dependency(service="other", condition="service_healthy"),
            )
        },
    ),
    "mem_limit": ("mem_limit: 1g", {"memory": 1024}),
    "cpus": ("cpus: 0.50", {"cpus": "0.5"}),
    "whole cpus": ("cpus: 2", {"cpus": "2"}),
    "deploy limits": (
        "deploy: {replicas: 1, resources: {limits: {cpus: '1.5', memory: 512M}}}",
        {"cpus": "1.5", "memory": 512},
    ),
    "restart": ("restart: unless-stopped", {"restart": "unless-stopped", "restart_attempts": None}),
    "restart never": ('restart: "no"', {"restart": "no"}),
    "restart with attempts": ("restart: on-failure:3", {"restart": "on-failure", "restart_attempts": 3}),
    "user": ('user: "10001:10001"', {"user": "10001:10001", "uid": 10001}),
    "user by name": ("user: app", {"user": "app", "uid": None}),
    "no user": ("", {"user": None, "uid": 0}),
    "working_dir": ("working_dir: /app", {"working_dir": "/app"}),
    "hostname": ("hostname: web", {"hostname": "web"}),
    "read_only": ("read_only: true", {"read_only": True}),
    "init": ("init: true", {"init": True}),
    "no init": ("", {"init": None}),
    "capabilities": (
        "cap_drop: [ALL]\n    cap_add: [net_bind_service, CAP_CHOWN]",
        {"cap_drop": ("ALL",), "cap_add": ("CAP_CHOWN", "CAP_NET_BIND_SERVICE")},
    ),
    "security_opt": ("security_opt: [no-new-privileges:true]", {"security_opt": ("no-new-privileges:true",)}),
    "group_add": ("group_add: ['200', '100']", {"group_add": ("100", "200")}),
    "ulimits": (
        "ulimits: {nofile: {soft: 1, hard: 2}, nproc: 5}",
        {"ulimits": (Ulimit(name="nofile", soft=1, hard=2), Ulimit(name="nproc", soft=5, hard=5))},
    ),
    "sysctls": ("sysctls: {net.core.somaxconn: 1024}", {"sysctls": {"net.core.somaxconn": "1024"}}),
    "shm_size": ("shm_size: 64m", {"shm_size": 64}),
    "extra_hosts": (
        "extra_hosts: ['b:1.2.3.4', 'a:host-gateway', 'c=::1']",
        {
            "extra_hosts": (
                Host(name="a", address="host-gateway"),
                Host(name="b", address="1.2.3.4"),
                Host(name="c", address="::1"),
            )
        },
    ),
    "expose": (
        'expose: ["8000", "3000-3001", "53/udp"]',
        {
            "expose": (
                ContainerPort(number=53, protocol="udp"),
                ContainerPort(number=3000),
                ContainerPort(number=3001),
                ContainerPort(number=8000),
            ),
            "ports": (3000, 3001, 8000),
        },
    ),
    "ports": (
        'ports: ["127.0.0.1:8080:80", "53:53/udp"]',
        {
            "published": (
                PublishedPort(address="", published=53, target=53, protocol="udp"),
                PublishedPort(address="127.0.0.1", published=8080, target=80),
            ),
            "ports": (80,),
        },
    ),
    "logging": (
        "logging: {driver: local, options: {max-size: 10m}}",
        {"logging": Logging(driver="local", options={"max-size": "10m"})},
    ),
    "stop": (
        "stop_grace_period: 90s\n    stop_signal: SIGQUIT",
        {"stop_grace_period": Duration(90_000), "stop_signal": "SIGQUIT"},
    ),
    "no stop": ("", {"stop_grace_period": Duration(10_000), "stop_signal": None}),
    "x-slipway": (
        "x-slipway: {release: recreate, ready: {timeout: 2m}, drain: 30s}",
        {"release": "recreate", "ready_timeout": Duration(120_000), "drain": Duration(30_000)},
    ),
    "no x-slipway": ("", {"release": None, "ready_timeout": Duration(60_000), "drain": Duration(5_000)}),
    "keys of other programs": ("x-other: {a: 1}", {}),
}


STRATEGIES = {
    "image: x": "rolling",
    "volumes: [data:/data:ro]": "rolling",
    "tmpfs: [/run]": "rolling",
    "x-slipway: {release: rolling}": "rolling",
    "volumes: [data:/data]": "stop-first",
    "volumes: [/srv/x:/data]": "stop-first",
    'ports: ["127.0.0.1:8080:80"]': "stop-first",
    "x-slipway: {release: recreate}": "stop-first",
}


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Service]:
    """Every case as a service of one file, by its keys: one run of Docker Compose for all of them."""
    keys = [*dict.fromkeys([*(keys for keys, _ in CASES.values()), *STRATEGIES])]
    blocks = [f"  s{number}:\n    {_with_image(block)}\n" for number, block in enumerate(keys)]
    folder = tmp_path_factory.mktemp("compose")
    text = f'version: "3"\nservices:\n{"".join(blocks)}{SURROUNDINGS}'
    (folder / "compose.yaml").write_text(text, encoding="utf-8")
    reading = read_project(["compose.yaml"], root=folder, variables={"E": "from env"}, name="dev-shop")
    assert reading.project is not None, [str(mistake) for mistake in reading.mistakes]
    return {block: reading.project.services[f"s{number}"] for number, block in enumerate(keys)}


@pytest.mark.parametrize("case", CASES)
def test_compose_key_is_mapped(case: str, services: dict[str, Service]) -> None:
    keys, expected = CASES[case]
    assert {name: getattr(services[keys], name) for name in expected} == expected


@pytest.mark.parametrize("keys", STRATEGIES)
def test_service_that_cannot_run_twice_is_released_stop_first(keys: str, services: dict[str, Service]) -> None:
    assert services[keys].strategy == STRATEGIES[keys]


def test_every_field_of_a_service_has_a_case() -> None:
    tested = {name for _, expected in CASES.values() for name in expected}
    assert {field.name for field in fields(Service)} - tested == {"name"}


def test_networks_and_volumes_are_those_that_are_used(parse: Parse) -> None:
    project = parse(
        "services: {web: {image: x, networks: [back, default], volumes: [data:/data]}}\n"
        "networks: {back: {internal: true}}\nvolumes: {data: {}}"
    )
    assert project.networks == {"back": Network(name="back", internal=True), "default": Network(name="default")}
    assert project.volumes == {"data": Volume(name="data")}


def test_order_of_services_in_the_file_means_nothing(parse: Parse) -> None:
    assert parse("services: {a: {image: x}, b: {image: y}}") == parse("services: {b: {image: y}, a: {image: x}}")


def _with_image(keys: str) -> str:
    return keys if keys.startswith("image:") else f"image: x\n    {keys}"
