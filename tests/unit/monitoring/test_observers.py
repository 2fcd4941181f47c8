"""What is declared of the observer, and that the program reads what is written for it."""

import json
import re
from pathlib import Path

import pulumi
import pytest

from infra.cli.observer_program import here
from infra.cli.project import Project, read_stack
from infra.compose import project as compose
from infra.host import resources as host
from infra.host.ssh import Connection
from infra.monitoring.observer import declared as reading
from infra.monitoring.observers import Observer, ObserverArgs, program
from infra.monitoring.render import UNIT, declared, unit
from policies.guard.credentials import holds_secret
from stacks.deploy import declare
from stacks.monitoring import monitoring
from stacks.observers import observers
from stacks.platform import platforms
from tests.harness import Registered, one, render
from tests.unit.backups.test_backups import project
from tests.unit.config.conftest import COMPOSE, Stack
from tests.unit.config.test_monitoring import as_watched
from tests.unit.config.test_sharing import as_guest, write
from tests.unit.services.test_container import service

DECLARED = "/etc/slipway/observer/dev.json"


def observer(*, is_guest: bool = False) -> list[Registered]:
    """Render the observer of a server."""

    def declare() -> None:
        provider = host.Provider("main", connection=Connection(host="h", host_key="k"))
        found = declared("dev", {"shop": (whole().services, ["shop.test"])}, {"edge": ["traefik"]})
        Observer(
            "main-observer",
            ObserverArgs(stack="dev", declared=found, provider=provider, ready=provider, is_guest=is_guest),
        )

    return render(declare)


def whole() -> compose.Project:
    """Return the compose files of a product."""
    return project(service(name="web"), service(name="db"))


def test_the_program_reads_what_is_declared() -> None:
    written = next(each for each in observer() if each.inputs.get("path") == DECLARED)
    products = {product.name: product for product in reading.parse(json.loads(written.inputs["content"]))}
    assert [each.name for each in products["shop"].services] == ["db", "web"]
    assert (products["shop"].hosts, products["shop"].prefix) == (("shop.test",), "dev-shop")
    assert [each.name for each in products["edge"].services] == ["traefik"]


def test_the_unit_starts_again_with_every_change_of_the_program() -> None:
    registered = observer()
    sums = one(registered, ":Unit").inputs["restartOn"]
    files = {each.inputs["path"] for each in registered if each.type.endswith(":File")}
    assert set(sums) == files - {DECLARED}, "what is declared is read anew in each round"
    assert one(registered, ":Unit").inputs["name"] == UNIT


def test_a_guest_only_says_what_it_has() -> None:
    registered = observer(is_guest=True)
    assert [each.inputs["path"] for each in registered if each.type.endswith(":File")] == [DECLARED]
    assert not [each for each in registered if each.type.endswith(":Unit")]


def test_the_program_imports_nothing_but_python_and_itself() -> None:
    lines = [line for text in program().values() for line in text.splitlines() if line.startswith(("import ", "from "))]
    assert not [line for line in lines if "infra" in line and "infra.monitoring.observer" not in line]
    assert "__main__.py" in program()


def test_no_two_files_of_the_program_are_one_resource() -> None:
    urns = [each.urn for each in observer()]
    assert sorted(urns) == sorted(set(urns))


def test_nothing_in_the_program_looks_like_a_secret() -> None:
    assert not [path for path, text in program().items() if holds_secret(text)]


@pytest.mark.parametrize("line", ["ProtectSystem=strict", "NoNewPrivileges=yes", "RestrictAddressFamilies=AF_UNIX"])
def test_the_unit_is_hardened(line: str) -> None:
    assert line in unit().splitlines()


def test_the_unit_writes_to_the_folder_of_metrics_alone() -> None:
    assert re.findall("^ReadWritePaths=(.*)$", unit(), re.MULTILINE) == ["/var/lib/slipway/metrics"]


def test_every_server_is_observed_and_told_what_is_on_it(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(COMPOSE, encoding="utf-8")
    stack = Stack(tmp_path)
    del stack.sections["registries"]
    stack.secrets = {}
    settings = stack.load()
    registered = render(lambda: observers(settings, platforms(settings), {"main": ["prometheus"]}))
    written = next(each for each in registered if each.inputs.get("path") == DECLARED)
    found = json.loads(written.inputs["content"])["products"]
    assert sorted(found["shop"]["services"]) == ["db", "web"]
    assert found["shop"]["hosts"] == ["shop.example.com"]
    assert list(found["edge"]["services"]) == ["traefik"]
    assert list(found["monitoring"]["services"]) == ["prometheus"]


def test_status_asks_for_what_is_declared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "compose.yaml").write_text(COMPOSE, encoding="utf-8")
    watched = as_watched(Stack(tmp_path))
    settings = watched.load()

    def program_of_it() -> None:
        pulumi.runtime.set_all_config(watched.secrets, list(watched.secrets))
        declare(settings)

    registered = render(program_of_it)
    written = next(each for each in registered if each.inputs.get("path") == DECLARED)
    write(watched.root, "dev", watched.sections)
    monkeypatch.delenv("SLIPWAY_RELEASES", raising=False)
    asked = here(read_stack(Project(root=watched.root, name="slipway"), "dev"), "main")
    assert asked == json.loads(written.inputs["content"])
    assert "postgres-exporter-shop-db" in asked["products"]["monitoring"]["services"]


def test_a_guest_tells_the_owner_of_its_server_what_it_has_there_without_any_section(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(COMPOSE, encoding="utf-8")
    stack = Stack(tmp_path)
    write(stack.root, "dev", stack.sections)
    stack.name, stack.sections, stack.secrets = "test", as_guest(), {}
    assert stack.releases is not None
    del stack.releases["edge"]
    settings = stack.load()
    found = render(lambda: monitoring(settings, platforms(settings), {}))
    (written,) = (each for each in found if str(each.inputs.get("path", "")).startswith("/etc/slipway/observer"))
    assert written.inputs["path"] == "/etc/slipway/observer/test.json"
    assert sorted(json.loads(written.inputs["content"])["products"]["shop"]["services"]) == ["db", "web"]
    assert not [each for each in found if each.type.endswith(":Unit")], "the program is the owner's"
