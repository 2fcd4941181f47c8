"""What a Redis or Valkey server is started with."""

from dataclasses import replace
from typing import Any

import pytest

from infra.compose.databases import Tuning
from infra.compose.mount import Mount
from infra.compose.project import Service
from infra.compose.quantities import MiB
from infra.services.defaults import complete
from tests.harness import one
from tests.unit.services.test_container import service
from tests.unit.services.test_product import container, shop

VOLUME = Mount(kind="volume", source="data", target="/data/")
CACHE = service(name="cache", image="redis:8", expose=(), memory=MiB(64))
QUEUE = replace(CACHE, mounts=(VOLUME,))


def told(cache: Service) -> dict[str, str]:
    """Return the settings in the command of a server, as it reads them."""
    program, *words = complete(cache, MiB(512)).command or ("",)
    assert program in {"redis-server", "valkey-server"}
    snapshots = {"save": '""'} if words[-1:] == ['--save ""'] else {}
    paired = words[: len(words) - len(snapshots)]
    names = [word.removeprefix("--") for word in paired[::2]]
    assert all(word.startswith("--") for word in paired[::2])
    return {**dict(zip(names, paired[1::2], strict=True)), **snapshots}


def test_a_server_with_a_volume_appends_its_writes_to_a_file() -> None:
    found = told(QUEUE)
    assert (found["appendonly"], found["appendfsync"], found["dir"]) == ("yes", "everysec", "/data")
    assert "save" not in found, "its snapshots stay as they are"


@pytest.mark.parametrize("mounts", [(), (replace(VOLUME, target="/backup"),), (replace(VOLUME, read_only=True),)])
def test_a_server_without_a_place_for_its_data_is_a_cache(mounts: tuple[Mount, ...]) -> None:
    found = told(replace(CACHE, mounts=mounts))
    assert (found["appendonly"], found["save"]) == ("no", '""')
    assert "appendfsync" not in found


def test_three_quarters_of_the_limit_are_for_data() -> None:
    assert (told(CACHE)["maxmemory"], told(CACHE)["maxmemory-policy"]) == ("48mb", "noeviction")
    assert told(replace(CACHE, memory=None))["maxmemory"] == "384mb"


def test_what_is_said_goes_before_what_follows() -> None:
    said = Tuning(settings={"appendonly": "no", "maxmemory": "10mb", "maxmemory_policy": "allkeys-lru"})
    found = told(replace(QUEUE, redis=said))
    assert (found["appendonly"], found["maxmemory"], found["maxmemory-policy"]) == ("no", "10mb", "allkeys-lru")
    assert "save" not in found, "its snapshots are all that is kept"


def test_no_word_of_the_command_is_empty() -> None:
    assert "" not in (complete(CACHE, MiB(512)).command or ("",)), "the docker provider refuses it"


@pytest.mark.parametrize(
    ("image", "program"),
    [
        ("redis", "redis-server"),
        ("docker.io/redis:7-alpine", "redis-server"),
        ("registry.example.com:5000/redis:8", "redis-server"),
        ("valkey/valkey:8", "valkey-server"),
    ],
)
def test_the_official_images_are_tuned(image: str, program: str) -> None:
    command = complete(replace(CACHE, image=image), MiB(512)).command
    assert command is not None
    assert command[0] == program


@pytest.mark.parametrize("image", ["example/redis:8", "bitnami/redis:8", "redis/redis-stack:7", "keydb"])
def test_images_that_may_have_a_configuration_inside_are_left_alone(image: str) -> None:
    assert complete(replace(CACHE, image=image), MiB(512)).command is None


def test_an_image_that_somebody_made_is_tuned_when_the_file_says_so() -> None:
    assert told(replace(CACHE, image="example/redis:8", redis=Tuning()))


@pytest.mark.parametrize(
    "said", [{"command": ("redis-server",)}, {"entrypoint": ("/start",)}, {"redis": Tuning(tune=False)}]
)
def test_what_a_file_says_of_its_start_stays(said: dict[str, Any]) -> None:
    changed = replace(CACHE, **said)
    assert complete(changed, MiB(512)).command == changed.command


def test_a_server_that_appends_waits_for_the_guard_before_its_data() -> None:
    registered = shop(QUEUE, ingress=[])
    guard = one(registered, ":RedisData")
    assert (guard.inputs["place"], guard.inputs["container"]) == ("dev-shop-data", "dev-shop-cache")
    assert guard.name in container(registered, "shop-cache").dependencies
    folder = replace(QUEUE, mounts=(Mount(kind="bind", source="/srv/dev-shop/queue", target="/data"),))
    guard = one(shop(folder, ingress=[]), ":RedisData")
    assert guard.inputs["place"] == "/srv/dev-shop/queue"
    assert "shop-folder-queue" in guard.dependencies, "what is not made yet would be missed"


@pytest.mark.parametrize(
    "said",
    [
        {"mounts": ()},
        {"command": ("redis-server", "--appendonly", "yes")},
        {"redis": Tuning(settings={"appendonly": "no"})},
        {"redis": Tuning(tune=False)},
    ],
)
def test_a_server_that_does_not_begin_to_append_has_no_guard(said: dict[str, Any]) -> None:
    assert not [each for each in shop(replace(QUEUE, **said), ingress=[]) if each.type.endswith(":RedisData")]
