"""What a wrong section gets: one line a mistake, never a value."""

from collections.abc import Callable

import pytest

from infra.config.section import BY_CONFIG, NAME, PUBLIC_KEY
from infra.config.sections import read_sections
from tests.unit.config.conftest import CANARY, KEY, Stack, change, remove

SHOP = ("products", "shop")
INGRESS = (*SHOP, "ingress", 0)

SECTION_CASES: dict[str, tuple[Callable[[Stack], None], str]] = {
    "unknown section": (change("prodcts", to={}), "slipway:prodcts: is not a section; did you mean `products`?"),
    "section that is nothing like one": (
        change("zzz", to={}),
        (
            "slipway:zzz: is not a section; known are `servers`, `edge`, `registries`, `products`, "
            "`github`, `repositories`, `backups`, `monitoring`, `secret-<name>`"
        ),
    ),
    "section of a wrong type": (change("registries", to=[CANARY]), "slipway:registries: must be a map"),
    "entry of a wrong type": (
        change("registries", "a.example", to=CANARY),
        'slipway:registries["a.example"]: must be a map',
    ),
    "unknown key": (
        change("servers", "main", "hots", to=1),
        "slipway:servers.main.hots: is not a key here; did you mean `host`?",
    ),
    "unknown key deep down": (
        change("servers", "main", "ssh", "prot", to=CANARY),
        "slipway:servers.main.ssh.prot: is not a key here; did you mean `port`?",
    ),
    "unknown key that is nothing like one": (
        change("edge", "acme", "zzz", to=CANARY),
        "slipway:edge.acme.zzz: is not a key here; known are `email`, `directory`, `challenge`, `ca_file`",
    ),
    "missing key": (remove("servers", "main", "host"), "slipway:servers.main.host: is missing"),
    "number where a text belongs": (
        change(*SHOP, "env", "URL", to=7),
        "slipway:products.shop.env.URL: must be a text; put it in quotes if it looks like a number",
    ),
    "text where a number belongs": (
        change(*INGRESS, "port", to=CANARY),
        "slipway:products.shop.ingress[0].port: must be a whole number",
    ),
    "port out of range": (
        change(*INGRESS, "port", to=70000),
        "slipway:products.shop.ingress[0].port: must be at most 65535",
    ),
    "text where a list belongs": (change(*SHOP, "compose", to=CANARY), "slipway:products.shop.compose: must be a list"),
    "no compose file named": (change(*SHOP, "compose", to=[]), "slipway:products.shop.compose: must not be empty"),
    "name of a product": (
        change("products", "My_Shop", to={"server": "main", "compose": ["compose.yaml"]}),
        f"slipway:products.My_Shop: {NAME.sentence}",
    ),
    "domain": (
        change(*INGRESS, "host", to="Shop"),
        "slipway:products.shop.ingress[0].host: must be a domain in small letters, such as `shop.example.com`",
    ),
    "address in place of a domain": (
        change(*INGRESS, "host", to="https://shop.example.com"),
        "slipway:products.shop.ingress[0].host: must be the domain alone, without `https://`, as in `shop.example.com`",
    ),
    "wildcard in place of a domain": (
        change(*INGRESS, "host", to="*.example.com"),
        "slipway:products.shop.ingress[0].host: must be one domain: there are no wildcards, so name each host",
    ),
    "line of ssh-keyscan in place of a host key": (
        change("servers", "main", "ssh", "host_key", to=f"203.0.113.10 {KEY}"),
        "slipway:servers.main.ssh.host_key: must be the key alone, without the host in front: `ssh-ed25519 AAAA…`",
    ),
    "password in the clear": (
        change("registries", "registry.example.com", "password", to=CANARY),
        f'slipway:registries["registry.example.com"].password: must be a map: {BY_CONFIG}',
    ),
    "secret in the clear": (
        change(*SHOP, "secrets", "db_password", to=CANARY),
        f"slipway:products.shop.secrets.db_password: must be a map: {BY_CONFIG}",
    ),
    "token in the clear": (
        change("github", to={"token": CANARY}),
        f"slipway:github.token: must be a map: {BY_CONFIG}",
    ),
    "private key in place of a public one": (
        change("servers", "main", "admin_keys", to=["-----BEGIN OPENSSH PRIVATE KEY-----"]),
        f"slipway:servers.main.admin_keys[0].key: {PUBLIC_KEY.sentence}",
    ),
    "key and file together": (
        change("servers", "main", "admin_keys", to=[{"file": "a", "key": KEY}]),
        "slipway:servers.main.admin_keys[0]: must have exactly one of `key`, `file`",
    ),
    "no host key": (
        change("servers", "main", "ssh", to={}),
        "slipway:servers.main.ssh: must have exactly one of `host_key`, `known_hosts`",
    ),
    "no admin key": (
        change("servers", "main", "admin_keys", to=[]),
        "slipway:servers.main.admin_keys: must hold at least one key: nobody could sign in as this user any more",
    ),
    "challenge": (
        change("edge", "acme", "challenge", to=CANARY),
        "slipway:edge.acme.challenge: must be 'tls-alpn-01' or 'http-01'",
    ),
    "public network for containers": (
        change("servers", "main", "container_subnets", to="8.8.0.0/16"),
        "slipway:servers.main.container_subnets: must be a private IPv4 network, such as `10.213.0.0/16`",
    ),
    "variable of Compose itself": (
        change(*SHOP, "env", "COMPOSE_FILE", to=CANARY),
        (
            "slipway:products.shop.env.COMPOSE_FILE: must be a variable's name of letters, digits and `_`, "
            "not one of Compose's own (`COMPOSE_…`, `DOCKER_…`)"
        ),
    ),
    "secret from nowhere": (
        change(*SHOP, "secrets", "db_password", to={}),
        "slipway:products.shop.secrets.db_password: must have exactly one of `generate`, `config`",
    ),
    "short secret": (
        change(*SHOP, "secrets", "db_password", to={"generate": 8}),
        "slipway:products.shop.secrets.db_password.generate: must be at least 16",
    ),
    "no servers": (remove("servers"), "slipway:servers: is missing: a stack has at least one server"),
}


@pytest.mark.parametrize("case", SECTION_CASES)
def test_wrong_section_gets_one_line(case: str, stack: Stack) -> None:
    apply, expected = SECTION_CASES[case]
    apply(stack)
    config = stack.config()
    found = read_sections(config.values, stack_file="Pulumi.dev.yaml", encrypted=config.encrypted)
    assert [str(mistake) for mistake in found.mistakes] == [f"Pulumi.dev.yaml: {expected}"]
    assert CANARY not in str(found.mistakes), "a value must never be shown"


def test_text_where_a_section_belongs_is_refused(stack: Stack) -> None:
    stack.other["slipway:edge"] = CANARY
    del stack.sections["edge"]
    assert "Pulumi.dev.yaml: slipway:edge: must be a map" in stack.mistakes()


def test_keys_of_other_programs_are_refused(stack: Stack) -> None:
    stack.other["docker:host"] = CANARY
    assert stack.mistakes() == [
        "Pulumi.dev.yaml: docker:host: has no effect: a stack file has keys of `slipway:` and `pulumi:` only"
    ]


def test_secret_in_the_clear_is_refused(stack: Stack) -> None:
    stack.secrets["slipway:secret-token"] = CANARY
    assert stack.mistakes() == [
        (
            "Pulumi.dev.yaml: slipway:secret-token: is in the file in the clear: give it a new value, "
            "`pulumi config set --secret slipway:secret-token`"
        )
    ]


def test_empty_secret_is_refused(stack: Stack) -> None:
    stack.secrets["slipway:secret-registry"] = ""
    assert stack.mistakes() == ["Pulumi.dev.yaml: slipway:secret-registry: is empty"]


def test_encrypted_section_is_refused(stack: Stack) -> None:
    stack.encrypted = [*stack.encrypted, "slipway:products"]
    assert stack.mistakes() == [
        (
            "Pulumi.dev.yaml: slipway:products: must not be encrypted: "
            "put the secret into `slipway:secret-<name>` and name it here"
        )
    ]
