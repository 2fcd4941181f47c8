"""What a product registers."""

from dataclasses import replace
from typing import Any

from infra.compose.keeping import Keeping
from infra.compose.mount import Mount
from infra.compose.project import Dependency, Network, Project, SecretFile, Service, Volume
from infra.edge import Acme, Edge, EdgeArgs
from infra.edge.container import CONTAINER
from infra.host.agent import serving
from infra.host.ssh import Connection
from infra.ingress.rules import PublicRule, Redirect, Stream
from infra.server import Server, ServerArgs
from infra.services import Ingress, Login, Origin, Product, ProductArgs, PublishedPort, Secret
from tests.harness import Registered, one, render, rendered_once
from tests.unit.services.test_container import service

DIGEST = f"@sha256:{'0' * 64}"
CONNECTION = Connection(
    host="192.0.2.1",
    port=22,
    user="deploy",
    bootstrap_user="root",
    identity_file="",
    host_key="ssh-ed25519 AAAA",
    known_hosts="",
)
DATABASE = service(name="db", mounts=(Mount(kind="volume", source="data", target="/data"),), expose=())


@rendered_once
def shop(*services: Service, edge: bool = True, **changes: Any) -> list[Registered]:
    """Render a product of these services on a server."""

    def program() -> None:
        server = Server("main", ServerArgs(connection=CONNECTION, admin_keys=["ssh-ed25519 AAAA ops"]))
        arguments: dict[str, Any] = {
            "stack": "dev",
            "project": Project(
                services={each.name: each for each in services},
                networks={"default": Network(name="default")},
                volumes={"data": Volume(name="data")},
            ),
            "images": {each.name: f"registry.example.com/{each.name}{DIGEST}" for each in services},
            "secrets": {"token": Secret(value="canary", version="1")},
            "ingress": [Ingress(service="web", rule=PublicRule(host="shop.example.com", path="/", port=8000))],
            "subnet": "10.213.7.0/24",
            "server": server,
            "ready": server,
            "edge": an_edge(server) if edge else None,
        }
        Product("shop", ProductArgs(**{**arguments, **changes}))

    return render(program)


def an_edge(server: Server) -> Edge:
    """Declare the edge of a server."""
    acme = Acme(email="ops@example.com", directory="https://acme.example.com", challenge="tls-alpn-01")
    image = f"traefik{DIGEST}"
    return Edge(
        "edge",
        EdgeArgs(
            stack="dev",
            server=server,
            ready=server,
            image=image,
            acme=acme,
            subnet="10.213.0.0/24",
            subnet_ipv6=None,
            internal_ports=[8000],
        ),
    )


def container(registered: list[Registered], prefix: str) -> Registered:
    found = [each for each in registered if each.type.endswith(":Container") and each.name.startswith(prefix)]
    assert len(found) == 1
    return found[0]


def test_a_rolling_container_carries_its_release_and_a_stateful_one_does_not() -> None:
    registered = shop(service(), DATABASE)
    assert container(registered, "shop-web").inputs["name"].startswith("dev-shop-web-")
    assert container(registered, "shop-db").inputs["name"] == "dev-shop-db"


def test_replicas_start_one_after_another_and_the_edge_leads_to_all() -> None:
    found = shop(service(name="web", replicas=3))
    containers = [each for each in found if each.type.endswith(":Container") and "web" in each.name]
    first = containers[0].inputs["name"]
    assert [each.inputs["name"] for each in containers] == [first, f"{first}-2", f"{first}-3"]
    gates = [each for each in found if each.type.endswith(":Ready") and "web" in each.name]
    assert [each.inputs["decides"] for each in gates] == [False] * 3, "the route does"
    assert gates[1].name in containers[2].dependencies
    route = one(found, ":Route")
    assert serving.upstreams(route.inputs["content"]) == {each.inputs["name"] for each in containers}
    assert route.inputs["container"] == first
    alone = one(shop(service(name="web")), ":Route")
    assert alone.inputs["container"] == first, "another number is no other release"


def test_data_is_protected_and_kept() -> None:
    volume = one(shop(DATABASE), ":Volume")
    assert volume.inputs["name"] == "dev-shop-data"
    assert (volume.protect, volume.retain_on_delete, volume.ignore_changes) == (True, True, ("labels",))


def test_the_policy_pack_is_told_what_is_not_backed_up_and_why() -> None:
    spared = replace(DATABASE, backup=Keeping(none="made anew every night"))
    product = one(shop(spared), ":Product")
    assert product.inputs["spared"] == {"dev-shop-data": "made anew every night"}


def test_the_edge_answers_by_the_name_of_a_routed_service() -> None:
    registered = shop(service(), DATABASE)
    assert one(registered, ":NetworkAttachment").inputs["aliases"] == ["web"]
    assert "aliases" not in container(registered, "shop-web").inputs["networksAdvanced"][0]
    assert container(registered, "shop-db").inputs["networksAdvanced"][0]["aliases"] == ["db"]


def test_a_route_waits_for_the_gate_and_the_gate_for_the_container() -> None:
    registered = shop(service())
    release = container(registered, "shop-web").name
    assert f"{release}-ready" in one(registered, ":Route").dependencies
    assert release in one(registered, ":Ready", f"{release}-ready").dependencies


def test_a_service_waits_for_those_it_depends_on() -> None:
    web = service(depends_on=(Dependency(service="db", condition="service_healthy"),))
    assert "shop-db-ready" in container(shop(web, DATABASE), "shop-web").dependencies


def test_without_an_edge_services_answer_for_themselves() -> None:
    registered = shop(service(), edge=False, ingress=[])
    assert not [each for each in registered if each.type.endswith((":Route", ":NetworkAttachment"))]
    assert container(registered, "shop-web").inputs["networksAdvanced"][0]["aliases"] == ["web"]


def test_a_secret_is_a_file_of_the_user_that_reads_it() -> None:
    web = service(user="1000:1000", secrets=(SecretFile(name="token", path="/run/secrets/token"),))
    file = one(shop(web), ":File", "shop-web-secret-token")
    assert (file.inputs["mode"], file.inputs["owner"], file.secrets) == ("0400", "1000", frozenset({"content"}))


def test_a_secret_composed_into_the_environment_stays_a_secret() -> None:
    web = container(shop(service(environment={"URL": "https://{secret:token}@pay"})), "shop-web")
    assert "envs" in web.secrets
    assert web.inputs["envs"] == ["URL=https://canary@pay"]


def test_strays_are_removed_before_a_container_or_a_network_is_made() -> None:
    registered = shop(service())
    made = [each for each in registered if each.type.endswith((":Container", "network:Network"))]
    assert all(each.hooks for each in made)


def test_nothing_but_the_edge_publishes_a_port() -> None:
    registered = shop(service(), DATABASE)
    published = [each.inputs["name"] for each in registered if each.inputs.get("ports")]
    assert published == [CONTAINER]


def test_docker_is_settled_before_anything_uses_it() -> None:
    registered = shop(DATABASE)
    network = one(registered, "network:Network", "shop-network-default")
    assert "main-docker-service" in network.dependencies


def test_the_login_is_a_secret_that_only_the_edge_can_read() -> None:
    private = Ingress(service="web", rule=PublicRule(host="shop.example.com", port=8000, login=True))
    registered = shop(service(), ingress=[private], login=Login(user="staff", password_hash="$2b$10$canary"))
    file = one(registered, ":File", "shop-edge-login")
    assert file.inputs["path"] == "/srv/slipway/edge/dynamic/dev-shop.login.yaml"
    assert (file.inputs["mode"], file.inputs["owner"], file.secrets) == ("0400", "65532", frozenset({"content"}))
    assert "canary" not in one(registered, ":Route").inputs["content"]


def test_a_route_waits_for_what_it_names() -> None:
    registered = shop(service(), login=Login(user="staff", password_hash="$2b$10$canary"))
    container_of_web = container(registered, "shop-web")
    assert {"shop-edge-login", "shop-edge-product"} <= container_of_web.dependencies


def test_maintenance_changes_the_route_and_no_container() -> None:
    usual, closed = shop(service()), shop(service(), maintenance=True)
    assert container(usual, "shop-web").name == container(closed, "shop-web").name
    assert "dev-shop-maintenance" in one(closed, ":Route").inputs["content"]
    assert "dev-shop-maintenance" not in one(usual, ":Route").inputs["content"]


def test_redirects_alone_need_no_service_behind_the_edge() -> None:
    moved = Redirect(host="www.example.com", path="", to="https://shop.example.com", permanent=True)
    registered = shop(DATABASE, ingress=[], redirects=[moved])
    assert "www.example.com" in one(registered, ":File", "shop-edge-product").inputs["content"]
    assert not [each for each in registered if each.type.endswith((":Route", ":NetworkAttachment"))]


def test_a_database_behind_a_port_is_routed_and_called_by_its_neighbours_directly() -> None:
    stream = Stream(listen=5432, protocol="tcp", port=5432)
    registered = shop(DATABASE, ingress=[], published=[PublishedPort(service="db", stream=stream)])
    content = one(registered, ":Route").inputs["content"]
    assert "address: dev-shop-db:5432" in content
    assert one(registered, ":NetworkAttachment").inputs["aliases"] == []
    assert container(registered, "shop-db").inputs["networksAdvanced"][0]["aliases"] == ["db"]


def test_what_decides_a_release_writes_it_down() -> None:
    registered = shop(service(), DATABASE, origins={"web": Origin(tag="v2", revision="4f1c")})
    release = container(registered, "shop-web").name
    route = one(registered, ":Route").inputs
    assert (route["service"], route["tag"], route["revision"], route["strategy"]) == (
        "dev-shop/web",
        "v2",
        "4f1c",
        "rolling",
    )
    assert route["image"] == f"registry.example.com/web{DIGEST}"
    gates = {name: one(registered, ":Ready", name).inputs for name in (f"{release}-ready", "shop-db-ready")}
    assert [gate["decides"] for gate in gates.values()] == [False, True]
    assert gates["shop-db-ready"]["data"] == "dev-shop-data"


def test_the_configuration_is_the_same_whatever_the_image() -> None:
    def config(images: dict[str, str], **changes: Any) -> tuple[str, str]:
        route = one(shop(service(**changes), images=images), ":Route").inputs
        return route["config"], route["release"]

    first, second = (config({"web": f"web@sha256:{digit * 64}"}) for digit in "01")
    assert first[0] == second[0]
    assert first[1] != second[1]
    assert config({"web": f"web@sha256:{'0' * 64}"}, environment={"A": "b"})[0] != first[0]
