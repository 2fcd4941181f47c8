"""Database users as a stack file names them."""

from typing import Any

import pytest

from infra.config import secrets
from infra.config.database import DatabaseAccess
from infra.config.mistakes import ConfigurationError
from infra.config.settings import GeneratedSecret
from tests.unit.config.conftest import Stack

COMPOSE = """
services:
  web: {image: registry.example.com/web:1, expose: ["8000"], environment: {URL: "${URL}"}}
  db:
    image: "postgres:17"
    volumes: ["data:/var/lib/postgresql/data"]
    secrets: [db_password]
    user: "999:999"
volumes: {data: {}}
secrets: {db_password: {external: true}}
"""
ACCESS = {"service": "db", "role": "shop"}


@pytest.fixture
def signed_in(stack: Stack) -> Stack:
    """Return a stack whose shop signs in to its database as a user of its own."""
    (stack.root / "compose.yaml").write_text(COMPOSE, encoding="utf-8")
    stack.product["env"]["URL"] = "postgresql://{user:db_user}:{secret:db_user}@db/shop"
    stack.product["secrets"]["db_user"] = {"generate": 32, "database": dict(ACCESS)}
    return stack


@pytest.mark.parametrize(("rotation", "user"), [(1, "shop_1"), (2, "shop_2"), (3, "shop_1")])
def test_two_users_sign_in_in_turn(signed_in: Stack, rotation: int, user: str) -> None:
    signed_in.product["secrets"]["db_user"]["rotation"] = rotation
    shop = signed_in.load().products["shop"]
    assert shop.project.services["web"].environment == {"URL": f"postgresql://{user}:{{secret:db_user}}@db/shop"}
    access = DatabaseAccess(service="db", role="shop")
    assert shop.secrets["db_user"] == GeneratedSecret(length=32, rotation=rotation, database=access)


@pytest.mark.parametrize(
    ("change", "at", "sentence"),
    [
        ({"service": "dbs"}, "service", "names no service of the product; did you mean `db`?"),
        (
            {"service": "web"},
            "service",
            "must name a PostgreSQL service with its data in a volume; web is none",
        ),
        ({"role": "pg_shop"}, "role", "must be a name of small letters, digits and `_`, at most 61"),
        ({"role": "Shop"}, "role", "must be a name of small letters"),
        ({"database": "a-b"}, "database", "must be a name of small letters"),
    ],
)
def test_what_is_wrong_with_a_user_is_named(signed_in: Stack, change: dict[str, Any], at: str, sentence: str) -> None:
    signed_in.product["secrets"]["db_user"]["database"] |= change
    with pytest.raises(ConfigurationError) as refused:
        signed_in.load()
    assert f"slipway:products.shop.secrets.db_user.database.{at}: {sentence}" in str(refused.value)


def test_two_secrets_cannot_be_of_one_role(signed_in: Stack) -> None:
    signed_in.product["secrets"]["other"] = {"generate": 32, "database": dict(ACCESS)}
    signed_in.product["env"]["URL"] += "?{secret:other}"
    with pytest.raises(ConfigurationError, match="is the one of db_user: each secret has a role of its own"):
        signed_in.load()


def test_a_value_that_a_person_set_is_no_users_password(signed_in: Stack) -> None:
    signed_in.product["secrets"]["db_user"] = {"config": "registry", "database": dict(ACCESS)}
    with pytest.raises(ConfigurationError, match="must have `generate`: a database user gets a password that nobody"):
        signed_in.load()


def test_a_user_of_another_secret_is_named(signed_in: Stack) -> None:
    signed_in.product["env"]["URL"] = "{user:db_usr}:{secret:db_user}"
    with pytest.raises(ConfigurationError) as refused:
        signed_in.load()
    sentence = "secret db_usr is the password of no database user; did you mean `db_user`?"
    assert f"slipway:products.shop.env.URL: {sentence}" in str(refused.value)


def test_the_database_does_not_sign_in_to_itself(signed_in: Stack) -> None:
    text = COMPOSE.replace("secrets: [db_password]", "secrets: [db_password, db_user]")
    text = text.replace("secrets: {db_password:", "secrets: {db_user: {external: true}, db_password:")
    (signed_in.root / "compose.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match="db uses this secret itself: its own password is another one"):
        signed_in.load()


def test_a_database_that_waits_for_who_signs_in_is_refused(signed_in: Stack) -> None:
    text = COMPOSE.replace('    user: "999:999"\n', '    user: "999:999"\n    depends_on: [web]\n')
    (signed_in.root / "compose.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match="db depends on web, which signs in to it by this secret"):
        signed_in.load()


def test_each_rotation_has_a_value_of_its_own_and_going_back_has_the_former_one() -> None:
    def value(rotation: int, name: str = "db_user", seed: str = "seed", length: int = 32) -> str:
        return secrets.derived(GeneratedSecret(length=length, rotation=rotation), name, seed)

    assert value(1) == value(1)
    assert len({value(1), value(2), value(1, name="other"), value(1, seed="other")}) == 4
    assert [len(value(1, length=length)) for length in (16, 128)] == [16, 128]
    assert value(1).isalnum()
    assert value(1).isascii()


def test_another_rotation_or_length_is_another_release() -> None:
    versions = {
        secrets.version(GeneratedSecret(length=length, rotation=rotation)) for length in (16, 32) for rotation in (1, 2)
    }
    assert len(versions) == 4
