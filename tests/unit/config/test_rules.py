"""Rules between sections, each with the line that a person sees when it is broken."""

from collections.abc import Callable

import pytest

from infra.config.section import NAME
from tests.unit.config.conftest import CANARY, Stack, change, digest, remove

SHOP = ("products", "shop")
INGRESS = (*SHOP, "ingress", 0)

RULE_CASES: dict[str, tuple[Callable[[Stack], None], str]] = {
    "product on an unknown server": (
        change(*SHOP, "server", to="mian"),
        "slipway:products.shop.server: names no server of this stack; did you mean `main`?",
    ),
    "ingress without an edge": (
        remove("edge"),
        "slipway:products.shop.ingress: needs the section `slipway:edge`: it says where certificates come from",
    ),
    "ingress to an unknown service": (
        change(*INGRESS, "service", to="wep"),
        "slipway:products.shop.ingress[0].service: names no service of the compose files; did you mean `web`?",
    ),
    "ingress to an unknown port": (
        change(*INGRESS, "port", to=8001),
        (
            "slipway:products.shop.ingress[0].port: "
            "service web has no such port: put it under `expose` in the compose file"
        ),
    ),
    "variable that nothing asks for": (
        change(*SHOP, "env", "IDLE", to=CANARY),
        "slipway:products.shop.env.IDLE: no compose file of the product asks for it: remove it, or use it there",
    ),
    "secret that nothing uses": (
        change(*SHOP, "secrets", "idle", to={"generate": 32}),
        "slipway:products.shop.secrets.idle: no service uses it: remove it",
    ),
    "secret that is not set": (
        change(*SHOP, "secrets", "db_password", to={"config": "registri"}),
        (
            "slipway:products.shop.secrets.db_password.config: is not set: "
            "`pulumi config set --secret slipway:secret-registri`; did you mean `registry`?"
        ),
    ),
    "password of a registry that is not set": (
        change("registries", "ghcr.io", to={"username": "bot", "password": {"config": "ghcr"}}),
        'slipway:registries["ghcr.io"].password.config: is not set: `pulumi config set --secret slipway:secret-ghcr`',
    ),
    "subnet outside of the server's": (
        change(*SHOP, "subnet", to="10.5.0.0/24"),
        "slipway:products.shop.subnet: is outside of `container_subnets` of server main",
    ),
    "subnet of the edge": (
        change(*SHOP, "subnet", to="10.213.0.0/24"),
        "slipway:products.shop.subnet: is the edge's: the first /24 of the server's `container_subnets`",
    ),
    "network that is too small to deal out": (
        change("servers", "main", "container_subnets", to="10.213.0.0/24"),
        "slipway:servers.main.container_subnets: must be a /23 or larger: it is dealt out by /24",
    ),
}


@pytest.mark.parametrize("case", RULE_CASES)
def test_broken_rule_gets_one_line(case: str, stack: Stack) -> None:
    apply, expected = RULE_CASES[case]
    apply(stack)
    lines = stack.mistakes()
    assert f"Pulumi.dev.yaml: {expected}" in lines
    assert CANARY not in "\n".join(lines), "a value must never be shown"


def test_secret_that_is_used_and_not_declared_is_refused(stack: Stack) -> None:
    stack.product["secrets"] = {"db_pasword": {"generate": 32}}
    at = "Pulumi.dev.yaml: slipway:products.shop.secrets"
    missing = "secret db_password, which service web uses, is missing; did you mean `db_pasword`?"
    assert stack.mistakes() == [f"{at}: {missing}", f"{at}.db_pasword: no service uses it: remove it"]


def test_a_wrong_ingress_hides_nothing_else_of_its_product(stack: Stack) -> None:
    stack.product["ingress"][0]["port"] = 0
    stack.product["server"] = "mian"
    assert stack.mistakes() == [
        "Pulumi.dev.yaml: slipway:products.shop.ingress[0].port: must be at least 1",
        "Pulumi.dev.yaml: slipway:products.shop.server: names no server of this stack; did you mean `main`?",
    ]


def test_two_ingresses_with_one_address_are_refused(stack: Stack) -> None:
    first = stack.product["ingress"][0]
    stack.product["ingress"] += [{**first, "path": "/api"}, {**first, "path": "/api/"}, first]
    assert stack.mistakes() == [
        "Pulumi.dev.yaml: slipway:products.shop.ingress[2]: has the same host and path as products.shop.ingress[1]",
        "Pulumi.dev.yaml: slipway:products.shop.ingress[3]: has the same host and path as products.shop.ingress[0]",
    ]


def test_ingress_to_a_service_the_edge_cannot_reach_is_refused(stack: Stack) -> None:
    compose = stack.root / "compose.yaml"
    text = compose.read_text(encoding="utf-8").replace(
        "web: {", "web: {networks: [back], x-slipway: {release: recreate}, "
    )
    compose.write_text(f"{text}\nnetworks: {{back: }}\n", encoding="utf-8")
    assert stack.mistakes() == [
        (
            "Pulumi.dev.yaml: slipway:products.shop.ingress[0].service: service web is not on the network `default`, "
            "which the edge joins: put it there too"
        )
    ]


@pytest.mark.parametrize(
    ("suite", "told"),
    [
        (None, "Debian 12 has an older one: {remedy}, or write `suite: trixie` for server main if it is Debian 13"),
        ("bookworm", "that of Debian 12 on server main is older: {remedy}"),
        ("trixie", None),
    ],
)
def test_what_the_engine_of_debian_12_does_not_know_is_refused_there(
    stack: Stack, suite: str | None, told: str | None
) -> None:
    stack.server["suite"] = suite
    (stack.root / "checked.yaml").write_text(
        "services: {web: {healthcheck: {test: [CMD, 'true'], start_period: 30s, start_interval: 1s}}}", encoding="utf-8"
    )
    stack.product["compose"].append("checked.yaml")
    if told is None:
        stack.load()
        return
    needs = "services.web.healthcheck.start_interval needs Docker Engine 25, and"
    remark = told.format(remedy="remove it and shorten `interval`")
    assert stack.mistakes() == [f"Pulumi.dev.yaml: slipway:products.shop.compose: {needs} {remark}"]


def test_missing_compose_file_is_named(stack: Stack) -> None:
    stack.product["compose"] = ["compose.yaml", "stacks/none.yaml"]
    assert stack.mistakes() == ["stacks/none.yaml: this compose file does not exist or cannot be read"]


def test_network_taken_by_another_product_is_refused(stack: Stack) -> None:
    stack.sections["products"]["blog"] = {**stack.product, "subnet": "10.213.7.0/24", "ingress": []}
    stack.product["subnet"] = "10.213.7.128/25"
    assert stack.releases is not None
    stack.releases["blog"] = stack.releases["shop"]
    assert stack.mistakes() == [
        (
            "Pulumi.dev.yaml: slipway:products.shop.subnet: is taken by product blog: "
            "set `subnet` to a free /24 of the server, such as 10.213.1.0/24"
        )
    ]


def test_names_that_are_too_long_for_a_container_are_refused(stack: Stack) -> None:
    name = "p" * 50
    stack.sections["products"] = {name: {**stack.product, "ingress": []}}
    stack.releases = {name: {**(stack.releases or {})["shop"]}, "edge": (stack.releases or {})["edge"]}
    assert stack.mistakes() == [
        f"Pulumi.dev.yaml: slipway:products.{name}: is too long: a container's name would have 67 letters of 63"
    ]


def test_two_products_with_one_container_name_are_refused(stack: Stack) -> None:
    (stack.root / "blog.yaml").write_text("services: {b-web: {image: registry.example.com/web}}", encoding="utf-8")
    entry = {"image": f"registry.example.com/web@{digest('a')}"}
    stack.sections["products"] = {
        "a": {"server": "main", "compose": ["blog.yaml"]},
        "a-b": {"server": "main", "compose": ["web.yaml"]},
    }
    (stack.root / "web.yaml").write_text("services: {web: {image: registry.example.com/web}}", encoding="utf-8")
    stack.releases = {"a": {"b-web": entry}, "a-b": {"web": entry}, "edge": (stack.releases or {})["edge"]}
    assert stack.mistakes() == [
        "Pulumi.dev.yaml: slipway:products.a: two products would have a container dev-a-b-web: choose another name",
        "Pulumi.dev.yaml: slipway:products.a-b: two products would have a container dev-a-b-web: choose another name",
    ]


@pytest.mark.parametrize("asks", [True, False])
def test_two_passwords_that_would_be_generated_under_one_name_are_refused(stack: Stack, *, asks: bool) -> None:
    (stack.root / "compose.yaml").write_text(
        "services: {web: {image: registry.example.com/web, expose: ['8000'], secrets: [login, api-key]}}\n"
        "secrets: {login: {external: true}, api-key: {external: true}}\n",
        encoding="utf-8",
    )
    (stack.root / "api.yaml").write_text(
        "services: {web: {image: registry.example.com/web, secrets: [key]}}\nsecrets: {key: {external: true}}\n",
        encoding="utf-8",
    )
    stack.product["ingress"][0]["basic_auth"] = asks
    stack.product["secrets"] = {"login": {"generate": 32}, "api-key": {"generate": 32}}
    del stack.product["env"]
    other = {"server": "main", "compose": ["api.yaml"], "secrets": {"key": {"generate": 32}}}
    stack.sections["products"]["shop-api"] = other
    entry = {"web": {"image": f"registry.example.com/web@{digest('a')}"}}
    stack.releases = {"shop": entry, "shop-api": entry, "edge": (stack.releases or {})["edge"]}
    remedy = "is: choose another name for one of them"
    at = "Pulumi.dev.yaml: slipway:products.shop"
    login = f"{at}.secrets.login: would be generated as shop-login, as products.shop.login {remedy}"
    key = f"{at}-api.secrets.key: would be generated as shop-api-key, as products.shop.secrets.api-key {remedy}"
    assert stack.mistakes() == [key, *([login] if asks else [])]


def test_product_named_like_the_edge_is_refused(stack: Stack) -> None:
    stack.sections["products"]["edge"] = stack.sections["products"].pop("shop")
    lines = stack.mistakes()
    assert "Pulumi.dev.yaml: slipway:products.edge: is the name of the edge itself: choose another" in lines


def test_stack_with_a_name_that_is_none_is_refused(stack: Stack) -> None:
    stack.name = "my_stack"
    assert stack.mistakes() == [f"Pulumi.my_stack.yaml: the stack's name {NAME.sentence}"]
