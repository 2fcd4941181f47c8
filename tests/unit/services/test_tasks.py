"""Migrations and jobs of a service: containers that are prepared, and what starts them."""

import shlex
from dataclasses import replace
from typing import Any

import pytest

from infra.compose.databases import Partitions
from infra.compose.mount import Mount
from infra.compose.project import Dependency, PublishedPort, SecretFile, Service, ServiceNetwork
from infra.compose.quantities import Duration
from infra.compose.tasks import Job, Migration
from infra.services import container as rendered
from tests.harness import Registered, one
from tests.unit.services.test_container import service
from tests.unit.services.test_product import DATABASE, DIGEST, container, shop

UPGRADE = Migration(command=("db", "upgrade"), phase="contract", timeout=Duration(90_000))
REPORT = Job(name="report", schedule="Mon..Fri 09:30", command=("report",), timeout=Duration(600_000))
HIDDEN = ("name", "command", "labels", "healthcheck", "restart", "mustRun", "start", "networksAdvanced", "ports")


def released(**changes: Any) -> list[Registered]:
    """Render a product whose service migrates and has a job."""
    return shop(service(**{"migrate": UPGRADE, "jobs": (REPORT,), **changes}))


def serving(registered: list[Registered]) -> Registered:
    """Return the container of the service itself."""
    found = [each for each in registered if each.type.endswith(":Container") and "-web" in each.name]
    return next(each for each in found if "start" not in each.inputs)


@pytest.mark.parametrize("task", ["migrate", "job-report"])
def test_a_prepared_container_is_that_of_the_service_with_another_command(task: str) -> None:
    registered = released(
        environment={"URL": "https://{secret:token}@pay"},
        user="1000:1000",
        secrets=(SecretFile(name="token", path="/run/secrets/token"),),
        entrypoint=("/entry",),
        tmpfs={"/tmp": ""},
    )
    prepared, own = container(registered, f"shop-web.{task}-"), serving(registered)
    assert {name: value for name, value in prepared.inputs.items() if name not in HIDDEN} == {
        name: value for name, value in own.inputs.items() if name not in HIDDEN
    }
    assert prepared.secrets == own.secrets >= {"envs"}
    assert prepared.inputs["command"] == (["db", "upgrade"] if task == "migrate" else ["report"])
    assert prepared.hooks, "a stray of a killed run would be in the way"


@pytest.mark.parametrize("task", ["migrate", "job-report"])
def test_a_prepared_container_is_not_started_and_nobody_reaches_it(task: str) -> None:
    port = PublishedPort(address="127.0.0.1", published=8080, target=80)
    network = ServiceNetwork(name="default", aliases=("shop",), address="10.213.7.9")
    registered = released(networks=(network,), published=(port,), restart="always", tty=True, stdin_open=True)
    inputs = container(registered, f"shop-web.{task}-").inputs
    assert (inputs["start"], inputs["mustRun"]) == (False, False)
    assert inputs["healthcheck"] == {"tests": ["NONE"]}
    assert inputs["networksAdvanced"] == [{"name": "dev-shop"}]
    assert not inputs.keys() & {"restart", "ports", "tty", "stdinOpen"}


def test_a_service_starts_only_when_its_database_is_migrated() -> None:
    registered = released(jobs=())
    migration, prepared = one(registered, ":Migration"), container(registered, "shop-web.migrate-")
    assert prepared.name in migration.dependencies
    assert migration.name in serving(registered).dependencies
    assert migration.inputs["container"] == prepared.inputs["name"]
    assert (migration.inputs["service"], migration.inputs["image"]) == (
        "dev-shop/web",
        f"registry.example.com/web{DIGEST}",
    )
    assert (migration.inputs["command"], migration.inputs["phase"], migration.inputs["timeout"]) == (
        ["db", "upgrade"],
        "contract",
        90,
    )


def test_a_migration_waits_for_what_the_service_waits_for() -> None:
    web = service(migrate=UPGRADE, depends_on=(Dependency(service="db", condition="service_healthy"),))
    prepared = container(shop(web, DATABASE), "shop-web.migrate-")
    assert {"shop-db-ready", "shop-web-image", "shop-network-default"} <= prepared.dependencies


def test_a_stop_first_service_migrates_before_it_stops() -> None:
    stateful = released(mounts=(Mount(kind="volume", source="data", target="/data"),), expose=(), jobs=())
    own = one(stateful, ":Container", "shop-web")
    assert own.inputs["name"] == "dev-shop-web"
    assert "shop-web-migration" in own.dependencies


def test_a_job_goes_over_to_a_release_only_when_that_is_good() -> None:
    registered = released(migrate=None)
    job, prepared = one(registered, ":Job"), container(registered, "shop-web.job-report-")
    assert job.name == "shop-web-job-report"
    assert {f"{prepared.name}-ready", "shop-web-route"} <= job.dependencies
    gate = one(registered, ":Ready", f"{prepared.name}-ready").inputs
    assert (gate["container"], gate["condition"], gate.get("decides")) == (prepared.inputs["name"], "prepared", None)
    assert {name: job.inputs[name] for name in ("name", "calendar", "container", "runner", "timeout", "grace")} == {
        "name": "dev-shop-web-report",
        "calendar": "Mon..Fri 09:30",
        "container": prepared.inputs["name"],
        "runner": "/usr/local/lib/slipway/run-job",
        "timeout": 600,
        "grace": 30,
    }


def test_the_runner_of_jobs_is_on_every_server() -> None:
    files = [each.inputs["path"] for each in released() if each.type.endswith(":File")]
    assert "/usr/local/lib/slipway/run-job" in files


def names(web: Service, prefix: str, image: str = "0") -> str:
    """Return the name of a prepared container."""
    registered = shop(web, images={"web": f"web@sha256:{image * 64}"})
    return str(container(registered, prefix).inputs["name"])


def test_a_prepared_container_is_named_after_what_it_is_made_of() -> None:
    plain = service(migrate=UPGRADE, jobs=(REPORT,))
    changes = {
        "image": names(plain, "shop-web.migrate-", image="1"),
        "command": names(
            service(migrate=Migration(command=("db",), phase="expand", timeout=Duration(1_000))), "shop-web.migrate-"
        ),
        "environment": names(service(migrate=UPGRADE, environment={"A": "b"}), "shop-web.migrate-"),
        "nothing": names(plain, "shop-web.migrate-"),
    }
    assert len(set(changes.values())) == len(changes)
    assert all(name.startswith("dev-shop-web-migrate-") for name in changes.values())
    assert names(service(migrate=UPGRADE, healthcheck=None), "shop-web.migrate-") == changes["nothing"]
    assert names(plain, "shop-web.job-report-").startswith("dev-shop-web-job-report-")


def test_a_service_without_tasks_has_none() -> None:
    registered = shop(service())
    assert not [each for each in registered if each.type.endswith((":Migration", ":Job"))]
    assert all("start" not in each.inputs for each in registered if each.type.endswith(":Container"))


def test_what_is_migrated_does_not_change_the_release_of_the_service() -> None:
    assert serving(released()).name == container(shop(service()), "shop-web").name


EVENTS = Partitions(table="events", ahead=3, database=None, time_zone="UTC")
ODD = Partitions(table="au dit.Ev'ents; exit", ahead=6, database="other", time_zone="Europe/Berlin")


def partitioned() -> list[Registered]:
    """Render a product with a database whose partitions are made ahead."""
    mount = Mount(kind="volume", source="data", target="/var/lib/postgresql/data")
    database = service(name="db", image="postgres:17", expose=(), mounts=(mount,), partitions=(EVENTS, ODD))
    return shop(database, ingress=[])


def test_partitions_are_made_by_a_timer_in_the_container_that_serves() -> None:
    registered = partitioned()
    timer = one(registered, ":Timer", "shop-db-partitions")
    script = one(registered, ":File", "shop-db-partitions-script")
    assert timer.inputs["name"] == "dev-shop-db-partitions"
    assert timer.inputs["command"] == [
        *("/usr/bin/python3", "-I", "-B", "/usr/local/lib/slipway/run-job", "dev-shop-db"),
        *("/var/lib/slipway/jobs/dev-shop-db.partitions.jsonl", "3600", "10", "/srv/slipway/dev-shop/partitions/db"),
    ]
    assert script.inputs["path"] == "/srv/slipway/dev-shop/partitions/db"
    assert {script.name, "shop-db-ready"} <= timer.dependencies
    assert container(registered, "shop-db").inputs["name"] == "dev-shop-db"


def test_the_script_names_each_table_as_it_is_written() -> None:
    content = str(one(partitioned(), ":File", "shop-db-partitions-script").inputs["content"])
    *_, first, second, last = content.splitlines()
    assert shlex.split(first) == ["make_partitions", "", "events", "3", "", "UTC"]
    assert shlex.split(second) == ["make_partitions", "au dit", "Ev'ents; exit", "6", "other", "Europe/Berlin"]
    assert last == "finish"


def test_partitions_are_no_part_of_the_release() -> None:
    plain = replace(service(name="db", image="postgres:17", expose=()), partitions=(EVENTS,))
    releases = {
        rendered.release(rendered.container(each, image="i", prefix="p", aliases=()), {})
        for each in (plain, replace(plain, partitions=()))
    }
    assert len(releases) == 1, "the database would stop and start for another table"
