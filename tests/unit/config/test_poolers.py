"""What a pooler asks of the stack file."""

from dataclasses import replace
from typing import Any

import pytest

from infra.compose.databases import Pooler, Tuning
from infra.compose.mount import Mount
from infra.compose.project import Project, SecretFile, Service
from infra.config.database import DatabaseAccess
from infra.config.poolers import broken_poolers
from tests.unit.services.test_container import service

DATA = Mount(kind="volume", source="data", target="/var/lib/postgresql/data")
DB = service(name="db", image="postgres:17", mounts=(DATA,), expose=())
POOL = service(
    name="pool",
    environment={},
    expose=(),
    secrets=(SecretFile(name="pool_user", path="/run/secrets/pool_user"),),
    pooler=Pooler(database="db", mode="transaction", size=20, clients=500),
)
USER = DatabaseAccess(service="db", role="shop")
OWN = DatabaseAccess(service="db", role="pooler", database="postgres")
WANTED = {"db_user": USER, "pool_user": OWN}


def broken(*services: Service, **accesses: DatabaseAccess) -> dict[tuple[str | int, ...], str]:
    """Return what is wrong, by its place."""
    project = Project(services={each.name: each for each in services}, networks={}, volumes={})
    return dict(broken_poolers(accesses, project))


def sized(size: int, replicas: int = 1) -> Service:
    return replace(POOL, pooler=Pooler(database="db", mode="session", size=size, clients=9), replicas=replicas)


def limited(**said: Any) -> Service:
    return replace(DB, **said)


def test_a_pooler_with_a_user_of_its_own_and_somebody_to_pool_for_is_right() -> None:
    assert broken(DB, POOL, **WANTED) == {}


@pytest.mark.parametrize("own", [None, DatabaseAccess(service="other", role="pooler")])
def test_its_secret_has_to_be_the_password_of_a_user_of_that_database(own: DatabaseAccess | None) -> None:
    accesses = {"db_user": USER} | ({"pool_user": own} if own else {})
    assert broken(DB, POOL, **accesses) == {
        ("secrets", "pool_user"): "must have `database: {service: db, role: …}`: pool signs in there by it"
    }


def test_a_user_who_may_look_passwords_up_is_nobody_elses() -> None:
    web = service(environment={"URL": "postgresql://{secret:pool_user}@db/shop"})
    assert broken(DB, POOL, web, **WANTED) == {
        ("secrets", "pool_user"): "is that of pool, which may look up passwords: web needs its own"
    }


def test_a_pooler_without_anybody_to_pool_for_is_refused() -> None:
    (sentence,) = broken(DB, POOL, pool_user=OWN).values()
    assert sentence == "has none with `database: {service: db}` for those whose connections pool shares out"


@pytest.mark.parametrize(
    ("server", "pool", "room"),
    [
        (DB, sized(47), True),
        (DB, sized(48), False),
        (DB, sized(31, replicas=2), True),
        (DB, sized(32, replicas=2), False),
        (limited(postgres=Tuning(settings={"max_connections": "45"})), POOL, True),
        (limited(postgres=Tuning(settings={"max_connections": "44"})), POOL, False),
        (limited(command=("postgres", "-c", "max_connections=44")), POOL, False),
        (limited(command=("postgres", "--max-connections=300")), sized(140), True),
    ],
)
def test_what_may_be_open_during_a_release_has_to_fit(server: Service, pool: Service, room: bool) -> None:
    assert (broken(server, pool, **WANTED) == {}) is room


def test_each_pooler_and_each_database_counts() -> None:
    other = replace(POOL, name="sessions", secrets=(SecretFile(name="other_user", path="/run/secrets/other_user"),))
    second = DatabaseAccess(service="db", role="billing")
    accesses = {**WANTED, "other_user": replace_role(OWN, "sessions"), "second": second}
    (sentence,) = broken(DB, POOL, other, **accesses).values()
    assert sentence == (
        "db takes 100 connections, of which it keeps 3 for itself, and 84 by pool and 84 by sessions may be open "
        "while a pooler is released: lower `size`, or raise `x-slipway.postgres.max_connections`"
    )


def replace_role(access: DatabaseAccess, role: str) -> DatabaseAccess:
    return access.model_copy(update={"role": role})
