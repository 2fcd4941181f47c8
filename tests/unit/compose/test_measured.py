"""Which services are database servers that an exporter can ask."""

from dataclasses import replace
from typing import Any

import pytest

from infra.compose.databases import Tuning
from infra.compose.measured import databases
from infra.compose.mount import Mount
from infra.compose.project import ConfigFile, Dependency, SecretFile, Service
from tests.unit.services.test_container import service

DATA = (Mount(kind="volume", source="data", target="/var/lib/postgresql/data"),)

FOLDER = (Mount(kind="bind", source="/srv/dev-shop/db", target="/var/lib/postgresql/data"),)


def found(*services: Service) -> dict[str, str]:
    """Return what is measured of a product."""
    return dict(databases({each.name: each for each in services}))


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("postgres", {"image": "postgres:17", "mounts": DATA}),
        ("postgres", {"image": "pgvector/pgvector:pg17", "mounts": DATA}),
        ("postgres", {"image": "postgres:17", "mounts": FOLDER}),
        (None, {"image": "postgres:17", "mounts": (replace(*FOLDER, read_only=True),)}),
        (None, {"image": "postgres:17"}),
        (None, {"image": "postgres:17", "mounts": DATA, "networks": ()}),
        ("redis", {"image": "redis:8"}),
        ("redis", {"image": "valkey/valkey:8"}),
        (None, {"image": "bitnami/redis:8"}),
        (None, {"image": "registry.example.com/web:1"}),
    ],
)
def test_a_server_that_keeps_its_container_is_measured(kind: str | None, changes: dict[str, Any]) -> None:
    assert found(service(name="db", **changes)) == ({"db": kind} if kind else {})


@pytest.mark.parametrize(
    "changes",
    [
        {"command": ("redis-server", "--requirepass", "{secret:cache}")},
        {"command": ("sh", "-c", 'exec redis-server --requirepass "$(cat /run/secrets/cache)"')},
        {"entrypoint": ("redis-server", "--aclfile", "/etc/users.acl")},
        {"environment": {"VALKEY_EXTRA_FLAGS": "--requirepass {secret:cache}"}},
        {"environment": {"REDISCLI_AUTH": "{secret:cache}"}},
        {"environment": {"CACHE": "{secret:redis_password}"}},
        {"secrets": (SecretFile(name="redis-password", path="/run/secrets/a"),)},
        {"configs": (ConfigFile(name="conf", path="/etc/redis.conf", content="port 6379\n requirepass x\n"),)},
        {"configs": (ConfigFile(name="users", path="/etc/users.acl", content="user default on >x ~* +@all"),)},
        {"redis": Tuning(settings={"requirepass": "x"})},
    ],
)
def test_a_redis_that_asks_for_a_password_is_not_measured(changes: dict[str, Any]) -> None:
    assert found(service(name="cache", image="redis:8", **changes)) == {}


@pytest.mark.parametrize(
    "changes",
    [
        {"command": ("redis-server", "--save", "60", "1"), "entrypoint": ("docker-entrypoint.sh",)},
        {"environment": {"REDIS_PASSWORD": "", "TZ": "UTC"}},
        {"secrets": (SecretFile(name="tls-key", path="/run/secrets/key"),)},
        {"configs": (ConfigFile(name="conf", path="/etc/redis.conf", content="# requirepass foobared\nport 6379\n"),)},
        {"redis": Tuning(settings={"maxmemory": "64mb"})},
    ],
)
def test_a_redis_that_lets_everybody_in_is_measured(changes: dict[str, Any]) -> None:
    assert found(service(name="cache", image="redis:8", **changes)) == {"cache": "redis"}


def test_a_service_whose_end_others_await_is_no_server() -> None:
    task = service(name="import", image="postgres:17", mounts=DATA)
    waits = service(depends_on=(Dependency(service="import", condition="service_completed_successfully"),))
    assert found(task, waits) == {}
    assert found(task, service(depends_on=(Dependency(service="import", condition="service_started"),)))
