"""`slipway status`, with a program in the place of ssh."""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.cli.observer_program import COMMAND, program
from tests.integration.cli.conftest import Program
from tests.integration.cli.test_bans import DEAD, Servers
from tests.unit.cli.conftest import KEY, Slipway

DIGEST = "sha256:" + "0123456789abcdef" * 4
IMAGE = f"registry.test/shop/web@{DIGEST}"
STACK = f"""
config:
  slipway:servers:
    main: {{host: one.test, ssh: {{host_key: "{KEY}"}}, admin_keys: ["{KEY}"]}}
    other: {{host: two.test, ssh: {{host_key: "{KEY}"}}, admin_keys: ["{KEY}"]}}
  slipway:edge: {{acme: {{email: ops@example.com}}}}
  slipway:products:
    shop:
      server: main
      compose: [compose.yaml]
      ingress: [{{host: shop.example.com, service: web, port: 80}}]
    blog: {{server: other, compose: [blog.yaml]}}
"""
COMPOSE = 'services: {web: {image: "registry.test/shop/web", expose: ["80"]}}\n'
BLOG = 'services: {pages: {image: "registry.test/blog/pages"}}\n'
NOW = datetime.now(UTC)


def ago(**span: float) -> str:
    """Return a moment in the past, as servers write it."""
    return (NOW - timedelta(**span)).isoformat(timespec="seconds")


def service(name: str, **container: Any) -> dict[str, Any]:
    """Return a service that is well but for its container's changes."""
    release = {"image": IMAGE, "tag": "v3", "actor": "anna", "end": ago(hours=2), "result": "good"}
    known = {
        "name": f"dev-shop-{name}",
        "status": "running",
        "health": "healthy",
        "restarts": 0,
        "exit_code": 0,
        "oom_killed": False,
        "started": 0,
        "image": IMAGE,
        "release": "3f2a91c0",
    }
    return {"service": name, "ends": False, "container": known | container, "released": release, "last": release}


def answer(product: str, *services: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return what a server says that is well."""
    amount = {"total": 4_000_000_000, "available": 3_000_000_000}
    found = {
        "stack": "dev",
        "product": product,
        "under_way": False,
        "services": list(services),
        "certificates": {},
        "backups": [],
    }
    machine = {"uptime_seconds": 93_600.0, "memory": amount, "disks": [{"path": "/", **amount}]}
    return {
        "now": NOW.timestamp(),
        "machine": {**machine, "reboot_required": False},
        "docker": "",
        "alerts": {"firing": [], "trouble": ""},
        "drift": {},
        "products": [found | changes.pop("product_changes", {})],
        **changes,
    }


@pytest.fixture
def servers(program: Program, project: Path) -> Servers:
    """Return two servers that are well."""
    both = Servers(program, project)
    (project / "Pulumi.dev.yaml").write_text(STACK, encoding="utf-8")
    (project / "compose.yaml").write_text(COMPOSE, encoding="utf-8")
    (project / "blog.yaml").write_text(BLOG, encoding="utf-8")
    tell(both)
    return both


def tell(servers: Servers, main: Any = None, other: Any = None) -> None:
    """Have the servers say something."""
    main = main or answer("shop", service("web"))
    other = other or answer("blog", service("pages"))
    said = {"one.test": main, "two.test": other}
    servers.answer(
        {host: each if isinstance(each, tuple) else (0, json.dumps(each), "") for host, each in said.items()}
    )


def words(text: str) -> str:
    return " ".join(text.split())


def test_when_all_is_well_it_says_so_in_one_call_a_server(slipway: Slipway, servers: Servers) -> None:
    result = slipway("status", "dev")
    assert result.exit_code == 0, result.output
    shown = words(result.stdout)
    assert "main dev one.test 1 d 2 h 25% of 4.0 GB / 25% of 4.0 GB good" in shown
    assert "dev shop web healthy 0 v3 sha256:01234" in shown
    assert re.search(r"\b[23] h \d+ min ago good, by anna", shown)
    assert "Alerts: none fires." in shown
    assert "`slipway drift dev` does" in shown
    assert shown.endswith("All is well.")
    assert sorted(host for host, _ in servers.calls()) == ["one.test", "two.test"]


def test_a_server_that_is_away_hides_nothing_of_the_other(slipway: Slipway, servers: Servers) -> None:
    tell(servers, other=DEAD)
    result = slipway("status", "dev")
    assert result.exit_code == 1
    assert "other dev two.test away" in words(result.stdout)
    assert "dev shop web healthy" in words(result.stdout)
    assert "dev blog pages not known" in words(result.stdout)
    assert "Server other cannot be asked: `slipway doctor dev` says what to do." in words(result.stdout)
    assert result.stderr.startswith("wrong: server other: two.test")


@pytest.mark.parametrize(
    ("container", "said"),
    [
        ({"status": "exited", "exit_code": 137, "oom_killed": True}, "exited with 137, out of memory"),
        ({"health": "unhealthy"}, "unhealthy"),
        ({"status": "restarting", "exit_code": 1}, "restarting with 1"),
    ],
)
def test_a_service_that_is_not_well_is_wrong(
    container: dict[str, Any], said: str, slipway: Slipway, servers: Servers
) -> None:
    tell(servers, answer("shop", service("web", **container)))
    result = slipway("status", "dev")
    assert result.exit_code == 1
    assert f"wrong: service shop/web of dev: {said}" in words(result.stderr)


def test_a_service_without_a_container_is_wrong_unless_it_was_to_end(slipway: Slipway, servers: Servers) -> None:
    gone = {**service("web"), "container": None}
    tell(servers, answer("shop", gone))
    assert "shop/web of dev: not there" in words(slipway("status", "dev").stderr)
    tell(servers, answer("shop", {**gone, "ends": True}))
    assert slipway("status", "dev").exit_code == 0


def test_alerts_backups_certificates_and_drift_are_judged(slipway: Slipway, servers: Servers) -> None:
    alert = {"name": "ContainerDown", "severity": "critical", "product": "shop", "summary": "gone\x1b[31m", "since": ""}
    good = {"end": ago(hours=9), "size": 2_500_000, "exit": 0}
    target = {"name": "disk", "stale_after": 10_800, "last": good, "good": good, "drill": None, "freshness": None}
    product = {
        "backups": [target],
        "certificates": {"shop.example.com": NOW.timestamp() + 5.5 * 86_400, "none.example.com": None},
    }
    said = answer("shop", service("web"), alerts={"firing": [alert], "trouble": ""}, product_changes=product)
    tell(servers, {**said, "drift": {"dev": {"looked": ago(hours=3), "resources": 2}}})
    result = slipway("status", "dev")
    assert result.exit_code == 1
    complaints = words(result.stderr)
    assert "alert ContainerDown on main: gone" in complaints
    assert "backup of shop of dev at disk: too old" in complaints
    assert "certificate of shop.example.com: it ends in 5 d" in complaints
    assert "certificate of none.example.com: there is none" in complaints
    assert "drift of dev on main: 2 as of" in complaints
    assert "\x1b" not in result.output, "what a server says must not steer the terminal"


def test_without_alertmanager_or_prometheus_the_rest_is_shown(slipway: Slipway, servers: Servers) -> None:
    tell(servers, answer("shop", service("web"), alerts=None))
    result = slipway("status", "dev")
    assert result.exit_code == 0
    assert "Alerts: nobody judges on main" in words(result.stdout)
    mute = {"firing": [], "trouble": "Prometheus does not run: nothing new can fire"}
    tell(servers, answer("shop", service("web"), alerts=mute))
    result = slipway("status", "dev")
    assert (result.exit_code, "Prometheus does not run" in words(result.stderr)) == (1, True)
    assert "dev shop web healthy" in words(result.stdout)


def test_a_failed_release_is_shown_and_is_not_wrong(slipway: Slipway, servers: Servers) -> None:
    web = service("web")
    web["last"] = {**web["last"], "result": "failed", "gate": "gate", "reason": "it never got healthy"}
    tell(servers, answer("shop", web))
    result = slipway("status", "dev")
    assert (result.exit_code, "failed at gate: it never got healthy" in words(result.stdout)) == (0, True)


def test_json_has_everything(slipway: Slipway, servers: Servers) -> None:
    tell(servers, other=DEAD)
    result = slipway("status", "dev", "--json")
    data = json.loads(result.stdout)
    assert set(data) == {
        "stacks",
        "servers",
        "services",
        "alerts",
        "backups",
        "certificates",
        "drift",
        "backed_up",
        "wrong",
    }
    assert [each["reachable"] for each in data["servers"]] == [True, False]
    assert {each["service"]: each["state"] for each in data["services"]} == {
        "web": "healthy",
        "pages": "not known",
        "traefik": "not known",
    }
    assert len(data["wrong"]) == 1
    assert result.exit_code == 1


def test_of_each_server_that_is_away_it_is_said_which_doctor_knows_it(
    slipway: Slipway, servers: Servers, project: Path
) -> None:
    elsewhere = STACK.replace("one.test", "three.test").replace("two.test", "four.test")
    (project / "Pulumi.next.yaml").write_text(elsewhere, encoding="utf-8")
    servers.answer({".test": DEAD})
    shown = words(slipway("status").stdout)
    for stack in ("dev", "next"):
        assert f"Server main cannot be asked: `slipway doctor {stack}` says what to do." in shown


def test_all_stacks_are_looked_at_and_one_with_a_mistake_hides_no_other(
    slipway: Slipway, servers: Servers, project: Path
) -> None:
    (project / "Pulumi.broken.yaml").write_text("config: {slipway:servers: 7}\n", encoding="utf-8")
    result = slipway("status")
    assert result.exit_code == 1
    assert "wrong: broken: Pulumi.broken.yaml" in words(result.stderr)
    assert "dev shop web healthy" in words(result.stdout)
    assert len(servers.calls()) == 2


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("", "Backups: none are declared (`slipway:backups`)."),
        ("  slipway:backups: {targets: {disk: {path: /srv/backups}}}\n", "Backups: those of dev are declared, and no"),
    ],
)
def test_what_is_declared_is_not_denied_while_no_server_answers(
    section: str, said: str, slipway: Slipway, servers: Servers, project: Path
) -> None:
    (project / "Pulumi.dev.yaml").write_text(STACK + section, encoding="utf-8")
    tell(servers, main=DEAD, other=DEAD)
    shown = words(slipway("status", "dev").stdout)
    assert said in shown
    assert "nobody has looked" not in shown, "of a server that is away that is not known"


def test_an_unknown_stack_is_usage(slipway: Slipway, servers: Servers) -> None:
    result = slipway("status", "dve")
    assert (result.exit_code, "did you mean `dev`" in result.stderr) == (2, True)
    assert not (servers.bin / "calls").exists()


def test_the_program_runs_where_nothing_is_installed() -> None:
    declared = {"stack": "dev", "products": {"shop": {"services": {"web": {"ends": False}}, "hosts": ["a.test"]}}}
    command = [sys.executable, *COMMAND[1:]]
    done = subprocess.run(command, input=program("look", [declared]), capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert found["machine"]["memory"]["total"] > 0
    assert [each["service"] for each in found["products"][0]["services"]] == ["web"]
