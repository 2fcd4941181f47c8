"""Two stacks on one server: what the other file says, and what may not be there twice."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.config.flat_config import flat_config
from infra.config.plain_yaml import parse
from infra.config.sections import Sections, read_sections
from infra.config.sharing import read_partners
from infra.config.subnets import product_subnet
from tests.unit.config.conftest import CANARY, KEY, Stack, remove, sections

POOL = "10.213.0.0/16"
GUEST = "Pulumi.test.yaml"
OWNER = "Pulumi.dev.yaml"


def write(root: Path, stack: str, found: dict[str, Any]) -> None:
    """Write a stack file as people do, with an encrypted secret."""
    config = {f"slipway:{name}": value for name, value in found.items()}
    config["slipway:secret-registry"] = {"secure": "v1:AAAA:canary"}
    (root / f"Pulumi.{stack}.yaml").write_text(json.dumps({"config": config}), encoding="utf-8")


def as_guest(host: str = "shop.test.example.com") -> dict[str, Any]:
    """Return the sections of a guest with a product of the same name."""
    found = sections()
    found["servers"] = {"main": {"owner": "dev"}}
    found["products"]["shop"]["ingress"][0]["host"] = host
    del found["edge"], found["registries"]
    return found


@pytest.fixture
def guest(stack: Stack) -> Stack:
    """Return a stack that is a guest of `dev`, whose file lies beside it."""
    write(stack.root, "dev", stack.sections)
    stack.name, stack.sections, stack.secrets = "test", as_guest(), {}
    assert stack.releases is not None
    del stack.releases["edge"]
    return stack


@pytest.fixture
def owner(stack: Stack) -> Stack:
    """Return the stack `dev`, which has a guest `test`."""
    write(stack.root, "test", as_guest())
    return stack


def again(stack: Stack, name: str, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the other stack's file."""
    path = stack.root / f"Pulumi.{name}.yaml"
    document = json.loads(path.read_text(encoding="utf-8"))
    change(document["config"])
    path.write_text(json.dumps(document), encoding="utf-8")


def product(config: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = config["slipway:products"]["shop"]
    return found


def test_a_guest_reads_the_way_in_and_the_edge_from_its_owners_file(guest: Stack) -> None:
    again(guest, "dev", lambda config: config["slipway:edge"].update(trusted_proxies=["198.51.100.0/24"], public=False))
    settings = guest.load()
    server = settings.servers["main"]
    assert (server.host, server.connection.host_key, server.edge_subnet) == ("192.0.2.1", KEY, "10.213.0.0/24")
    assert server.owner is not None
    assert (server.owner.stack, server.owner.trusted_proxies) == ("dev", ("198.51.100.0/24",))
    assert settings.products["shop"].login is not None, "the owner's edge is not public"
    assert (settings.edge, settings.guests) == (None, ())


def test_a_guest_may_call_the_server_otherwise(guest: Stack) -> None:
    guest.sections["servers"] = {"shared": {"owner": "dev", "server": "main"}}
    guest.product["server"] = "shared"
    assert guest.load().servers["shared"].host == "192.0.2.1"


def test_an_owner_knows_the_ports_of_its_guests(owner: Stack) -> None:
    again(
        owner,
        "test",
        lambda config: product(config)["ingress"].append({"listen": 9100, "service": "web", "port": 8000}),
    )
    (found,) = owner.load().guests
    assert (found.name, found.server, found.ingress[1].rule.listen) == ("test/shop", "main", 9100)


def test_a_stack_that_shares_nothing_is_nobodys_business(owner: Stack) -> None:
    again(owner, "test", lambda config: config.update({"slipway:servers": sections()["servers"], "zzz": 1}))
    assert owner.load().guests == ()


def test_the_same_product_of_two_stacks_shares_no_name_network_or_data(guest: Stack) -> None:
    theirs = product_subnet(POOL, "dev", "shop")
    assert guest.load().products["shop"].subnet == product_subnet(POOL, "test", "shop") != theirs


@pytest.mark.parametrize(
    ("server", "sentence"),
    [
        ({"owner": "dve"}, ".owner: names no stack of this checkout: there is no Pulumi.dve.yaml; did you mean `dev`?"),
        ({"owner": "test"}, ".owner: is this stack itself: leave `owner` out, and describe the server"),
        ({"owner": "dev", "server": "mian"}, ".owner: has no server mian; did you mean `main`?"),
        ({"owner": 7}, ".owner: must be a text; put it in quotes if it looks like a number"),
    ],
)
def test_an_owner_that_has_no_such_server_is_told(guest: Stack, server: dict[str, Any], sentence: str) -> None:
    guest.sections["servers"] = {"main": server}
    assert f"{GUEST}: slipway:servers.main{sentence}" in guest.mistakes()


@pytest.mark.parametrize("key", ["host", "firewall", "admin_keys", "profile", "overrides", "capacity"])
def test_a_guest_declares_nothing_of_the_server(guest: Stack, key: str) -> None:
    guest.sections["servers"]["main"][key] = {CANARY: 1}
    assert guest.mistakes() == [
        (
            f"{GUEST}: slipway:servers.main.{key}: is for the stack that the server belongs to, `owner`: write it in "
            "that one's file, or nowhere"
        )
    ]


def test_a_guest_of_a_guest_is_sent_to_the_owner(guest: Stack) -> None:
    write(guest.root, "stage", as_guest("shop.stage.example.com"))
    guest.sections["servers"] = {"main": {"owner": "stage"}}
    assert guest.mistakes() == [
        f"{GUEST}: slipway:servers.main.owner: is itself a guest there: server main belongs to stack dev"
    ]


def test_two_entries_for_one_server_are_refused(guest: Stack) -> None:
    guest.sections["servers"]["again"] = {"owner": "dev", "server": "main"}
    (line,) = guest.mistakes()
    assert line == f"{GUEST}: slipway:servers.main: is the same server as again: one entry will do"


def test_edge_and_registries_of_a_guest_have_no_effect(guest: Stack) -> None:
    guest.sections["edge"] = {"acme": {"email": "ops@example.com"}}
    guest.sections["registries"] = {}
    assert guest.releases is not None
    guest.releases["edge"] = {"traefik": {"image": f"traefik@sha256:{'c' * 64}"}}
    text = "has no effect: every server here belongs to another stack, whose file says this; remove it"
    assert guest.mistakes() == [f"{GUEST}: slipway:edge: {text}", f"{GUEST}: slipway:registries: {text}"]


def test_a_product_with_a_host_needs_the_owners_edge(guest: Stack) -> None:
    again(guest, "dev", lambda config: config.pop("slipway:edge"))
    assert (
        f"{GUEST}: slipway:products.shop.ingress: needs the section `slipway:edge` in the file of stack dev, whose "
        "server it is: it says where certificates come from"
    ) in guest.mistakes()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("config: [", f"{OWNER}: line 1, column 10: this is not YAML"),
        ("- owner: dev", f"{OWNER}: is not a map of keys with `config:`"),
    ],
)
def test_a_broken_owner_is_named_with_its_path(guest: Stack, text: str, sentence: str) -> None:
    (guest.root / OWNER).write_text(text, encoding="utf-8")
    assert guest.mistakes()[0] == sentence


def test_mistakes_of_the_owner_are_told_with_its_path_and_no_value(guest: Stack) -> None:
    again(guest, "dev", lambda config: config["slipway:servers"]["main"].update(suite=CANARY))
    lines = guest.mistakes()
    assert lines[0] == f"{OWNER}: slipway:servers.main.suite: must be 'bookworm' or 'trixie'"
    assert CANARY not in "\n".join(lines)


def test_a_guest_that_cannot_be_read_holds_its_owner_up(owner: Stack) -> None:
    (owner.root / GUEST).write_text("config: {slipway:servers: {main: {owner: dev}}", encoding="utf-8")
    (line,) = owner.mistakes()
    assert line.startswith(f"{GUEST}: line ")
    (owner.root / GUEST).write_text("config: {slipway:servers: {main: {owner: prod}}", encoding="utf-8")
    owner.load()


def test_mistakes_in_a_guests_compose_files_are_told_to_its_owner(owner: Stack) -> None:
    again(owner, "test", lambda config: product(config).update(compose=["none.yaml"]))
    assert owner.mistakes() == ["none.yaml: this compose file does not exist or cannot be read"]


TWICE: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "host": (
        lambda it: it["ingress"][0].update(host="shop.example.com"),
        ".ingress[0].host: is a host of product {other}: a host leads to one product",
    ),
    "port": (
        lambda it: it["ingress"].append({"listen": 9100, "service": "web", "port": 8000}),
        ".ingress[1].listen: is a port of product {other} on server main: choose another",
    ),
    "network": (
        lambda it: it.update(subnet="10.213.9.0/24"),
        ".subnet: is taken by product {other}: set `subnet` to a free /24 of the server, such as 10.213.1.0/24",
    ),
}


@pytest.mark.parametrize("case", TWICE)
def test_what_both_stacks_want_is_refused_in_the_preview_of_either(stack: Stack, case: str) -> None:
    change, sentence = TWICE[case]
    theirs = as_guest()
    for each in (stack.sections, theirs):
        change(each["products"]["shop"])
    write(stack.root, "test", theirs)
    write(stack.root, "dev", stack.sections)
    assert stack.mistakes() == [f"{OWNER}: slipway:products.shop{sentence.format(other='test/shop')}"]
    stack.name, stack.sections, stack.secrets = "test", theirs, {}
    remove_edge(stack)
    assert stack.mistakes() == [f"{GUEST}: slipway:products.shop{sentence.format(other='dev/shop')}"]


def remove_edge(stack: Stack) -> None:
    assert stack.releases is not None
    del stack.releases["edge"]


def test_published_ports_and_ipam_ranges_of_neighbours_are_taken(owner: Stack) -> None:
    text = """
services:
  web:
    image: registry.example.com/web:1
    expose: ["8000"]
    environment: {URL: "${URL}"}
    ports: ["127.0.0.1:9000:9000"]
  db: {image: "postgres:17", secrets: [db_password], networks: [back]}
networks: {back: {ipam: {config: [{subnet: 10.99.0.0/24}]}}}
secrets: {db_password: {external: true}}
"""
    (owner.root / "compose.yaml").write_text(text, encoding="utf-8")
    lines = owner.mistakes()
    at = f"{OWNER}: slipway:products.shop.server"
    assert f"{at}: port 9000/tcp of service web is published by test/shop/web on the same server" in lines
    overlap = "the `ipam` subnet of network back overlaps that of network back of product test/shop"
    assert f"{at}: {overlap}" in lines


def test_a_stack_and_product_that_make_the_name_of_another_are_refused(owner: Stack) -> None:
    theirs = as_guest()
    theirs["servers"] = {"main": {"owner": "dev"}}
    write(owner.root, "dev-shop", theirs)
    owner.sections["products"]["shop-shop"] = {**owner.product, "ingress": []}
    assert owner.releases is not None
    owner.releases["shop-shop"] = owner.releases["shop"]
    remove("products", "shop")(owner)
    del owner.releases["shop"]
    text = "as product dev-shop/shop on the same server: choose another name"
    lines = owner.mistakes()
    at = f"{OWNER}: slipway:products.shop-shop"
    assert f"{at}: would have a product dev-shop-shop {text}" in lines
    assert f"{at}: would have a container dev-shop-shop-web {text}" in lines
    assert f"{at}: would have a network dev-shop-shop {text}" in lines


def test_capacity_is_that_of_owner_and_guests_together(stack: Stack) -> None:
    stack.server["capacity"] = {"memory": "3GiB", "cpus": 2}
    stack.load()
    write(stack.root, "test", as_guest())
    sums = "is overbooked: {one} 1024 MiB, {other} 1024 MiB, the edge 384 MiB, a release of {one}/db 512 MiB come to"
    (line,) = stack.mistakes()
    at = f"{OWNER}: slipway:servers.main.capacity.memory"
    assert line.startswith(f"{at}: {sums.format(one='shop', other='test/shop')} 2944 MiB of the 2560 MiB")
    write(stack.root, "dev", stack.sections)
    stack.name, stack.sections, stack.secrets = "test", as_guest(), {}
    remove_edge(stack)
    (line,) = stack.mistakes()
    at = f"{GUEST}: slipway:servers.main: `capacity.memory` of server main of stack dev"
    assert line.startswith(f"{at} {sums.format(one='shop', other='dev/shop')} 2944 MiB")


def test_commands_find_the_owners_way_in(guest: Stack) -> None:
    write(guest.root, "test", guest.sections)
    document = parse((guest.root / GUEST).read_text(encoding="utf-8"))
    flat = flat_config(document)
    found: Sections = read_sections(flat.values, stack_file=GUEST, encrypted=flat.encrypted)
    read_partners("test", found, guest.root)
    assert found.mistakes == []
    assert found.servers["main"].ssh.host_key == KEY
    assert [partner.stack for partner in found.partners["main"]] == ["dev"]
