"""Many products on one server: an update of what is there already, everything read and nothing to do."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.lab.bench.products import COUNTS
from tests.lab.bench.rows import Row, growth, row, timed
from tests.lab.conftest import Workshop

MOST_SECONDS = {30: 40.0}
DOMAIN = "many.test"
# Services that cost next to nothing: what is measured is how long it takes to read them. 120 checks every five seconds
# would take both processors of the machine.
COMPOSE = """
x-service: &service
  restart: unless-stopped
  init: true
  read_only: true
  mem_limit: 64m
  cpus: 0.1
  ulimits: {nproc: 8192}
x-store: &store
  <<: *service
  image: registry.lab.test:5000/redis:8
  user: "999:999"
  tmpfs: ["/data:uid=999,gid=999,mode=0700"]
  networks: [back]
  healthcheck: {test: [CMD, redis-cli, ping], interval: 20s, timeout: 10s, retries: 5}
services:
  web:
    <<: *service
    image: registry.lab.test:5000/shop/web
    user: "10001:10001"
    command: [python3, -m, http.server, "8000"]
    expose: ["8000"]
    networks: [default, back]
    depends_on: {db: {condition: service_started}}
    healthcheck: {test: [CMD, python3, -c, pass], interval: 20s, timeout: 10s, retries: 5}
  worker: {<<: *store}
  db: {<<: *store, volumes: ["data:/kept"], x-slipway: {backup: {none: Nothing is ever kept in it.}}}
  cache: {<<: *store}
networks: {default: {}, back: {internal: true}}
volumes: {data: {}}
"""


def rows(dev: Workshop) -> Iterator[Row]:
    """Measure updates with nothing to do, of more and more products of four services beside the sample."""
    (dev.folder / "many.yaml").write_text(COMPOSE, encoding="utf-8")
    _certify(dev.folder)
    measured = {}
    for count in COUNTS:
        dev.configure(lambda config, count=count: _declare(config, dev.folder, count))
        _release(dev, count)
        brought_up = timed(lambda: dev.stack.up().expect_success())
        title = f"up with nothing to do beside {count} products of 4 services, servers read"
        measured[count] = row(title, MOST_SECONDS.get(count), lambda: dev.stack.up().expect_success())
        yield {**measured[count], "brought_up": brought_up}
    yield growth("a product's reading from 10 to 30 against one from 5 to 10", measured)


def _certify(folder: Path) -> None:
    """Make a certificate for all of them, which no authority is asked for."""
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "9"]
    names = ["-subj", f"/CN={DOMAIN}", "-addext", f"subjectAltName=DNS:*.{DOMAIN}"]
    files = ["-keyout", str(folder / "many.key"), "-out", str(folder / "many.crt")]
    subprocess.run([*words, *names, *files], check=True, capture_output=True)


def _declare(config: Any, folder: Path, count: int) -> None:
    config["slipway:edge"]["certificates"] = [
        {"file": str(folder / "many.crt"), "key": {"file": str(folder / "many.key")}}
    ]
    for number in range(1, count + 1):
        config["slipway:products"][f"many-{number}"] = {
            "server": "main",
            "compose": [str(folder / "many.yaml")],
            "ingress": [{"host": f"many-{number}.{DOMAIN}", "service": "web", "port": 8000}],
            # Subnets follow from names, and thirty names may come to the same one twice.
            "subnet": f"10.213.{100 + number}.0/24",
        }


def _release(dev: Workshop, count: int) -> None:
    cache = next(iter(dev.images["redis"]))
    for number in range(1, count + 1):
        dev.release("web", "v1", product=f"many-{number}")
        for service in ("worker", "db", "cache"):
            dev.release(service, cache, product=f"many-{number}", image="redis")
