"""What a right stack file becomes."""

import pytest

from infra.config.releases import release_path
from infra.config.settings import (
    AcmeSettings,
    ConfigSecret,
    EdgeSettings,
    ExclusiveSettings,
    FileSecret,
    GeneratedSecret,
    ImageRelease,
    IngressSettings,
    RegistrySettings,
    ServerSettings,
    SshSettings,
    TextFile,
)
from infra.config.subnets import edge_subnet_ipv6
from infra.ingress.rules import PublicRule, RateLimit
from infra.profiles import Particulars
from tests.unit.config.conftest import KEY, Stack, digest


def test_server_has_its_defaults(stack: Stack) -> None:
    assert stack.load().servers == {
        "main": ServerSettings(
            name="main",
            host="192.0.2.1",
            ssh=SshSettings(
                user="deploy", bootstrap_user="root", port=22, host_key=KEY, known_hosts="", identity_file=""
            ),
            suite=None,
            profile="minimal",
            overrides={},
            particulars=Particulars(),
            admin_keys=(f"{KEY} anna@laptop",),
            admins={},
            exclusive=ExclusiveSettings(users=False, keys=False, firewall=False),
            firewall=None,
            swap=None,
            timezone=None,
            hostname=None,
            untested=False,
            security_archive=None,
            edge_subnet="10.213.0.0/24",
            edge_subnet_ipv6=edge_subnet_ipv6("10.213.0.0/16"),
        )
    }


def test_edge_has_its_image_and_the_address_of_lets_encrypt(stack: Stack) -> None:
    assert stack.load().edge == EdgeSettings(
        image=f"traefik@{digest('c')}",
        acme=AcmeSettings(
            email="ops@example.com",
            directory="https://acme-v02.api.letsencrypt.org/directory",
            challenge="tls-alpn-01",
            ca=None,
        ),
        certificates=(),
        http3=True,
        trusted_proxies=(),
    )


def test_directory_of_another_authority_stays(stack: Stack) -> None:
    stack.sections["edge"]["acme"]["directory"] = "https://acme.example.com/dir"
    edge = stack.load().edge
    assert edge is not None
    assert edge.acme.directory == "https://acme.example.com/dir"


def test_stack_without_an_edge_needs_no_image_for_it(stack: Stack) -> None:
    del stack.sections["edge"], stack.product["ingress"]
    assert stack.releases is not None
    del stack.releases["edge"]
    assert stack.load().edge is None


def test_registry_names_its_secret(stack: Stack) -> None:
    assert stack.load().registries == {
        "registry.example.com": RegistrySettings(
            host="registry.example.com", username="bot", password=ConfigSecret(name="registry"), ca=None
        )
    }
    assert ConfigSecret(name="registry").key == "secret-registry"


def test_product_has_everything_a_component_needs(stack: Stack) -> None:
    stack.product["ingress"][0]["rate_limit"] = {"average": 30, "burst": 60}
    stack.product["secrets"]["db_password"]["rotation"] = 3
    product = stack.load().products["shop"]
    assert product.server == "main"
    assert list(product.project.services) == ["db", "web"]
    assert product.secrets == {"db_password": GeneratedSecret(length=32, rotation=3)}
    assert product.images == {
        "web": ImageRelease(image=f"registry.example.com/web@{digest('a')}", tag="v1", revision="3f2c9d1"),
        "db": ImageRelease(image=f"docker.io/library/postgres@{digest('b')}"),
    }
    assert product.ingress == (
        IngressSettings(
            service="web",
            rule=PublicRule(host="shop.example.com", port=8000, rate_limit=RateLimit(average=30, burst=60)),
        ),
    )


def test_secret_that_a_person_set_is_named_only(stack: Stack) -> None:
    stack.secrets["slipway:secret-stripe-key"] = "canary-secret"
    stack.product["secrets"]["db_password"] = {"config": "stripe-key", "rotation": 2}
    settings = stack.load()
    assert settings.products["shop"].secrets == {"db_password": ConfigSecret(name="stripe-key", rotation=2)}
    assert "canary-secret" not in repr(settings)


def test_subnet_depends_on_stack_and_product_alone(stack: Stack) -> None:
    alone = stack.load().products["shop"].subnet
    assert alone == "10.213.135.0/24"
    stack.sections["products"]["blog"] = {**stack.product, "ingress": []}
    assert stack.releases is not None
    stack.releases["blog"] = stack.releases["shop"]
    products = stack.load().products
    assert products["shop"].subnet == alone
    assert products["blog"].subnet != alone


def test_subnet_that_is_written_wins(stack: Stack) -> None:
    stack.product["subnet"] = "10.213.9.0/24"
    assert stack.load().products["shop"].subnet == "10.213.9.0/24"


def test_files_are_read(stack: Stack) -> None:
    _name_files(stack)
    (stack.root / "keys").mkdir()
    (stack.root / "keys/admins.pub").write_text(f"# people\n{KEY} anna\n\n{KEY} ben\n", encoding="utf-8")
    for name in ("known_hosts", "deploy", "registry.crt", "acme.crt", "password"):
        (stack.root / "keys" / name).write_text(f"content of {name}\n", encoding="utf-8")
    stack.preview = False
    settings = stack.load()
    assert settings.missing_files == ()
    server, registry = settings.servers["main"], settings.registries["registry.example.com"]
    assert server.admin_keys == (f"{KEY} anna", f"{KEY} ben", f"{KEY} carol")
    assert (server.ssh.known_hosts, server.ssh.identity_file) == ("keys/known_hosts", "keys/deploy")
    assert registry.ca == TextFile(path="keys/registry.crt", content="content of registry.crt\n")
    assert registry.password == FileSecret(path=stack.root / "keys/password", missing=False)
    assert settings.edge is not None
    assert settings.edge.acme.ca == TextFile(path="keys/acme.crt", content="content of acme.crt\n")
    assert "content of password" not in repr(settings)


def test_preview_goes_on_without_files_that_are_not_there_yet(stack: Stack) -> None:
    _name_files(stack)
    settings = stack.load()
    assert settings.missing_files == (
        "keys/acme.crt",
        "keys/admins.pub",
        "keys/deploy",
        "keys/known_hosts",
        "keys/password",
        "keys/registry.crt",
    )
    assert settings.servers["main"].admin_keys is None
    assert settings.registries["registry.example.com"].ca == TextFile(path="keys/registry.crt", content=None)
    password = settings.registries["registry.example.com"].password
    assert password == FileSecret(path=stack.root / "keys/password", missing=True)


def test_up_wants_every_file(stack: Stack) -> None:
    _name_files(stack)
    stack.preview = False
    places = [
        "slipway:edge.acme.ca_file",
        'slipway:registries["registry.example.com"].ca_file',
        'slipway:registries["registry.example.com"].password.file',
        "slipway:servers.main.admin_keys[0].file",
        "slipway:servers.main.ssh.identity_file",
        "slipway:servers.main.ssh.known_hosts",
    ]
    assert stack.mistakes() == [f"Pulumi.dev.yaml: {place}: names a file that does not exist" for place in places]


def test_file_with_a_wrong_key_is_refused_without_showing_it(stack: Stack) -> None:
    (stack.root / "deploy").write_text("-----BEGIN OPENSSH PRIVATE KEY-----\ncanary\n", encoding="utf-8")
    stack.server["admin_keys"] = [{"file": "deploy"}]
    assert stack.mistakes() == [
        (
            "Pulumi.dev.yaml: slipway:servers.main.admin_keys[0].file: names a file with a wrong line: "
            "it must be one line of a public key, `ssh-ed25519 AAAA… comment`"
        )
    ]


def test_empty_password_file_is_refused(stack: Stack) -> None:
    (stack.root / "password").touch()
    stack.sections["registries"]["registry.example.com"]["password"] = {"file": "password"}
    assert stack.mistakes() == [
        'Pulumi.dev.yaml: slipway:registries["registry.example.com"].password.file: names an empty file'
    ]


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_secret_file_that_cannot_be_read_as_text_is_refused(stack: Stack, content: bytes | None) -> None:
    path = stack.root / "password"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    stack.sections["registries"]["registry.example.com"]["password"] = {"file": "password"}
    (stack.root / "own.crt").touch()
    stack.sections["edge"]["certificates"] = [{"file": "own.crt", "key": {"file": "password"}}]
    unreadable = "names a file that cannot be read as text"
    assert stack.mistakes() == [
        "Pulumi.dev.yaml: slipway:edge.certificates[0].file: names a file that holds no certificate in PEM",
        f"Pulumi.dev.yaml: slipway:edge.certificates[0].key.file: {unreadable}",
        f'Pulumi.dev.yaml: slipway:registries["registry.example.com"].password.file: {unreadable}',
    ]


def test_a_home_folder_of_nobody_is_refused(stack: Stack) -> None:
    stack.sections["registries"]["registry.example.com"]["password"] = {"file": "~nobody-here/password"}
    stack.server["ssh"]["identity_file"] = "~nobody-here/key"
    sentence = "begins with `~` and a name that is no user's on this machine"
    assert stack.mistakes() == [
        f'Pulumi.dev.yaml: slipway:registries["registry.example.com"].password.file: {sentence}',
        f"Pulumi.dev.yaml: slipway:servers.main.ssh.identity_file: {sentence}",
    ]


def test_folder_in_place_of_a_file_is_refused(stack: Stack) -> None:
    stack.sections["edge"]["acme"] |= {"ca_file": ".", "directory": "https://acme.example.com/dir"}
    assert stack.mistakes() == ["Pulumi.dev.yaml: slipway:edge.acme.ca_file: names a file that cannot be read as text"]


def test_home_stands_for_itself_in_paths(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    home = stack.root / "home"
    home.mkdir()
    (home / "key.pub").write_text(f"{KEY}\n", encoding="utf-8")
    monkeypatch.setenv("HOME", str(home))
    stack.server["admin_keys"] = [{"file": "~/key.pub"}]
    assert stack.load().servers["main"].admin_keys == (KEY,)


def test_release_file_is_named_for_the_head_of_the_preview(stack: Stack) -> None:
    assert stack.load().release_file == release_path(stack.root / "releases", "dev")


def test_reading_a_stack_twice_gives_the_same(stack: Stack) -> None:
    assert stack.load() == stack.load()


def _name_files(stack: Stack) -> None:
    stack.server["ssh"] = {"known_hosts": "keys/known_hosts", "identity_file": "keys/deploy"}
    stack.server["admin_keys"] = [{"file": "keys/admins.pub"}, f"{KEY} carol"]
    registry = stack.sections["registries"]["registry.example.com"]
    registry |= {"password": {"file": "keys/password"}, "ca_file": "keys/registry.crt"}
    stack.sections["edge"]["acme"] |= {"ca_file": "keys/acme.crt", "directory": "https://acme.example.com/dir"}
