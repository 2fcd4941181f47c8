"""Which changes replace a container, a network or a volume: for the stand-in and the vendor's plugin alike."""

import uuid
from collections.abc import Iterator

import pytest

from infra.host.plugin.values import UNKNOWN, Properties
from tests.plugin.standins.client import CONTAINER, NETWORK, VOLUME, Client, Resource

_MOUNTS = [{"type": "bind", "source": "/etc", "target": "/host"}]
_CONTAINER: Properties = {
    "command": ["sleep", "600"],
    "envs": ["A=1", "B=2"],
    "labels": [{"label": "a", "value": "1"}, {"label": "b", "value": "2"}],
    "hostname": "web",
    "user": "65534",
    "memory": 32,
    "memorySwap": 32,
    "cpus": "0.5",
    "capabilities": {"drops": ["ALL"]},
    "healthcheck": {"tests": ["CMD", "true"]},
    "logOpts": {"max-size": "10m"},
    "mounts": _MOUNTS,
    "ports": [{"internal": 80, "ip": "127.0.0.1"}],
}
_REPLACING = [
    ("name", "another"),
    ("image", "another:1"),
    ("image", UNKNOWN),
    ("command", ["sleep", "601"]),
    ("entrypoints", ["/bin/sh"]),
    ("envs", ["A=2"]),
    ("envs", ["A=1", UNKNOWN]),
    ("mounts", UNKNOWN),
    ("mounts", [*_MOUNTS, UNKNOWN]),
    ("labels", [{"label": "a", "value": "2"}]),
    ("ports", [{"internal": 81, "ip": "127.0.0.1"}]),
    ("ports", [{"internal": 80}]),
    ("mounts", [*_MOUNTS, {"type": "bind", "source": "/usr", "target": "/usr"}]),
    ("mounts", None),
    ("volumes", [{"volumeName": "data", "containerPath": "/data"}]),
    ("networksAdvanced", [{"name": "other"}]),
    ("networkMode", "host"),
    ("capabilities", {"drops": ["ALL"], "adds": ["CAP_CHOWN"]}),
    ("capabilities", None),
    ("cpus", "0.50"),
    ("cpus", None),
    ("logOpts", {"max-size": "20m"}),
    ("logDriver", "local"),
    ("user", "1000"),
    ("hostname", "other"),
    ("workingDir", "/other"),
    ("readOnly", True),
    ("privileged", True),
    ("securityOpts", ["no-new-privileges:true"]),
    ("ulimits", [{"name": "nofile", "soft": 1, "hard": 2}]),
    ("hosts", [{"host": "a", "ip": "192.0.2.1"}]),
    ("dns", ["192.0.2.53"]),
    ("sysctls", {"net.core.somaxconn": "1"}),
    ("stopSignal", "SIGINT"),
    ("stopTimeout", 7),
    ("shmSize", 32),
    ("groupAdds", ["1"]),
    ("pidMode", "host"),
    ("ipcMode", "host"),
    ("devices", [{"hostPath": "/dev/null"}]),
    ("uploads", [{"file": "/a", "content": "b"}]),
    ("tty", True),
    ("stdinOpen", True),
    ("publishAllPorts", True),
    ("domainname", "example.test"),
]
_IN_PLACE = [
    ("memory", 48),
    ("memory", UNKNOWN),
    ("memorySwap", 64),
    ("memorySwap", None),
    ("memoryReservation", 8),
    ("restart", "always"),
    ("maxRetryCount", 3),
    ("cpuShares", 100),
    ("cpuSet", "0"),
    ("destroyGraceSeconds", 30),
    ("mustRun", False),
    ("start", False),
    ("healthcheck", {"tests": ["CMD", "false"]}),
    ("tmpfs", {"/run": "size=1m"}),
    ("init", True),
    ("cpuPeriod", 1000),
    ("rm", True),
    ("removeVolumes", False),
    ("wait", True),
    ("attach", True),
]


_UNNOTICED = [
    ("envs", ["B=2", "A=1"]),
    ("envs", None),
    ("labels", [{"label": "b", "value": "2"}, {"label": "a", "value": "1"}]),
    ("labels", None),
    ("command", None),
    ("healthcheck", None),
    ("hostname", None),
    ("user", None),
    ("user", ""),
    ("privileged", False),
    ("readOnly", False),
    ("runtime", "runc"),
    ("shmSize", 64),
]

_LABELS = [{"label": "a", "value": "1"}]
_NETWORK: Properties = {"labels": _LABELS, "ipamConfigs": [{"subnet": "10.77.41.0/24"}]}


@pytest.fixture(scope="module")
def container(plugin: Client, image: str) -> Iterator[Resource]:
    """Return a container that no test changes."""
    yield from _lent(plugin, CONTAINER, _CONTAINER | {"image": image})


@pytest.fixture(scope="module")
def network(plugin: Client) -> Iterator[Resource]:
    """Return a network that no test changes."""
    yield from _lent(plugin, NETWORK, _NETWORK)


@pytest.fixture(scope="module")
def volume(plugin: Client) -> Iterator[Resource]:
    """Return a volume that no test changes."""
    yield from _lent(plugin, VOLUME, {"labels": _LABELS})


@pytest.mark.parametrize(("field", "value"), _REPLACING)
def test_change_replaces_the_container_which_is_removed_first(
    plugin: Client, container: Resource, field: str, value: object
) -> None:
    difference = plugin.difference(container, _changed(container, field, value))
    assert difference.replaces == (field,)
    assert difference.delete_before_replace


@pytest.mark.parametrize(("field", "value"), _UNNOTICED)
def test_what_says_the_same_or_leaves_it_to_the_server_is_no_change(
    plugin: Client, container: Resource, field: str, value: object
) -> None:
    assert not plugin.difference(container, _changed(container, field, value)).changed


def test_mounts_that_are_as_many_as_before_are_changed_in_the_state_alone(plugin: Client, container: Resource) -> None:
    difference = plugin.difference(container, _changed(container, "mounts", [_MOUNTS[0] | {"target": "/other"}]))
    assert difference.changed
    assert difference.replaces == (), "so a program has to ask for the replacement itself: replace_on_changes"


@pytest.mark.parametrize(("field", "value"), _IN_PLACE)
def test_change_of_a_container_is_made_in_place(plugin: Client, container: Resource, field: str, value: object) -> None:
    difference = plugin.difference(container, _changed(container, field, value))
    assert difference.changed
    assert difference.replaces == ()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "another"),
        ("labels", [{"label": "a", "value": "2"}]),
        ("labels", None),
        ("ipamConfigs", [{"subnet": "10.77.42.0/24"}]),
        ("internal", True),
        ("attachable", True),
        ("ipv6", True),
        ("driver", "macvlan"),
        ("options", {"com.docker.network.bridge.name": "br-x"}),
    ],
)
def test_change_replaces_the_network(plugin: Client, network: Resource, field: str, value: object) -> None:
    difference = plugin.difference(network, _changed(network, field, value))
    assert difference.replaces == (field,)
    assert difference.delete_before_replace, "two networks of one name cannot exist side by side"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "another"),
        ("labels", [{"label": "a", "value": "2"}]),
        ("labels", None),
        ("driver", "other"),
        ("driverOpts", {"type": "tmpfs"}),
    ],
)
def test_change_replaces_the_volume_and_so_loses_its_data(
    plugin: Client, volume: Resource, field: str, value: object
) -> None:
    difference = plugin.difference(volume, _changed(volume, field, value))
    assert difference.replaces == (field,)
    assert difference.delete_before_replace


def _lent(plugin: Client, token: str, wanted: Properties) -> Iterator[Resource]:
    created = plugin.create(token, wanted | {"name": f"standin-test-{uuid.uuid4().hex[:8]}"})
    yield created
    plugin.delete(created)


def _changed(resource: Resource, field: str, value: object) -> Properties:
    """Return the inputs with another value, or without the field where the value is None."""
    kept = {name: old for name, old in resource.inputs.items() if name != field and not name.startswith("__")}
    return kept if value is None else kept | {field: value}
