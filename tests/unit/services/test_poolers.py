"""A pooler before a database: what its container gets, and what has to be there before it."""

from dataclasses import replace
from typing import Any

from infra.compose.databases import Pooler
from infra.compose.project import ConfigFile, Dependency, Healthcheck, SecretFile, Service, Ulimit
from infra.compose.quantities import MiB
from infra.services import DatabaseAccess, Secret
from infra.services.defaults import complete
from tests.harness import Registered, one
from tests.unit.services.test_container import service
from tests.unit.services.test_databases import DB, SECRETS, WEB
from tests.unit.services.test_product import container, shop

POOL = service(
    name="pool",
    image="pgbouncer:1.24",
    environment={},
    expose=(),
    user=None,
    read_only=False,
    healthcheck=None,
    cap_drop=(),
    secrets=(SecretFile(name="pool_user", path="/run/secrets/pool_user"),),
    pooler=Pooler(database="db", mode="transaction", size=20, clients=500),
)
OWN = DatabaseAccess(service="db", role="pooler", database="postgres", user="pooler_1")
POOLED = {**SECRETS, "pool_user": Secret(value="canary-of-the-pooler", version="1", access=OWN)}
WAITING = replace(WEB, depends_on=(Dependency(service="pool", condition="service_healthy"),))


def registered(pool: Service = POOL, **secrets: Secret) -> list[Registered]:
    return shop(DB, pool, WAITING, secrets={**POOLED, **secrets})


def configured(**changes: Any) -> str:
    found = registered(replace(POOL, **changes))
    return str(next(each for each in found if "pgbouncer.ini" in each.name).inputs["content"])


def test_a_silent_pooler_gets_what_pgbouncer_needs() -> None:
    full = complete(POOL, MiB(64))
    assert (full.entrypoint, full.command) == (("pgbouncer",), ("/etc/pgbouncer/pgbouncer.ini",))
    assert (full.user, full.read_only, full.cap_drop, full.cap_add) == ("65532:65532", True, ("ALL",), ())
    assert (full.stop_signal, full.memory) == ("SIGINT", 128)
    assert full.healthcheck is not None
    assert full.ulimits == (Ulimit(name="nofile", soft=16384, hard=16384),)


def test_what_its_compose_file_says_goes_before() -> None:
    check, limit = Healthcheck(test=("CMD", "true")), Ulimit(name="nofile", soft=9, hard=9)
    said = replace(POOL, user="70:70", stop_signal="SIGTERM", healthcheck=check, ulimits=(limit,))
    full = complete(said, MiB(64))
    assert (full.user, full.stop_signal, full.healthcheck, full.ulimits) == ("70:70", "SIGTERM", check, (limit,))


def test_it_waits_for_its_own_user_and_for_the_lookup_in_each_database() -> None:
    found = registered()
    lookup = one(found, ":PasswordLookup")
    assert lookup.inputs == {"container": "dev-shop-db", "database": "shop", "role": "pooler"}
    assert {"shop-pool_user-pooler_1", "shop-db_user-shop_2"} <= lookup.dependencies
    assert {lookup.name, "shop-pool_user-pooler_1"} <= container(found, "shop-pool-").dependencies
    assert "shop-pool-serving" in container(found, "shop-web").dependencies, "it is reached through no edge"


def test_it_answers_by_its_own_name_on_the_network() -> None:
    found = container(registered(), "shop-pool-").inputs
    assert found["networksAdvanced"] == [{"name": "dev-shop", "aliases": ["pool"]}]


def test_the_one_password_it_knows_is_in_a_file_of_its_user() -> None:
    found = registered()
    file = one(found, ":File", "shop-pool-secret-pool_user")
    assert file.inputs["content"] == '"pooler_1" "canary-of-the-pooler"\n'
    assert (file.inputs["owner"], file.inputs["mode"]) == ("65532", "0400")
    assert "content" in file.secrets
    everything_else = [each for each in found if each.type.endswith((":Container", ":File")) and each is not file]
    assert all("canary-of-the-pooler" not in str(each.inputs) for each in everything_else)


def test_its_configuration_names_databases_limits_and_who_looks_passwords_up() -> None:
    lines = configured().splitlines()
    assert lines[:2] == ["[databases]", "shop = host=db port=5432"]
    assert {
        "auth_user = pooler_1",
        "auth_file = /run/secrets/pool_user",
        'auth_query = SELECT name, verifier FROM "pooler".verifier_of($1)',
        "pool_mode = transaction",
        "default_pool_size = 20",
        "max_db_connections = 21",
        "max_client_conn = 500",
        "auth_type = scram-sha-256",
    } <= set(lines)


def test_its_health_is_asked_by_a_user_and_a_database_that_it_knows() -> None:
    check = container(registered(), "shop-pool-").inputs["healthcheck"]["tests"]
    assert check == ["CMD", "pg_isready", "--host=127.0.0.1", "--port=5432", "--username=pooler_1", "--dbname=shop"]
    said = replace(POOL, healthcheck=Healthcheck(test=("CMD", "true")))
    assert container(registered(said), "shop-pool-").inputs["healthcheck"]["tests"] == ["CMD", "true"]


def test_its_own_files_stay_beside_the_configuration() -> None:
    own = ConfigFile(name="ca", path="/ca", content="x")
    found = [each.name for each in registered(replace(POOL, configs=(own,)))]
    assert any(name.startswith("shop-pool-config-pgbouncer.ini") for name in found)
    assert any(name.startswith("shop-pool-config-ca") for name in found)


def test_a_rotation_of_others_is_no_release_of_the_pooler_and_one_of_its_own_is() -> None:
    def release(**secrets: Secret) -> object:
        return container(registered(POOL, **secrets), "shop-pool-").inputs["name"]

    access = POOLED["db_user"].access
    assert access is not None
    other = Secret(value="next", version="3", access=replace(access, user="shop_1"))
    own = Secret(value="next", version="2", access=replace(OWN, user="pooler_2"))
    assert release(db_user=other) == release()
    assert release(pool_user=own) != release()


def test_without_a_pooler_nobody_looks_passwords_up() -> None:
    assert not [each for each in shop(DB, WEB, secrets=SECRETS) if each.type.endswith(":PasswordLookup")]
