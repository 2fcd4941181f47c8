"""Two programs compared: what would happen, who notices, and what is lost."""

from typing import Any

import pytest

from infra.host.plugin.host import HostProvider
from infra.preview.comparison import Comparison, compare, destructive
from infra.preview.replacing import CONTAINER as CONTAINER_TYPE
from infra.preview.replacing import IN_PLACE, REPLACING, identities, is_replaced
from infra.preview.run import Resource
from infra.services.container import IN_PLACE_WITHOUT_EFFECT
from tests.lab.plugins.docker.container_inputs import CONTAINER as CONTAINER_INPUTS
from tests.lab.plugins.docker.network import NETWORK
from tests.lab.plugins.github.provider import GitHub
from tests.lab.plugins.github.resource import GitHubResource
from tests.lab.plugins.random.password import PASSWORD
from tests.lab.plugins.schema import replacing
from tests.unit.preview.events import CONTAINER, FILE, MIGRATION, READY, ROUTE, UNKNOWN, VOLUME, Inputs, urn

DATABASE: Inputs = {
    "container": "dev-shop-db",
    "containerId": UNKNOWN,
    "service": "dev-shop/db",
    "strategy": "stop-first",
    "decides": True,
    "longestGap": 50,
    "data": "dev-shop-data",
    "release": "0a1b2c3d",
}
WEB: Inputs = {
    "name": "dev-shop-web",
    "path": "/srv/slipway/edge/dynamic/dev-shop-web.yaml",
    "service": "dev-shop/web",
    "product": "dev-shop",
    "release": "0a1b2c3d",
    "confirmAddress": "0-edge-traefik",
    "container": "dev-shop-web-1",
    "content": "a",
}
WORKER: Inputs = {**DATABASE, "container": "dev-shop-worker-1", "service": "dev-shop/worker", "strategy": "rolling"}


def resource(type_: str, name: str, /, *, protected: bool = False, **inputs: Any) -> Resource:
    """Return a resource as a program wants it."""
    return Resource(urn=urn(type_, name), type=type_, inputs=inputs, protected=protected)


def compared(before: list[Resource], after: list[Resource]) -> Comparison:
    """Compare two programs."""
    return compare({one.urn: one for one in before}, {one.urn: one for one in after})


def impacts(before: list[Resource], after: list[Resource]) -> dict[str, str]:
    """Return the impact of each service."""
    return {one.service: one.text for one in compared(before, after).impacts}


def test_what_differs_is_named_and_what_does_not_is_counted() -> None:
    result = compared(
        [resource(FILE, "a", content="1"), resource(FILE, "b", path="/b", mode="0644"), resource(FILE, "c", path="/c")],
        [resource(FILE, "a", content="1"), resource(FILE, "b", path="/b", mode="0600"), resource(FILE, "d", path="/d")],
    )
    told = [(one.kind, one.name, one.paths) for one in result.operations]
    assert told == [("update", "b", ("mode",)), ("delete", "c", ()), ("create", "d", ())]
    assert result.unchanged == 1


@pytest.mark.parametrize(
    ("type_", "inputs", "is_so"),
    [
        (CONTAINER, {"memory"}, False),
        (CONTAINER, {"memory", "image"}, True),
        (CONTAINER, {"healthcheck"}, True),
        (VOLUME, {"labels"}, False),
        (VOLUME, {"name"}, True),
        (FILE, {"content"}, False),
        (FILE, {"path"}, True),
        ("command:remote:Command", {"triggers"}, True),
        ("github:index/repository:Repository", {"description", "name"}, False),
        ("github:index/repositoryDeployKey:RepositoryDeployKey", {"key"}, True),
        ("github:index/actionsEnvironmentSecret:ActionsEnvironmentSecret", {"value"}, False),
        ("github:index/actionsEnvironmentSecret:ActionsEnvironmentSecret", {"secretName"}, True),
    ],
)
def test_what_cannot_change_in_place_is_replaced(type_: str, inputs: set[str], is_so: bool) -> None:
    assert is_replaced(type_, inputs) is is_so


def test_the_vendors_rules_are_those_of_the_stand_ins() -> None:
    without_effect = {"healthcheck", "tmpfs", "init", "cpuPeriod", "cpuQuota"}
    kept = set(CONTAINER_INPUTS) - replacing(CONTAINER_INPUTS) - without_effect
    assert IN_PLACE[CONTAINER_TYPE] == kept
    assert without_effect.issuperset(IN_PLACE_WITHOUT_EFFECT)
    assert set(NETWORK) == replacing(NETWORK)
    assert set(PASSWORD) == replacing(PASSWORD)
    of_github = {name: kinds for name, kinds in REPLACING.items() if name.startswith("github:")}
    types = GitHub().types.items()
    assert of_github == {name: replacing(kind.schema) for name, kind in types if isinstance(kind, GitHubResource)}


def test_the_host_types_are_those_of_the_plugin() -> None:
    assert identities() == {token: kind.replaces for token, kind in HostProvider().types.items()}


def test_a_database_that_is_replaced_is_down_until_it_is_ready() -> None:
    before = [resource(CONTAINER, "db", name="dev-shop-db", image="a"), resource(READY, "db-ready", **DATABASE)]
    after = [resource(CONTAINER, "db", name="dev-shop-db", image="b"), resource(READY, "db-ready", **DATABASE)]
    assert impacts(before, after) == {"shop/db": "stop-first ≤ 50 s down"}


def test_a_database_whose_limit_changes_stays() -> None:
    before = [resource(CONTAINER, "db", name="dev-shop-db", memory=1), resource(READY, "db-ready", **DATABASE)]
    changed = {**DATABASE, "release": "ffffffff"}
    after = [resource(CONTAINER, "db", name="dev-shop-db", memory=2), resource(READY, "db-ready", **changed)]
    assert impacts(before, after) == {"shop/db": "in place"}


@pytest.mark.parametrize(
    ("before", "after", "impact"),
    [
        ([], [resource(ROUTE, "web", **WEB)], "new"),
        ([resource(ROUTE, "web", **WEB)], [resource(ROUTE, "web", **WEB)], "no change"),
        ([resource(ROUTE, "web", **WEB)], [resource(ROUTE, "web", **{**WEB, "content": "b"})], "in place"),
        ([resource(ROUTE, "web", **WEB)], [resource(ROUTE, "web", **{**WEB, "container": "x"})], "rolling"),
        ([resource(ROUTE, "web", **WEB)], [], "removed"),
        ([resource(ROUTE, "web", service="dev-shop/web")], [resource(ROUTE, "web", **WEB)], "not known"),
    ],
)
def test_a_called_service_is_judged_by_its_route(before: list[Resource], after: list[Resource], impact: str) -> None:
    assert impacts(before, after) == {"shop/web": impact}


def test_a_service_that_nobody_calls_is_judged_by_its_gate() -> None:
    before, after = resource(READY, "worker-1-ready", **WORKER), resource(READY, "worker-2-ready", **WORKER)
    assert impacts([before], [after]) == {"shop/worker": "rolling"}
    assert impacts([before], [before]) == {"shop/worker": "no change"}
    assert impacts([], [after]) == {"shop/worker": "new"}


def test_a_migration_is_told_with_the_release_that_it_goes_before() -> None:
    def program(image: str, phase: str = "expand") -> list[Resource]:
        known: Inputs = {
            "service": "dev-shop/web",
            "image": image,
            "command": ["upgrade"],
            "phase": phase,
            "container": image,
        }
        route = {**WEB, "container": image}
        return [resource(ROUTE, "web", **route), resource(MIGRATION, "web-migration", **known)]

    assert impacts(program("a"), program("b", "contract")) == {"shop/web": "rolling, migrates first (contract)"}
    assert impacts(program("a"), program("a", "contract")) == {"shop/web": "no change"}
    assert impacts([], program("a")) == {"shop/web": "new, migrates first (expand)"}
    assert impacts(program("a"), []) == {"shop/web": "removed"}


def test_a_release_that_has_a_successor_is_no_loss_and_a_service_that_goes_is() -> None:
    before = [
        resource(CONTAINER, "shop-web-0a1b2c3d", name="a"),
        resource(CONTAINER, "shop-api-0a1b2c3d", name="b"),
        resource(VOLUME, "shop-volume-data", name="c", protected=True),
        resource("host:index:Image", "shop-web-image", reference="a"),
        resource("slipway:services:Service", "shop-api"),
    ]
    after = [
        resource(CONTAINER, "shop-web-ffffffff", name="d"),
        resource("host:index:Image", "shop-web-image", reference="b"),
    ]
    lost = destructive(compared(before, after).operations)
    assert [name.rpartition("::")[2] for name in lost] == ["shop-api-0a1b2c3d", "shop-volume-data"]


def test_a_volume_under_another_name_is_a_loss() -> None:
    result = compared([resource(VOLUME, "data", name="a")], [resource(VOLUME, "data", name="b")])
    assert len(list(destructive(result.operations))) == 1
