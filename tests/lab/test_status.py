"""What is seen of the shop on a real server: by status, by logs, and by the observer's own program."""

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from infra.monitoring.observers import program
from infra.monitoring.render import UNIT, declared_text, unit
from tests.lab.conftest import Workshop
from tests.lab.server import LabServer
from tests.lab.shop import Shop

SHOP = Shop("dev")
SERVER = LabServer("dev")
FILE = "/var/lib/slipway/metrics/slipway.prom"
PROGRAM = "/usr/local/lib/slipway/observer"
SELDOM = ("_ROUND_SECONDS: Final = 5.0", "_ROUND_SECONDS: Final = 86400.0")
"""How often the observer looks by itself, and how often it does in these tests."""
DECLARED: dict[str, Any] = {
    "stack": "dev",
    "products": {
        "shop": {
            "services": {name: {"ends": False} for name in ("web", "worker", "db", "cache")},
            "hosts": [SHOP.host],
        },
        "edge": {"services": {"traefik": {"ends": False}}, "hosts": []},
    },
}


def status(dev: Workshop) -> dict[str, Any]:
    """Return what is said of the stack, whatever is wrong."""
    printed = dev.stack.slipway("status", "dev", "--json").output
    found: dict[str, Any] = json.loads(printed[printed.index("{") :])
    return found


def put(path: str, text: str) -> None:
    """Write a file on the server."""
    script = 'mkdir -p "$(dirname "$1")" && cat > "$1"'
    command = ["docker", "exec", "-i", SERVER.described.container, "sh", "-ec", script, "sh", path]
    subprocess.run(command, input=text, text=True, check=True)


@pytest.fixture
def observed() -> Iterator[None]:
    """Run the observer as its unit has it, but that only what Docker tells makes it look: no round comes by itself."""
    texts = {path: text.replace(*SELDOM) for path, text in program().items()}
    assert texts != program()
    for path, text in texts.items():
        put(f"{PROGRAM}/{path}", text)
    put("/etc/slipway/observer/dev.json", declared_text(DECLARED))
    put(f"/etc/systemd/system/{UNIT}", unit())
    SERVER.shell(f"systemctl daemon-reload && systemctl start {UNIT}")
    SERVER.wait_for(f"test -s {FILE}", seconds=300)
    yield
    SERVER.shell(f"systemctl stop {UNIT}; rm -rf {PROGRAM} /etc/slipway/observer /etc/systemd/system/{UNIT} {FILE}")


def metric(name: str, service: str) -> list[float]:
    """Return the values of a metric of a service."""
    lines = SERVER.shell(f"cat {FILE}").splitlines()
    return [
        float(line.split()[-1]) for line in lines if line.startswith(f"{name}{{") and f'service="{service}"' in line
    ]


def test_status_sees_every_service_release_and_certificate(dev: Workshop) -> None:
    # A check of health that a slow moment has failed passes with the next one.
    SERVER.wait_for("! docker ps --format '{{.Status}}' | grep -qE 'starting|unhealthy'", seconds=300)
    found = status(dev)
    assert {each["service"] for each in found["services"]} == {"web", "worker", "db", "cache", "traefik"}
    assert {each["state"] for each in found["services"]} == {"healthy"}
    assert all(each["released"] for each in found["services"] if each["product"] == "shop")
    assert [each["host"] for each in found["certificates"]] == [SHOP.host]
    assert found["certificates"][0]["days_left"] is not None
    assert [each["reachable"] for each in found["servers"]] == [True]


@pytest.mark.exhaustive
def test_status_names_a_service_that_was_stopped(dev: Workshop) -> None:
    SERVER.shell("docker stop dev-shop-cache")
    try:
        assert [each["service"] for each in status(dev)["services"] if each["wrong"]] == ["cache"]
    finally:
        SERVER.shell("docker start dev-shop-cache")


def test_logs_are_read_and_end_by_themselves(dev: Workshop) -> None:
    SHOP.ask("/orders")
    everything = dev.stack.slipway("logs", "dev", "shop", "--tail", "5").expect_success().output
    assert " | " in everything
    assert "db" in dev.stack.slipway("logs", "dev", "shop", "db", "--since", "1d").expect_success().output
    assert dev.stack.slipway("logs", "dev", "shop", "--grep", "no such words anywhere").expect_success().output == ""


@pytest.mark.usefixtures("observed")
def test_the_observer_sees_a_kill_when_docker_tells_of_it_and_writes_one_folder(dev: Workshop) -> None:
    assert metric("slipway_container_up", "web") == [1]
    assert metric("slipway_container_memory_bytes", "db")[0] > 0
    assert metric("slipway_container_cpu_seconds_total", "db")[0] > 0
    assert metric("slipway_releases_total", "web")[0] >= 1
    assert "slipway_certificate_not_after_timestamp_seconds" in SERVER.shell(f"cat {FILE}")
    SERVER.shell("docker kill dev-shop-cache")
    try:
        SERVER.wait_for(f"grep -q 'slipway_container_up{{.*service=\"cache\".* 0$' {FILE}", seconds=300)
    finally:
        SERVER.shell("docker start dev-shop-cache")
    assert SERVER.shell(f"systemctl show --property=NRestarts --value {UNIT}").strip() == "0"
    assert dev.stack.slipway("status", "dev").output


@pytest.mark.exhaustive
@pytest.mark.usefixtures("observed")
def test_the_observer_outlives_a_restart_of_docker(dev: Workshop) -> None:
    SERVER.shell("systemctl restart docker")
    SERVER.wait_for(f"grep -q '^slipway_docker_up 1' {FILE}", seconds=300)
    SERVER.wait_for(f"! grep -q 'slipway_container_up{{.* 0$' {FILE}", seconds=300)
    assert SERVER.shell(f"systemctl show --property=NRestarts --value {UNIT}").strip() == "0"
    dev.stack.preview("--expect-no-changes").expect_success()
