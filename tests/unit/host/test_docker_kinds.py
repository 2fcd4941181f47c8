"""Attachments, images and vacated names, by an engine that is told what to say."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.host.agent import image, places
from infra.host.agent.image import Image
from infra.host.agent.kind import AgentError
from infra.host.agent.network_attachment import NetworkAttachment
from infra.host.agent.vacate import vacate
from tests.unit.host.conftest import lines
from tests.unit.host.docker_engine import DockerEngine

REFERENCE = "registry.test/web@sha256:" + "a" * 64
Command = Callable[..., Path]


def attached(*aliases: str) -> dict[str, Any]:
    return {"shop": {"Aliases": ["edge-id", "edge", *aliases]}}


def changes(engine: DockerEngine) -> list[tuple[str, str]]:
    return [(method, path) for method, path, _ in engine.asked if method != "GET"]


def test_a_container_outside_the_network_is_not_attached(docker_engine: DockerEngine) -> None:
    docker_engine.container("edge", {})
    assert NetworkAttachment(network="shop", container="edge").read() is None


def test_names_docker_adds_by_itself_are_no_drift(docker_engine: DockerEngine) -> None:
    docker_engine.container("edge", {}, networks=attached("web", "api"))
    attachment = NetworkAttachment(network="shop", container="edge", aliases=("web", "api"))
    assert attachment.read() == {"aliases": ("web", "api")}
    attachment.apply()
    assert changes(docker_engine) == []


def test_a_container_is_connected_by_its_names(docker_engine: DockerEngine) -> None:
    docker_engine.container("edge", {})
    docker_engine.replies["POST", "/networks/shop/connect"] = {"ok": True}
    NetworkAttachment(network="shop", container="edge", aliases=("web",)).apply()
    wanted = {"Container": "edge", "EndpointConfig": {"Aliases": ["web"]}}
    assert docker_engine.asked[-1] == ("POST", "/networks/shop/connect", wanted)


def test_changed_names_reconnect_the_container(docker_engine: DockerEngine) -> None:
    docker_engine.container("edge", {}, networks=attached("web"))
    for verb in ("connect", "disconnect"):
        docker_engine.replies["POST", f"/networks/shop/{verb}"] = {"ok": True}
    NetworkAttachment(network="shop", container="edge", aliases=("web", "api")).apply()
    assert [path for _, path in changes(docker_engine)] == ["/networks/shop/disconnect", "/networks/shop/connect"]


def test_a_network_that_is_not_there_is_told(docker_engine: DockerEngine) -> None:
    docker_engine.container("edge", {})
    with pytest.raises(AgentError, match=r"edge cannot join shop on server\.test"):
        NetworkAttachment(network="shop", container="edge").apply()


def test_detaching_what_is_not_attached_succeeds(docker_engine: DockerEngine) -> None:
    NetworkAttachment(network="shop", container="edge").remove()
    assert changes(docker_engine) == []


@pytest.fixture
def registry(docker_engine: DockerEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the mark by which the engine has the image."""
    mark = tmp_path / "pulled"
    described = {"Architecture": "amd64"}
    docker_engine.replies["GET", f"/images/{REFERENCE}/json"] = lambda: described if mark.exists() else None
    docker_engine.replies["GET", "/version"] = {"Arch": "amd64"}
    monkeypatch.setattr(image, "_PAUSES_SECONDS", (0, 0))
    monkeypatch.setattr(places, "DOCKER_CONFIG", tmp_path / "logins")
    return mark


def test_an_image_is_pulled_once(registry: Path, command: Command, request_sent: list[dict[str, Any]]) -> None:
    log = command("docker", f"touch {registry}")
    assert Image(reference=REFERENCE).read() is None
    Image(reference=REFERENCE).apply()
    Image(reference=REFERENCE).apply()
    assert lines(log) == [f"pull --quiet {REFERENCE}"]
    assert [message["status"] for message in request_sent] == [f"pulling {REFERENCE}"]


def test_the_logins_of_the_server_are_used_where_there_are_any(registry: Path, command: Command) -> None:
    places.DOCKER_CONFIG.mkdir()
    log = command("docker", f"touch {registry}")
    Image(reference=REFERENCE).apply()
    assert lines(log)[0].startswith(f"--config {places.DOCKER_CONFIG} pull")


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize(
    ("complaint", "sentence"),
    [
        (
            "unauthorized: authentication required",
            r"registry registry\.test refused the login of server\.test .*: see .* `slipway:registries`",
        ),
        (
            "x509: certificate has expired or is not yet valid: current time 2020-01-01 is before 2026-01-01",
            r"clock of server\.test the certificate of the registry registry\.test is not valid: see .*timedatectl",
        ),
        ("manifest unknown: manifest unknown", "there is no image registry.*: push it"),
        ("no matching manifest for linux/amd64 in the manifest list", "no image for the architecture"),
        ("write /var/lib/docker/x: no space left on device", r"no space left on server\.test for registry"),
    ],
)
def test_a_lasting_fault_is_told_after_one_try(command: Command, complaint: str, sentence: str) -> None:
    log = command("docker", f"echo '{complaint}' >&2; exit 1")
    with pytest.raises(AgentError, match=sentence):
        Image(reference=REFERENCE).apply()
    assert len(lines(log)) == 1


@pytest.mark.usefixtures("registry")
def test_a_passing_fault_is_tried_three_times(command: Command) -> None:
    log = command("docker", "echo 'connection reset by peer' >&2; exit 1")
    with pytest.raises(AgentError, match="connection reset by peer"):
        Image(reference=REFERENCE).apply()
    assert len(lines(log)) == 3


def test_an_image_for_another_architecture_is_told(registry: Path, docker_engine: DockerEngine) -> None:
    registry.touch()
    docker_engine.replies["GET", "/version"] = {"Arch": "arm64"}
    with pytest.raises(AgentError, match=r"is for amd64, server\.test is arm64"):
        Image(reference=REFERENCE).apply()


def test_a_removed_image_stays(docker_engine: DockerEngine) -> None:
    Image(reference=REFERENCE).remove()
    assert docker_engine.asked == []


@pytest.mark.usefixtures("routes")
def test_a_stray_container_of_the_product_is_stopped_and_removed(docker_engine: DockerEngine) -> None:
    docker_engine.container("web", {}, labels={"slipway.product": "shop"})
    docker_engine.replies["POST", "/containers/web-id/stop"] = {"ok": True}
    docker_engine.replies["DELETE", "/containers/web-id"] = {"ok": True}
    assert vacate("container", "web", "shop") == {"removed": True}
    assert changes(docker_engine) == [("POST", "/containers/web-id/stop"), ("DELETE", "/containers/web-id")]


@pytest.mark.usefixtures("docker_engine")
def test_where_nothing_is_nothing_is_vacated() -> None:
    assert vacate("container", "web", "shop") == {"removed": False}


@pytest.mark.parametrize(
    ("labels", "whose"), [({}, "not made by Slipway"), ({"slipway.product": "blog"}, "product blog")]
)
def test_what_is_not_the_products_is_left(docker_engine: DockerEngine, labels: dict[str, str], whose: str) -> None:
    docker_engine.container("web", {}, labels=labels)
    with pytest.raises(AgentError, match=whose):
        vacate("container", "web", "shop")
    assert changes(docker_engine) == []


def test_a_container_that_serves_is_left(docker_engine: DockerEngine, routes: Path) -> None:
    docker_engine.container("web", {}, labels={"slipway.product": "shop"})
    (routes / "dev-shop-web.yaml").write_text("# container=web release=r1 revision=1\n")
    with pytest.raises(AgentError, match="serves dev-shop-web"):
        vacate("container", "web", "shop")
    assert changes(docker_engine) == []


def test_networks_of_one_name_are_removed_by_id_and_similar_names_left(docker_engine: DockerEngine) -> None:
    labels = {"slipway.product": "shop"}
    names = {"1": "net", "2": "net", "3": "net-other"}
    docker_engine.replies["GET", "/networks"] = [{"Id": i, "Name": name, "Labels": labels} for i, name in names.items()]
    for number in names:
        docker_engine.replies["DELETE", f"/networks/{number}"] = {"ok": True}
    assert vacate("network", "net", "shop") == {"removed": True}
    assert changes(docker_engine) == [("DELETE", "/networks/1"), ("DELETE", "/networks/2")]
