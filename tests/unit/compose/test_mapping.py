"""Every compose key that Slipway maps, and what becomes of it."""

from dataclasses import fields

import pytest

from infra.compose.project import Network, Service, Volume
from infra.compose.reader import read_project
from tests.unit.compose.cases import NETWORKS, SERVICES, VARIABLES, VOLUMES, write
from tests.unit.compose.conftest import Parse

STRATEGIES = {
    "image: x": "rolling",
    "volumes: [data:/data:ro]": "rolling",
    "tmpfs: [/run]": "rolling",
    "x-slipway: {release: rolling}": "rolling",
    "volumes: [data:/data]": "stop-first",
    "volumes: [/srv/dev-shop/x:/data]": "stop-first",
    'ports: ["127.0.0.1:8080:80"]': "stop-first",
    "devices: [/dev/a]": "stop-first",
    "networks: {back: {ipv4_address: 10.9.0.7}}": "stop-first",
    "x-slipway: {release: recreate}": "stop-first",
}


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Service]:
    """Every case as a service of one file, by its keys: one run of Docker Compose for all of them."""
    keys = [*dict.fromkeys([*(keys for keys, _ in SERVICES.values()), *STRATEGIES])]
    folder = tmp_path_factory.mktemp("compose")
    write(folder, {f"s{number}": block for number, block in enumerate(keys)})
    reading = read_project(["compose.yaml"], root=folder, variables=VARIABLES, name="dev-shop", profiles=["extra"])
    assert reading.project is not None, [str(mistake) for mistake in reading.mistakes]
    return {block: reading.project.services[f"s{number}"] for number, block in enumerate(keys)}


@pytest.mark.parametrize("case", SERVICES)
def test_compose_key_is_mapped(case: str, services: dict[str, Service]) -> None:
    keys, expected = SERVICES[case]
    assert {name: getattr(services[keys], name) for name in expected} == expected


@pytest.mark.parametrize("keys", STRATEGIES)
def test_service_that_cannot_run_twice_is_released_stop_first(keys: str, services: dict[str, Service]) -> None:
    assert services[keys].strategy == STRATEGIES[keys]


def test_every_field_of_a_service_has_a_case() -> None:
    tested = {name for _, expected in SERVICES.values() for name in expected}
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


@pytest.mark.parametrize("case", NETWORKS)
def test_network_is_mapped(case: str, parse: Parse) -> None:
    keys, expected = NETWORKS[case]
    project = parse(f"services: {{web: {{image: x, networks: [n]}}}}\nnetworks: {{n: {keys}}}")
    assert project.networks["n"] == expected


@pytest.mark.parametrize("case", VOLUMES)
def test_volume_is_mapped(case: str, parse: Parse) -> None:
    keys, expected = VOLUMES[case]
    project = parse(f"services: {{web: {{image: x, volumes: ['share:/v']}}}}\nvolumes: {{share: {keys}}}")
    assert project.volumes["share"] == expected
