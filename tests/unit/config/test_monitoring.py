"""Section `slipway:monitoring`: what is refused before anything is changed."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from infra.config.monitoring_settings import MonitoringSettings
from infra.config.section import BY_CONFIG
from tests.certificates import Authority
from tests.unit.config.conftest import COMPOSE, Stack, digest
from tests.unit.config.test_certificates import use
from tests.unit.config.test_sharing import as_guest, write

TELEGRAM = {"chat_id": -100, "token": {"config": "stripe-key"}}
CHAT = "must be the number of the chat, without quotes; of a group it is negative, as in `-1001234567890`"
MAIL = {"smarthost": "mail.example.com:587", "from": "a@example.com", "to": ["b@example.com"]}
KEPT = f"""{COMPOSE.replace("[db_password]}", '[db_password], volumes: ["data:/var/lib/postgresql/data"]}')}
volumes: {{data: {{}}}}
"""
RATE = 'rate(traefik_service_requests_total{service=~"dev-shop.*"}[5m])'
RULES = f"""
groups:
  - name: orders
    rules:
      - alert: OrdersStopped
        expr: {RATE} == 0
        labels: {{severity: warning}}
        annotations: {{summary: nobody orders}}
"""


@pytest.fixture
def watched(stack: Stack) -> Stack:
    """Return a right stack that is watched."""
    return as_watched(stack)


def as_watched(stack: Stack) -> Stack:
    """Have a right stack watched."""
    (stack.root / "compose.yaml").write_text(KEPT, encoding="utf-8")
    stack.sections["monitoring"] = section()
    stack.secrets["slipway:secret-stripe-key"] = "canary-token"
    services = ("alertmanager", "blackbox-exporter", "node-exporter", "postgres-exporter", "prometheus")
    assert stack.releases is not None
    stack.releases["monitoring"] = {name: {"image": f"example.com/{name}@{digest('d')}"} for name in services}
    return stack


def section(**changes: Any) -> dict[str, Any]:
    """Return a right section, changed as asked."""
    return {"notifications": {"telegram": TELEGRAM, "email": MAIL}, **changes}


def found(stack: Stack) -> MonitoringSettings:
    """Return what the components get."""
    monitoring = stack.load().monitoring
    assert monitoring is not None
    return monitoring


def with_rules(stack: Stack, *texts: str) -> Stack:
    """Have a product bring files of rules along."""
    for index, text in enumerate(texts):
        (stack.root / f"rules-{index}.yaml").write_text(text, encoding="utf-8")
    stack.sections["monitoring"]["rules"] = {"shop": [f"rules-{index}.yaml" for index in range(len(texts))]}
    return stack


def test_what_is_not_said_is_kept_for_two_weeks_and_shown_nowhere(watched: Stack) -> None:
    monitoring = found(watched)
    assert (monitoring.days, monitoring.size, monitoring.hosts) == (15, 2048, {})
    assert monitoring.telegram is not None
    assert monitoring.telegram.token == "stripe-key", "the name of the secret, and not the secret"
    assert set(monitoring.subnets) == {"main"}


def test_an_exporter_is_needed_where_there_is_something_to_export(watched: Stack) -> None:
    assert set(found(watched).images) == {
        *("alertmanager", "blackbox-exporter", "node-exporter", "postgres-exporter", "prometheus")
    }
    assert watched.releases is not None
    del watched.releases["monitoring"]["postgres-exporter"]
    assert any("monitoring.postgres-exporter: has no digest" in line for line in watched.mistakes())


@pytest.mark.parametrize("broken", ["compose.yaml", "Pulumi.dev.yaml"])
def test_an_exporter_is_left_alone_while_a_product_cannot_be_read(broken: str, watched: Stack) -> None:
    assert watched.releases is not None
    watched.releases["monitoring"]["redis-exporter"] = watched.releases["monitoring"]["postgres-exporter"]
    (line,) = watched.mistakes()
    assert "monitoring.redis-exporter: the product has no such service" in line
    if broken == "compose.yaml":
        (watched.root / broken).write_text(KEPT.replace("8000", "8000, 1:2:3"), encoding="utf-8")
    else:
        watched.product["memory"] = "much"
    lines = watched.mistakes()
    assert lines[0].startswith(broken)
    assert not [line for line in lines if "exporter" in line]


def test_the_alerts_of_a_product_say_whose_they_are(watched: Stack) -> None:
    text = found(with_rules(watched, RULES)).rules["shop"]["shop-0.yaml"]
    assert '"product": "shop"' in text


@pytest.mark.parametrize(
    ("changes", "mistake"),
    [
        ({"notifications": {}}, "monitoring.notifications: must have `telegram` or `email`"),
        ({"notifications": {"email": {**MAIL, "username": "a"}}}, "needs `username` and `password`"),
        (
            {"notifications": {"email": {**MAIL, "username": "a", "password": {"config": "b"}, "require_tls": False}}},
            "would send the password in the clear",
        ),
        ({"notifications": {"telegram": {**TELEGRAM, "token": {"config": "b"}}}}, "telegram.token.config: is not set"),
        (
            {"notifications": {"telegram": {**TELEGRAM, "token": "canary"}}},
            f"telegram.token: must be a map: {BY_CONFIG}",
        ),
        (
            {"notifications": {"telegram": TELEGRAM, "watchdog": {"url": "https://hc-ping.com/canary"}}},
            f"watchdog.url: must be a map: {BY_CONFIG}",
        ),
        ({"notifications": {"telegram": {**TELEGRAM, "chat_id": 0}}}, f"telegram.chat_id: {CHAT}"),
        ({"notifications": {"telegram": {**TELEGRAM, "chat_id": "@channel"}}}, f"telegram.chat_id: {CHAT}"),
        ({"notifications": {"telegram": {**TELEGRAM, "chat_id": "-100123"}}}, f"telegram.chat_id: {CHAT}"),
        ({"notifications": {"telegram": {**TELEGRAM, "chat_id": True}}}, f"telegram.chat_id: {CHAT}"),
        ({"notifications": {"email": {**MAIL, "smarthost": "mail"}}}, "email.smarthost: must be `host:port`"),
        ({"retention": {"days": 0}}, "monitoring.retention.days: must be at least 1"),
        ({"retention": {"size": 4096, "disk": 6000}}, "monitoring.retention.size: is more than half of the disk, 6000"),
        ({"hosts": {"mian": "w.example.com"}}, "hosts.mian: names no server of this stack's own; did you mean `main`?"),
        ({"hosts": {"main": "shop.example.com"}}, "hosts.main: is a host of product shop"),
        ({"hosts": {"main": "old.example.com"}}, "hosts.main: is a host of product shop"),
        ({"rules": {"shpo": []}}, "rules.shpo: names no product of this stack; did you mean `shop`?"),
        ({"labels": {"severity": "x"}}, "monitoring.labels.severity: must be a label"),
        ({"labels": {"stack": "x"}}, "monitoring.labels.stack: must be a label"),
        ({"runbooks": "example.com"}, "monitoring.runbooks: must be a URL"),
    ],
)
def test_a_mistake_is_named_with_its_place(changes: dict[str, Any], mistake: str, watched: Stack) -> None:
    watched.sections["monitoring"] = section(**changes)
    watched.product["redirects"] = [{"host": "old.example.com", "to": "https://shop.example.com"}]
    assert any(mistake in line and "slipway:" in line for line in watched.mistakes()), watched.mistakes()


@pytest.mark.parametrize("key", ["ingress", "redirects"])
def test_a_host_of_a_guest_shows_nothing_of_the_owner(key: str, watched: Stack) -> None:
    host = "shop.test.example.com"
    found = as_guest(host)
    if key == "redirects":
        found["products"]["shop"]["ingress"][0]["host"] = "new.example.com"
        found["products"]["shop"]["redirects"] = [{"host": host, "to": "https://new.example.com"}]
    write(watched.root, "test", found)
    watched.sections["monitoring"]["hosts"] = {"main": host}
    assert any(
        "slipway:monitoring.hosts.main: is a host of product test/shop: choose another" in line
        for line in watched.mistakes()
    ), watched.mistakes()


def test_a_guest_leaves_the_host_alone_that_the_owner_looks_at(watched: Stack) -> None:
    watched.sections["monitoring"]["hosts"] = {"main": "watch.example.com"}
    write(watched.root, "dev", watched.sections)
    watched.name, watched.sections, watched.secrets = "test", as_guest("watch.example.com"), {}
    assert watched.releases is not None
    del watched.releases["edge"], watched.releases["monitoring"]
    (line,) = watched.mistakes()
    assert "products.shop.ingress[0].host: is a host of product dev/monitoring: a host leads to one product" in line


def test_rules_for_a_product_that_another_stack_watches_are_refused(watched: Stack) -> None:
    second = {**watched.server, "host": "192.0.2.2"}
    write(watched.root, "prod", {**as_guest(), "servers": {"second": second}, "products": {}})
    watched.sections["servers"]["second"] = {"owner": "prod"}
    watched.sections["products"]["blog"] = {"server": "second", "compose": ["blog.yaml"]}
    (watched.root / "blog.yaml").write_text("services: {web: {image: registry.example.com/web:1}}\n", encoding="utf-8")
    with_rules(watched, RULES).sections["monitoring"]["rules"] = {"blog": ["rules-0.yaml"]}
    lines = watched.mistakes()
    assert any("monitoring.rules.blog: has no effect: the product is on a server of another" in line for line in lines)


def test_rules_for_a_product_on_a_server_that_nobody_has_are_not_called_another_stacks(watched: Stack) -> None:
    with_rules(watched, RULES)
    watched.product["server"] = "mian"
    lines = watched.mistakes()
    assert any("products.shop.server: names no server of this stack; did you mean `main`?" in line for line in lines)
    assert not [line for line in lines if "monitoring.rules" in line]


@pytest.mark.parametrize(
    ("address", "is_taken"),
    [
        ("https://telegram.example.com", True),
        ("http://10.214.0.1:8080", True),
        ("http://localhost:8080", True),
        ("http://telegram.example.com", False),
        ("http://10.example.com", False),
        ("http://203.0.114.9", False),
    ],
)
def test_the_token_goes_to_the_chat_by_https_or_not_into_the_internet(
    address: str, watched: Stack, *, is_taken: bool
) -> None:
    watched.sections["monitoring"] = section(notifications={"telegram": {**TELEGRAM, "api_url": address}})
    if is_taken:
        assert found(watched).telegram is not None
    else:
        (line,) = watched.mistakes()
        assert "notifications.telegram.api_url: must be an https address: the token is in the path" in line


def test_a_password_goes_by_the_port_that_is_tls_from_the_first_byte(watched: Stack) -> None:
    login = {"username": "a", "password": {"config": "stripe-key"}, "require_tls": False}
    watched.sections["monitoring"] = section(
        notifications={"email": {**MAIL, **login, "smarthost": "mail.example.com:465"}}
    )
    assert found(watched).mail is not None


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("groups: [", "names a file that cannot be read: line 1"),
        ("groups: []", "names a file with a mistake at groups: must not be empty"),
        (RULES.replace("severity: warning", "severity: loud"), "must have a label `severity`"),
        (RULES.replace("summary", "text"), "must have an annotation `summary`"),
        (
            RULES.replace("traefik_service", "trafeik_service"),
            "on trafeik_service_requests_total, a metric that nobody exports",
        ),
        (RULES.replace("OrdersStopped", "TargetDown"), "has a rule TargetDown, and so has Slipway itself"),
        (
            RULES + RULES.removeprefix("\ngroups:\n"),
            "a mistake at groups: has several groups called orders, which Prometheus refuses: give each a name of its",
        ),
    ],
)
def test_a_rule_that_could_never_tell_anybody_is_refused(text: str, mistake: str, watched: Stack) -> None:
    (line,) = with_rules(watched, text).mistakes()
    assert line.startswith("Pulumi.dev.yaml: slipway:monitoring.rules.shop[0]: ")
    assert mistake in line


@pytest.mark.parametrize("preview", [True, False])
def test_a_file_of_rules_that_does_not_exist_is_a_mistake_at_a_preview_too(watched: Stack, *, preview: bool) -> None:
    watched.preview = preview
    watched.sections["monitoring"]["rules"] = {"shop": ["none.yaml"]}
    at = "slipway:monitoring.rules.shop[0]"
    assert f"Pulumi.dev.yaml: {at}: names none.yaml, which does not exist: it belongs in the repository" in (
        watched.mistakes()
    )


def test_two_rules_of_one_name_are_refused_and_a_recorded_metric_is_known(watched: Stack) -> None:
    recorded = "groups: [{name: a, rules: [{record: shop:errors, expr: up}]}]"
    using = RULES.replace('rate(traefik_service_requests_total{service=~"dev-shop.*"}[5m])', "shop:errors")
    assert found(with_rules(watched, recorded, using)).rules["shop"].keys() == {"shop-0.yaml", "shop-1.yaml"}
    (line,) = with_rules(watched, RULES, RULES).mistakes()
    assert "rules.shop[1]: has a rule OrdersStopped, and so has group orders of product shop: choose" in line


def test_what_promtool_refuses_is_said_in_one_line_where_there_is_promtool(
    watched: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / "promtool"
    program.parent.mkdir()
    said = "group 'orders', rule 1, 'OrdersStopped': could not parse expression: 1:6: parse error"
    program.write_text(f'#!/bin/sh\necho "$3: 5:11: {said}" >&2\nexit 1\n', encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    assert shutil.which("promtool") == str(program)
    (line,) = with_rules(watched, RULES).mistakes()
    assert line.endswith(f"has a rule that Prometheus refuses: {said}")


def test_a_product_cannot_have_the_name_of_what_watches(watched: Stack) -> None:
    watched.sections["products"]["monitoring"] = watched.sections["products"]["shop"]
    assert any("products.monitoring: is the name of what watches" in line for line in watched.mistakes())


def test_what_watches_counts_among_what_a_server_has_promised(watched: Stack) -> None:
    watched.server["capacity"] = {"memory": "1GiB", "cpus": "2"}
    (line,) = (line for line in watched.mistakes() if "capacity.memory" in line)
    assert "monitoring 280 MiB" in line


def test_the_network_of_what_watches_is_nobody_elses(watched: Stack) -> None:
    watched.product["subnet"] = found(watched).subnets["main"]
    (line,) = watched.mistakes()
    assert "products.shop.subnet: is taken by product monitoring: set `subnet` to a free /24" in line


def test_a_certificate_of_ones_own_may_be_for_the_page_alone(watched: Stack) -> None:
    use(watched, Authority().issue(["watch.example.com"]))
    watched.sections["monitoring"]["hosts"] = {"main": "watch.example.com"}
    assert found(watched).own_certificates == {"watch.example.com"}
