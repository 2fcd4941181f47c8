"""Many products on one server: previews of generated stacks, without a server or a network."""

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.lab.bench.rows import Row, growth, row
from tests.lab.conftest import Workshop
from tests.lab.stack import CUT_OFF, ROOT, exports, run

STACK = "many"
COUNTS = (5, 10, 30)
MOST_SECONDS = {30: 20.0}
KEY = f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{'A' * 43}"
OWN = ("Pulumi.", "stacks", ".")
"""Beginnings of what a generated project has of its own."""
COMPOSE = """
services:
  web:
    image: docker.io/library/web:1
    user: "10001"
    read_only: true
    mem_limit: 128m
    cpus: 0.5
    expose: ["8000"]
    secrets: [db_password]
    healthcheck: {test: [CMD, /check], interval: 5s}
    ulimits: {nproc: 256}
    restart: unless-stopped
    depends_on: {db: {condition: service_healthy}, cache: {condition: service_healthy}}
    networks: [default, back]
  worker:
    image: docker.io/library/worker:1
    user: "10001"
    read_only: true
    mem_limit: 128m
    cpus: 0.5
    secrets: [db_password]
    healthcheck: {test: [CMD, /check], interval: 5s}
    ulimits: {nproc: 256}
    restart: unless-stopped
    depends_on: {db: {condition: service_healthy}}
    networks: [back]
  db:
    image: docker.io/library/db:1
    user: "999"
    read_only: true
    mem_limit: 256m
    cpus: 0.5
    secrets: [db_password]
    volumes: [data:/data]
    healthcheck: {test: [CMD, /check], interval: 5s}
    ulimits: {nproc: 256}
    restart: unless-stopped
    networks: [back]
    x-slipway: {backup: {none: This stack is for measuring.}}
  cache:
    image: docker.io/library/cache:1
    user: "999"
    read_only: true
    mem_limit: 64m
    cpus: 0.25
    healthcheck: {test: [CMD, /check], interval: 5s}
    ulimits: {nproc: 256}
    restart: unless-stopped
    networks: [back]
networks: {default: {}, back: {internal: true}}
volumes: {data: {}}
secrets: {db_password: {external: true}}
"""


def rows(_: Workshop) -> Iterator[Row]:
    """Measure previews of more and more products of four services."""
    measured = {count: previewed(count) for count in COUNTS}
    yield from measured.values()
    yield growth("a product from 10 to 30 against one from 5 to 10", measured)


def previewed(count: int) -> Row:
    """Measure the preview of a stack with as many products."""
    with tempfile.TemporaryDirectory(prefix="slipway-bench-") as name:
        project = Path(name) / "project"
        generate(project, count)
        state = Path(name) / "state"
        state.mkdir()
        environment = {**os.environ, **exports(), "PULUMI_BACKEND_URL": f"file://{state}"}
        run(project, environment, "pulumi", "stack", "init", STACK)
        words = [*CUT_OFF, "pulumi", "preview", "--refresh=false", "--stack", STACK, "--policy-pack", "policies/run"]
        title = f"preview of {count} products of 4 services, network cut"
        return row(title, MOST_SECONDS.get(count), lambda: run(project, environment, *words))


def generate(project: Path, count: int) -> None:
    """Write a project with a stack of as many products; everything but that is the checkout's."""
    project.mkdir()
    for entry in ROOT.iterdir():
        if not entry.name.startswith(OWN):
            (project / entry.name).symlink_to(entry)
    (project / "Pulumi.yaml").symlink_to(ROOT / "Pulumi.yaml")
    (project / "stacks").mkdir()
    for module in (ROOT / "stacks").glob("*.py"):
        (project / "stacks" / module.name).symlink_to(module)
    (project / "stacks" / "releases").mkdir()
    (project / "compose.yaml").write_text(COMPOSE, encoding="utf-8")
    _write(project / f"Pulumi.{STACK}.yaml", {"config": _config(count)})
    _write(project / "stacks" / "releases" / f"{STACK}.yaml", _releases(count))


def _write(path: Path, document: Any) -> None:
    """Write data as JSON, which is YAML."""
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _config(count: int) -> dict[str, Any]:
    server = {"host": "192.0.2.1", "ssh": {"host_key": KEY}, "admin_keys": [f"{KEY} ops"], "suite": "trixie"}
    capacity = {"memory": "32GiB", "cpus": 16}
    return {
        "pulumi:disable-default-providers": ["*"],
        "slipway:servers": {"main": {**server, "profile": "hardened", "capacity": capacity}},
        "slipway:edge": {"acme": {"email": "ops@example.com"}},
        "slipway:products": {f"product-{number}": _product(number) for number in range(1, count + 1)},
    }


def _product(number: int) -> dict[str, Any]:
    return {
        "server": "main",
        "compose": ["compose.yaml"],
        "secrets": {"db_password": {"generate": 32}},
        "ingress": [{"host": f"product-{number}.example.com", "service": "web", "port": 8000}],
        "subnet": f"10.213.{number}.0/24",
    }


def _releases(count: int) -> dict[str, Any]:
    services = {name: {"image": f"docker.io/library/{name}@sha256:{'a' * 64}"} for name in _SERVICES}
    edge = {"traefik": {"image": f"docker.io/library/traefik@sha256:{'b' * 64}"}}
    return {"edge": edge, **{f"product-{number}": services for number in range(1, count + 1)}}


_SERVICES = ("web", "worker", "db", "cache")
