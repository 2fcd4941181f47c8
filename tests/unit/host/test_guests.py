"""Owner and guest on a server, by an engine that is told what to say."""

from pathlib import Path
from typing import Any

import pytest

from infra.host.agent import places
from infra.host.agent.hosting import GuestNetworks, Hosting
from infra.host.agent.kind import AgentError
from infra.host.agent.network_attachment import NetworkAttachment
from infra.host.agent.owned_by import OwnedBy
from tests.unit.host.docker_engine import DockerEngine

EDGE = "0-edge-traefik"
SETTINGS = """\
entryPoints:
  web:
    address: :80
  internal-8000:
    address: :8000
  tcp-5432:
    address: :30000/tcp
"""


@pytest.fixture
def keeper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file that names the stack which keeps the server; its edge is there."""
    monkeypatch.setattr(places, "OWNER", tmp_path / "stack")
    monkeypatch.setattr(places, "EDGE_SETTINGS", tmp_path / "traefik.yml")
    places.EDGE_SETTINGS.write_text(SETTINGS, encoding="utf-8")
    places.OWNER.write_text("dev\n", encoding="utf-8")
    return places.OWNER


@pytest.mark.usefixtures("keeper")
def test_a_guest_is_let_in_where_its_owner_has_made_all_ready() -> None:
    guest = OwnedBy(owner="dev", entry_points=("internal-8000", "tcp-5432"))
    guest.apply()
    assert guest.read() == guest.preview() == {}


def test_a_guest_of_somebody_else_is_refused_by_name(keeper: Path) -> None:
    keeper.write_text("prod\n", encoding="utf-8")
    guest = OwnedBy(owner="dev")
    assert guest.read() == {"owner": "prod"}, "a server that changes hands is told as drift"
    for refuse in (guest.apply, guest.preview):
        with pytest.raises(
            AgentError, match=r"server\.test is kept by stack prod, and the stack file says `owner: dev`"
        ):
            refuse()


def test_a_server_that_its_owner_has_not_set_up_is_refused(keeper: Path) -> None:
    keeper.unlink()
    with pytest.raises(AgentError, match=r"kept by no stack yet: run `slipway up dev` first"):
        OwnedBy(owner="dev").apply()


@pytest.mark.usefixtures("keeper")
def test_a_port_that_the_edge_does_not_listen_on_is_told_before_a_route_names_it() -> None:
    guest = OwnedBy(owner="dev", entry_points=("http-9100", "internal-8000"))
    assert guest.read() == {"entry_points": ("internal-8000",)}
    with pytest.raises(AgentError, match=r"does not listen on http-9100 yet: run `slipway up dev` first"):
        guest.apply()
    places.EDGE_SETTINGS.unlink()
    with pytest.raises(AgentError, match=r"does not listen on http-9100, internal-8000 yet"):
        guest.apply()


def listed(name: str, stack: str) -> dict[str, Any]:
    return {"Names": [f"/{name}"], "Labels": {"slipway.stack": stack}}


def test_an_owner_stays_while_guests_have_containers_and_names_them(docker_engine: DockerEngine) -> None:
    docker_engine.replies["GET", "/containers/json"] = [
        listed("test-shop-web-01234567", "test"),
        listed("test-shop-db", "test"),
        listed("dev-shop-db", "dev"),
    ]
    owner = Hosting(stack="dev")
    assert owner.read() == {}
    with pytest.raises(AgentError, match=r"stand on its edge and its firewall: test-shop-db, test-shop-web-01234567\."):
        owner.remove()
    assert docker_engine.queries["/containers/json"]["all"] == ["1"], "a stopped database is one, too"


def test_an_owner_goes_when_only_its_own_containers_are_left(docker_engine: DockerEngine) -> None:
    docker_engine.replies["GET", "/containers/json"] = [listed("dev-shop-db", "dev")]
    Hosting(stack="dev").remove()


def network(engine: DockerEngine, name: str, stack: str) -> None:
    engine.replies["GET", f"/networks/{name}"] = {"Name": name, "Labels": {"slipway.stack": stack}}
    for verb in ("connect", "disconnect"):
        engine.replies["POST", f"/networks/{name}/{verb}"] = {"ok": True}


def connected(engine: DockerEngine) -> list[tuple[str, list[str]]]:
    return [
        (path.split("/")[2], body["EndpointConfig"]["Aliases"])
        for method, path, body in engine.asked
        if method == "POST" and path.endswith("/connect")
    ]


def test_an_edge_that_was_replaced_joins_the_networks_of_guests_by_their_names(docker_engine: DockerEngine) -> None:
    docker_engine.container(EDGE, {})
    for name, stack in (("dev-shop", "dev"), ("test-shop", "test"), ("test-gone", "test")):
        network(docker_engine, name, stack)
        NetworkAttachment(network=name, container=EDGE, aliases=("web", "api")).apply()
    docker_engine.replies["GET", "/networks/test-gone"] = None
    docker_engine.asked.clear()
    guests = GuestNetworks(container=EDGE, stack="dev", container_id="new")
    assert guests.read() == {"container_id": ""}
    guests.apply()
    assert connected(docker_engine) == [("test-shop", ["web", "api"])], "its own stack attaches the others"
    docker_engine.container(EDGE, {}, networks={"test-shop": {"Aliases": ["web", "api"]}})
    docker_engine.asked.clear()
    assert guests.read() == {}
    guests.apply()
    assert connected(docker_engine) == []


def test_a_network_that_was_left_is_not_joined_again(docker_engine: DockerEngine) -> None:
    docker_engine.container(EDGE, {})
    network(docker_engine, "test-shop", "test")
    attachment = NetworkAttachment(network="test-shop", container=EDGE)
    attachment.apply()
    attachment.remove()
    (places.ATTACHMENTS / "broken.json").write_text("[", encoding="utf-8")
    assert GuestNetworks(container=EDGE, stack="dev").read() == {}
