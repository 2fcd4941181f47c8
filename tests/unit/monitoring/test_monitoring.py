"""What is declared of monitoring, from the stack file on."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.edge import container as edge
from infra.monitoring import containers
from infra.monitoring.observer.places import METRICS
from infra.services import poolers
from policies.guard.credentials import holds_secret
from stacks.monitoring import monitoring
from stacks.platform import platforms
from stacks.product import products
from tests.harness import Registered, one, render
from tests.unit.config.conftest import Stack, digest
from tests.unit.config.test_monitoring import MAIL, RULES, TELEGRAM

CANARY = "canary-token"
COMPOSE = """
services:
  web: {image: "registry.example.com/web:1", expose: ["8000"]}
  db: {image: "postgres:17", networks: [inside], volumes: ["data:/var/lib/postgresql/data"]}
  cache: {image: "redis:8"}
networks: {inside: {internal: true}}
volumes: {data: {}}
"""
SERVICES = ("web", "db", "cache")
WATCHERS = (
    *("alertmanager", "blackbox-exporter", "node-exporter", "postgres-exporter", "prometheus", "redis-exporter"),
)
MOST_MEMORY = 350
"""MiB for one server and two products."""


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """Return a stack with a product that has both kinds of databases."""
    monkeypatch.setattr("infra.config.secrets.value", lambda _: CANARY)
    found = Stack(tmp_path)
    (tmp_path / "compose.yaml").write_text(COMPOSE, encoding="utf-8")
    (tmp_path / "rules.yaml").write_text(RULES, encoding="utf-8")
    del found.sections["registries"], found.product["env"], found.product["secrets"]
    found.server["suite"] = "trixie"
    found.secrets = {f"slipway:secret-{name}": CANARY for name in ("stripe-key", "mail", "watchdog")}
    found.encrypted = [*found.secrets]
    found.sections["monitoring"] = {
        "notifications": {
            "telegram": TELEGRAM,
            "email": {**MAIL, "username": "a", "password": {"config": "mail"}},
            "watchdog": {"url": {"config": "watchdog"}},
        },
        "hosts": {"main": "watch.example.com"},
        "rules": {"shop": ["rules.yaml"]},
    }
    found.releases = {
        "shop": {
            name: {"image": f"{image}@{digest('a')}"}
            for name, image in (("web", "registry.example.com/web"), ("db", "postgres"), ("cache", "redis"))
        },
        "edge": {"traefik": {"image": f"traefik@{digest('c')}"}},
        "monitoring": {name: {"image": f"example.com/{name}@{digest('d')}"} for name in WATCHERS},
    }
    return found


def registered(stack: Stack) -> list[Registered]:
    """Return what is registered of monitoring."""
    settings = stack.load()

    def program() -> None:
        servers = platforms(settings)
        made = products(settings, servers)
        monitoring(settings, servers, dict(zip(settings.products, made, strict=True)))

    return [each for each in render(program) if "monitoring" in each.name or "observer-declared" in each.name]


def made(found: list[Registered]) -> dict[str, Registered]:
    """Return the containers by their names on the server."""
    return {str(each.inputs["name"]): each for each in found if each.type.endswith(":Container")}


def files(found: list[Registered], name: str, server: str = "main") -> dict[str, str]:
    """Return the settings of a container."""
    return dict(one(found, ":ContainerFiles", f"{server}-monitoring-files-{name}-settings").inputs["files"])


def test_every_database_of_a_product_has_an_exporter_and_a_target(stack: Stack) -> None:
    found = registered(stack)
    assert set(made(found)) == {
        *(f"dev-monitoring-{name}" for name in ("prometheus", "alertmanager", "node-exporter", "blackbox-exporter")),
        *("dev-monitoring-postgres-exporter-shop-db", "dev-monitoring-redis-exporter-shop-cache"),
    }
    settings = files(found, "prometheus")["prometheus.yml"]
    for target in ("postgres-exporter-shop-db:9187", "redis-exporter-shop-cache:9121", "node-exporter:9100"):
        assert f"dev-monitoring-{target}" in settings
    assert "https://shop.example.com/" in settings


def test_what_is_no_database_server_has_no_exporter_no_image_and_no_memory(stack: Stack) -> None:
    compose = stack.root / "compose.yaml"
    compose.write_text(compose.read_text(encoding="utf-8").replace("data:/var/lib/postgresql/data", "data:/backups"))
    assert stack.releases is not None
    del stack.releases["monitoring"]["postgres-exporter"]
    found = registered(stack)
    assert not any("postgres-exporter" in name for name in made(found))
    assert "postgres-exporter" not in repr(found)
    stack.server["capacity"] = {"memory": "1GiB", "cpus": "2"}
    assert any("monitoring 272 MiB" in line for line in stack.mistakes() if "capacity.memory" in line)


def test_a_redis_that_asks_for_a_password_has_no_exporter_that_could_not_sign_in(stack: Stack) -> None:
    compose = stack.root / "compose.yaml"
    asking = '"redis:8", command: [redis-server, --aclfile, /data/users.acl]'
    compose.write_text(compose.read_text(encoding="utf-8").replace('"redis:8"', asking))
    assert stack.releases is not None
    del stack.releases["monitoring"]["redis-exporter"]
    found = registered(stack)
    assert "dev-monitoring-postgres-exporter-shop-db" in made(found)
    assert "redis-exporter" not in repr(found), "neither a container nor a target, and nothing that is looked for"


def test_nothing_that_watches_is_privileged_or_published(stack: Stack) -> None:
    for name, each in made(registered(stack)).items():
        inputs = each.inputs
        assert "ports" not in inputs, name
        assert inputs["readOnly"] is True
        assert inputs["capabilities"] == {"drops": ["ALL"]}
        assert inputs["securityOpts"] == ["no-new-privileges"]
        assert inputs["user"] == "65531:65531"
        assert inputs["ulimits"] == [{"name": "nproc", "soft": 4096, "hard": 4096}], "all of them together"
        assert inputs["memory"] == inputs["memorySwap"]
        assert inputs["healthcheck"]["tests"][0] == "CMD"
        assert all(mount["source"].startswith(("/srv/slipway/", str(METRICS))) for mount in inputs.get("mounts", []))


def test_nothing_else_on_a_server_is_the_user_of_what_watches(stack: Stack) -> None:
    """RLIMIT_NPROC counts the threads of a user on the whole server."""
    assert str(containers.USER) not in {str(edge.USER), poolers.USER.partition(":")[0], "65534"}
    assert {each.inputs["user"] for each in made(registered(stack)).values()} == {
        f"{containers.USER}:{containers.USER}"
    }


def test_one_server_with_two_products_is_watched_in_350_mib(stack: Stack) -> None:
    stack.sections["products"]["blog"] = {**stack.product, "ingress": []}
    assert stack.releases is not None
    stack.releases["blog"] = stack.releases["shop"]
    component = one(registered(stack), "slipway:monitoring:Monitoring")
    assert sum(each.inputs["memory"] for each in made(registered(stack)).values()) == component.inputs["memory"]
    assert component.inputs["memory"] <= MOST_MEMORY


def test_only_what_tells_people_reaches_the_internet(stack: Stack) -> None:
    found = registered(stack)
    networks = {str(each.inputs["name"]): each.inputs for each in found if each.type.endswith(":Network")}
    assert networks["dev-monitoring"]["internal"] is True
    on = {
        name: {network["name"] for network in each.inputs["networksAdvanced"]} - {"dev-monitoring"}
        for name, each in made(found).items()
    }
    assert {name: networks for name, networks in on.items() if networks} == {
        "dev-monitoring-alertmanager": {"dev-monitoring-outside"},
    }
    joined = {
        str(each.inputs["container"]): each.inputs["network"] for each in found if each.type.endswith("Attachment")
    }
    assert joined == {
        "0-edge-traefik": "dev-monitoring",
        "dev-monitoring-postgres-exporter-shop-db": "dev-shop-inside",
        "dev-monitoring-redis-exporter-shop-cache": "dev-shop",
    }


def test_secrets_are_files_for_one_container_and_in_nothing_else(stack: Stack) -> None:
    found = registered(stack)
    secret = {str(each.inputs["path"]): each for each in found if each.inputs.get("mode") == "0400"}
    folder = "/srv/slipway/dev-monitoring/secrets"
    mine = {path for path in secret if path.startswith(folder)}
    assert mine == {
        *(f"{folder}/alertmanager/{name}" for name in ("telegram-token", "mail-password", "watchdog-url")),
        f"{folder}/postgres-exporter-shop-db/password",
    }
    assert all("content" in secret[path].secrets and secret[path].inputs["owner"] == "65531" for path in mine)
    folders = {str(each.inputs["path"]): each.inputs for each in found if each.type.endswith(":Directory")}
    for each in {path.rpartition("/")[0] for path in mine}:
        assert (folders[each]["mode"], folders[each]["owner"], folders[each]["group"]) == ("0700", "65531", "65531")
    rest = [each for each in found if not ({"content", "secret", "password"} & set(each.secrets))]
    assert CANARY not in repr([each.inputs for each in rest])


def test_the_user_who_measures_sees_what_goes_on_and_none_of_the_data(stack: Stack) -> None:
    user = one(registered(stack), ":DatabaseUser").inputs
    assert (user["container"], user["user"], user["role"]) == ("dev-shop-db", "slipway-monitor", "pg_monitor")


def test_another_rotation_makes_another_password_and_another_exporter_that_reads_it(stack: Stack) -> None:
    def seen() -> tuple[Any, Any, Any]:
        found = registered(stack)
        path = "/srv/slipway/dev-monitoring/secrets/postgres-exporter-shop-db/password"
        (file,) = (each for each in found if each.inputs.get("path") == path)
        user = one(found, ":DatabaseUser").inputs["password"]
        return file.inputs["content"], user, made(found)["dev-monitoring-postgres-exporter-shop-db"].inputs["labels"]

    content, user, labels = seen()
    assert content == user
    stack.sections["monitoring"]["login"] = {"rotation": 2}
    other_content, other_user, other_labels = seen()
    assert other_content == other_user != content
    assert other_labels != labels, "the container would go on with the password that it has read"


def test_measurements_are_shown_behind_a_login_only(stack: Stack) -> None:
    found = registered(stack)
    for service in ("prometheus", "alertmanager"):
        route = one(found, ":File", f"main-monitoring-page-edge-{service}").inputs["content"]
        assert "watch.example.com" in route
        assert "dev-monitoring-login" in route
    login = one(found, ":File", "main-monitoring-page-edge-login")
    assert "content" in login.secrets
    del stack.sections["monitoring"]["hosts"]
    names = {each.name for each in registered(stack)}
    assert "main-monitoring-page-edge-metrics" in names
    assert not {"main-monitoring-page-edge-login", "main-monitoring-page-edge-prometheus"} & names


def test_the_edge_tells_its_metrics_to_what_watches_alone(stack: Stack) -> None:
    subnet = one(registered(stack), "slipway:monitoring:Monitoring").inputs["subnet"]
    content = one(registered(stack), ":File", "main-monitoring-page-edge-metrics").inputs["content"]
    assert f"Host(`edge-metrics`) && ClientIP(`{subnet}`)" in content


def test_settings_are_checked_once_the_image_is_there_that_checks_them(stack: Stack) -> None:
    for each in registered(stack):
        if each.type.endswith(":ContainerFiles"):
            service = str(each.inputs["container"]).removeprefix("dev-monitoring-")
            assert f"main-monitoring-{service}-image" in each.dependencies


def test_channels_are_tried_after_all_else(stack: Stack) -> None:
    found = registered(stack)
    channels = {str(each.inputs["channel"]): each for each in found if each.type.endswith(":AlertChannel")}
    assert channels.keys() == {"telegram", "email", "watchdog"}
    for each in channels.values():
        assert {"main-monitoring-prometheus-ready", "main-monitoring-alertmanager-ready"} <= each.dependencies
        assert "secret" in each.secrets


def test_a_product_in_maintenance_is_not_asked_for_an_answer(stack: Stack) -> None:
    assert "job_name: sites" in files(registered(stack), "prometheus")["prometheus.yml"]
    (stack.root / "releases" / "dev.maintenance.yaml").write_text("- shop\n", encoding="utf-8")
    assert "job_name: sites" not in files(registered(stack), "prometheus")["prometheus.yml"]


def test_a_server_judges_the_alerts_of_its_own_products_alone(stack: Stack) -> None:
    stack.sections["servers"]["other"] = {**stack.server, "host": "192.0.2.2"}
    stack.sections["products"]["blog"] = {**stack.product, "server": "other", "ingress": []}
    (stack.root / "blog.yaml").write_text(RULES.replace("OrdersStopped", "NobodyReads"), encoding="utf-8")
    stack.sections["monitoring"]["rules"]["blog"] = ["blog.yaml"]
    assert stack.releases is not None
    stack.releases["blog"] = stack.releases["shop"]
    found = registered(stack)
    for server, product in (("main", "shop"), ("other", "blog")):
        rules = {name for name in files(found, "prometheus", server) if name.startswith("alerts-product-")}
        assert rules == {f"alerts-product-{product}-0.yaml"}


def test_without_the_section_nothing_watches(stack: Stack) -> None:
    del stack.sections["monitoring"]
    assert stack.releases is not None
    del stack.releases["monitoring"]
    stack.secrets = {}
    assert registered(stack) == []


def test_nothing_that_is_written_looks_like_a_secret(stack: Stack) -> None:
    found = registered(stack)
    texts: dict[str, Any] = {**files(found, "prometheus"), **files(found, "alertmanager"), **files(found, "blackbox")}
    assert not [name for name, text in texts.items() if holds_secret(text)]


def test_dashboards_are_shown_where_they_are_asked_for(stack: Stack) -> None:
    stack.sections["monitoring"]["grafana"] = True
    assert stack.releases is not None
    stack.releases["monitoring"]["grafana"] = {"image": f"example.com/grafana@{digest('d')}"}
    found = registered(stack)
    grafana = made(found)["dev-monitoring-grafana"].inputs
    assert "GF_SERVER_ROOT_URL=https://watch.example.com/grafana/" in grafana["envs"]
    assert {mount["target"] for mount in grafana["mounts"]} == {
        *(f"/etc/grafana/provisioning/{kind}" for kind in ("dashboards", "datasources")),
        "/var/lib/grafana",
    }
    assert "http://dev-monitoring-prometheus:9090" in files(found, "grafana-datasources")["prometheus.yaml"]
    assert "allowUiUpdates: false" in files(found, "grafana-dashboards")["slipway.yaml"]
    assert "dev-monitoring-login" in one(found, ":File", "main-monitoring-page-edge-grafana").inputs["content"]


def test_dashboards_without_a_domain_are_refused(stack: Stack) -> None:
    stack.sections["monitoring"] |= {"grafana": True, "hosts": {}}
    assert any("monitoring.grafana: has nowhere to show anything" in line for line in stack.mistakes())


def test_what_watches_is_itself_looked_for(stack: Stack) -> None:
    found = registered(stack)
    (written,) = [each for each in found if each.inputs.get("path") == "/etc/slipway/observer/dev.json"]
    looked_for = json.loads(written.inputs["content"])["products"]["monitoring"]["services"]
    made = {each.inputs["name"] for each in found if each.type == "docker:index/container:Container"}
    assert {f"dev-monitoring-{name}" for name in looked_for} == {name for name in made if "-monitoring-" in name}
