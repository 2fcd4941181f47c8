"""The users of a product's databases, and what waits for them."""

import pytest

from infra.compose.mount import Mount
from infra.compose.project import SecretFile, Service
from infra.services import DatabaseAccess, Secret
from infra.services.databases import own_password
from tests.harness import Registered, one
from tests.unit.services.test_container import service
from tests.unit.services.test_product import container, shop

DATA = Mount(kind="volume", source="data", target="/var/lib/postgresql/data")
PASSWORD_FILE = SecretFile(name="db_password", path="/run/secrets/db_password")
DB = service(
    name="db",
    image="postgres:17",
    mounts=(DATA,),
    expose=(),
    user="999:999",
    secrets=(PASSWORD_FILE,),
    environment={"POSTGRES_PASSWORD_FILE": PASSWORD_FILE.path, "POSTGRES_USER": "admin"},
)
WEB = service(name="web", environment={"URL": "postgresql://shop_2:{secret:db_user}@db/shop"})
ACCESS = DatabaseAccess(service="db", role="shop", database="shop", user="shop_2")
SECRETS = {
    "db_password": Secret(value="canary-of-admin", version="1"),
    "db_user": Secret(value="canary-of-user", version="2", access=ACCESS),
}


def registered() -> list[Registered]:
    return shop(DB, WEB, secrets=SECRETS)


def test_who_signs_in_is_there_before_the_service_and_after_the_database() -> None:
    found = registered()
    user = one(found, ":DatabaseUser", "shop-db_user-shop_2")
    wanted = {"container": "dev-shop-db", "user": "shop_2", "role": "shop", "database": "shop"}
    assert wanted.items() <= user.inputs.items()
    assert "shop-db-ready" in user.dependencies
    assert user.name in container(found, "shop-web").dependencies
    assert user.name not in container(found, "shop-db").dependencies


def test_the_password_of_the_servers_own_user_is_that_of_its_file() -> None:
    own = one(registered(), ":DatabaseUser", "shop-db-superuser")
    assert (own.inputs["user"], own.inputs["password"]) == ("admin", "canary-of-admin")
    assert "role" not in own.inputs


@pytest.mark.parametrize(
    ("environment", "secret"),
    [
        ({"POSTGRES_PASSWORD_FILE": "/run/secrets/db_password"}, "db_password"),
        ({"POSTGRES_PASSWORD": "{secret:db_user}"}, "db_user"),
        ({"POSTGRES_PASSWORD": "x{secret:db_user}"}, None),
        ({"POSTGRES_PASSWORD_FILE": "/run/secrets/other"}, None),
        ({}, None),
    ],
)
def test_the_secret_that_an_image_makes_its_data_with_is_found(environment: dict[str, str], secret: str | None) -> None:
    changed: Service = service(name="db", secrets=(PASSWORD_FILE,), environment=environment)
    assert own_password(changed) == secret
