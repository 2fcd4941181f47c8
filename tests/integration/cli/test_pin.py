"""`slipway pin`, against a registry on loopback."""

import hashlib
import json
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.cli import registry as registry_client
from infra.cli.image_names import parse_image
from infra.cli.registry import Login
from tests.integration.cli.registry import Behaviour, serving
from tests.unit.cli.conftest import DIGEST, EDGE, OTHER, PASSWORD, Slipway, stack_file

FILE = "stacks/releases/dev.yaml"
IMAGES = {"postgres:17": DIGEST, "shop/web:latest": OTHER, "shop/web:v1": DIGEST}


@pytest.fixture
def registry(project: Path) -> Iterator[Behaviour]:
    """Return a running registry that the product's images come from."""
    with serving(Behaviour(digests=dict(IMAGES))) as behaviour:
        (project / "Pulumi.dev.yaml").write_text(stack_file(behaviour.host), encoding="utf-8")
        yield behaviour


def released(project: Path) -> str:
    """Return the release file."""
    return (project / FILE).read_text(encoding="utf-8")


def add_edge(project: Path) -> None:
    """Give the stack an edge."""
    path = project / "Pulumi.dev.yaml"
    path.write_text(path.read_text(encoding="utf-8") + EDGE, encoding="utf-8")


def seed(project: Path, text: str) -> None:
    """Write a release file."""
    (project / FILE).parent.mkdir(parents=True)
    (project / FILE).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("login", ["none", "basic", "bearer"])
def test_digests_are_looked_up_and_written(slipway: Slipway, project: Path, registry: Behaviour, login: str) -> None:
    registry.login = login
    result = slipway("pin", "dev")
    assert result.exit_code == 0, result.output
    assert f"image: {registry.host}/postgres@{DIGEST}" in released(project)
    assert f"image: {registry.host}/shop/web@{OTHER}" in released(project)
    assert result.stdout.count("changed") == 2
    assert "Next: `pulumi preview --stack dev`" in result.stdout


def test_pinning_again_changes_nothing(slipway: Slipway, project: Path, registry: Behaviour) -> None:
    slipway("pin", "dev")
    before = released(project)
    result = slipway("pin", "dev")
    assert "All digests are the same." in result.stdout
    assert released(project) == before
    registry.digests["postgres:17"] = OTHER
    assert slipway("pin", "dev").stdout.count("changed") == 1


def test_programs_get_json(slipway: Slipway, registry: Behaviour) -> None:
    (db, web) = json.loads(slipway("pin", "dev", "shop", "--json").stdout)
    assert db == {
        "product": "shop",
        "service": "db",
        "tag": f"{registry.host}/postgres:17",
        "former": None,
        "image": f"{registry.host}/postgres@{DIGEST}",
        "changed": True,
    }
    assert web["service"] == "web"


def test_nothing_is_written_unless_all_are_found(slipway: Slipway, project: Path, registry: Behaviour) -> None:
    del registry.digests["shop/web:latest"]
    result = slipway("pin", "dev")
    assert result.exit_code == 1
    assert f"{registry.host} has no {registry.host}/shop/web:latest" in result.stderr
    assert "Nothing was written." in result.stderr
    assert not (project / FILE).exists()


def test_an_image_without_tag_goes_by_the_tag_of_its_last_release(
    slipway: Slipway, project: Path, registry: Behaviour
) -> None:
    seed(project, f"shop: {{web: {{image: '{registry.host}/shop/web@{OTHER}', tag: v1, revision: 4f1c}}}}\n")
    slipway("pin", "dev")
    assert f"{registry.host}/shop/web@{DIGEST}" in released(project)
    assert "4f1c" not in released(project), "the revision was another digest's"


def test_an_image_that_ci_released_without_a_tag_stays(slipway: Slipway, project: Path, registry: Behaviour) -> None:
    seed(project, f"shop: {{web: {{image: '{registry.host}/shop/web@{DIGEST}', revision: 4f1c}}}}\n")
    assert slipway("pin", "dev").exit_code == 0
    assert f"{registry.host}/shop/web@{DIGEST}" in released(project)
    assert "4f1c" in released(project)


def test_the_edge_goes_by_the_tag_in_the_release_file(slipway: Slipway, project: Path, registry: Behaviour) -> None:
    registry.digests["traefik:3"] = DIGEST
    add_edge(project)
    seed(project, f"edge: {{traefik: {{image: '{registry.host}/traefik@{OTHER}', tag: '3'}}}}\n")
    assert slipway("pin", "dev", "edge").exit_code == 0
    assert f"{registry.host}/traefik@{DIGEST}" in released(project)
    assert [request for request in registry.requests if "postgres" in request] == []


def test_a_fault_that_passes_is_tried_again(slipway: Slipway, registry: Behaviour) -> None:
    registry.faults = [503, 429, 502]
    assert slipway("pin", "dev").exit_code == 0


def test_a_fault_that_stays_is_said(slipway: Slipway, registry: Behaviour) -> None:
    registry.faults = [503] * 4
    result = slipway("pin", "dev")
    assert result.exit_code == 1
    assert "with HTTP 503: try again later" in result.stderr


def test_a_registry_that_does_not_answer_is_named(
    slipway: Slipway, project: Path, registry: Behaviour, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry_client, "WAITS_SECONDS", (0.0,))
    result = slipway("pin", "dev", "--resolve", f"{registry.host}:127.0.0.1")
    assert result.exit_code == 0
    (project / "Pulumi.dev.yaml").write_text(stack_file("127.0.0.1:1"), encoding="utf-8")
    result = slipway("pin", "dev")
    assert result.exit_code == 1
    assert "127.0.0.1 does not answer" in result.stderr


@pytest.mark.parametrize("login", ["basic", "bearer"])
def test_a_refused_login_is_not_tried_again(slipway: Slipway, project: Path, registry: Behaviour, login: str) -> None:
    registry.login = login
    (project / "password").write_text("wrong\n", encoding="utf-8")
    result = slipway("pin", "dev")
    assert result.exit_code == 1
    assert f"{registry.host} refused the login of ci" in result.stderr
    assert len(registry.requests) == 2


def test_a_registry_that_wants_a_login_nobody_gave_says_so(
    slipway: Slipway, project: Path, registry: Behaviour
) -> None:
    registry.login = "basic"
    text = stack_file("other.test").replace('REGISTRY: "other.test"', f'REGISTRY: "{registry.host}"')
    (project / "Pulumi.dev.yaml").write_text(text, encoding="utf-8")
    result = slipway("pin", "dev")
    assert result.exit_code == 1
    assert "add a login under `slipway:registries`" in result.stderr


def test_an_encrypted_password_is_asked_for_and_taken_from_stdin(
    slipway: Slipway, project: Path, registry: Behaviour
) -> None:
    registry.login = "bearer"
    text = stack_file(registry.host, source="{config: registry}")
    (project / "Pulumi.dev.yaml").write_text(text, encoding="utf-8")
    result = slipway("pin", "dev")
    assert result.exit_code == 1
    assert "pulumi config get slipway:secret-registry --stack dev | slipway pin dev" in result.stderr
    assert slipway("pin", "dev", "--password-stdin", stdin=f"{PASSWORD}\n").exit_code == 0


def test_a_guest_signs_in_as_its_owners_file_says(slipway: Slipway, project: Path, registry: Behaviour) -> None:
    registry.login = "basic"
    text = stack_file(registry.host)
    _, servers, rest = text.partition("  slipway:servers:\n")
    products = rest[rest.index("  slipway:products:") :]
    guest = f"\nconfig:\n{servers}    main: {{owner: dev}}\n{products}"
    (project / "Pulumi.stage.yaml").write_text(guest, encoding="utf-8")
    assert slipway("pin", "stage").exit_code == 0
    (project / "Pulumi.dev.yaml").write_text(stack_file(registry.host, source="{config: registry}"), encoding="utf-8")
    result = slipway("pin", "stage")
    assert "pulumi config get slipway:secret-registry --stack dev | slipway pin stage" in result.stderr


def test_a_password_on_stdin_is_for_nobody_else(slipway: Slipway, registry: Behaviour) -> None:
    result = slipway("pin", "dev", "--password-stdin", stdin="x\n")
    assert result.exit_code == 2
    assert "exactly one registry" in result.stderr
    assert registry.requests == []


def test_a_password_file_that_is_missing_is_named(slipway: Slipway, project: Path, registry: Behaviour) -> None:
    (project / "password").unlink()
    result = slipway("pin", "dev")
    assert result.exit_code == 1
    assert f"the password of {registry.host} cannot be read from password" in result.stderr


def test_a_digest_that_no_header_names_is_computed(slipway: Slipway, project: Path, registry: Behaviour) -> None:
    registry.names_digests = False
    slipway("pin", "dev")
    assert f"sha256:{hashlib.sha256(registry.manifest).hexdigest()}" in released(project)


def test_an_answer_that_is_no_digest_is_refused(slipway: Slipway, registry: Behaviour) -> None:
    registry.digests["postgres:17"] = "sha256:1234"
    result = slipway("pin", "dev")
    assert result.exit_code == 1
    assert "is no sha256 digest" in result.stderr


def test_a_private_authority_is_trusted_when_it_is_named(slipway: Slipway, project: Path, tmp_path: Path) -> None:
    certificate = tmp_path / "ca.pem"
    key = tmp_path / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "1", "-keyout", str(key), "-out", str(certificate), "-subj", "/CN=registry.test"),
            *("-addext", "subjectAltName=DNS:registry.test"),
        ],
        check=True,
        capture_output=True,
    )
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    with serving(Behaviour(digests=dict(IMAGES)), tls) as behaviour:
        host = f"registry.test:{behaviour.port}"
        (project / "Pulumi.dev.yaml").write_text(stack_file(host), encoding="utf-8")
        there = ("--resolve", f"{host}:127.0.0.1")
        result = slipway("pin", "dev", *there)
        assert result.exit_code == 1
        assert "the certificate of registry.test is not trusted" in result.stderr
        assert slipway("pin", "dev", *there, "--ca-file", str(certificate)).exit_code == 0


def test_an_authority_that_cannot_be_read_is_said(slipway: Slipway, project: Path, registry: Behaviour) -> None:
    path = project / "Pulumi.dev.yaml"
    text = path.read_text(encoding="utf-8").replace("username: ci,", "username: ci, ca_file: ca.pem,")
    path.write_text(text, encoding="utf-8")
    result = slipway("pin", "dev")
    assert result.exit_code == 1
    assert "ca.pem cannot be read as a certificate authority" in result.stderr
    (project / "ca.pem").write_text("no certificate", encoding="utf-8")
    assert "ca.pem cannot be read" in slipway("pin", "dev").stderr
    assert registry.requests == []


@pytest.mark.parametrize("text", ["registry.test", "registry.test:x:127.0.0.1", ":5000:127.0.0.1"])
def test_an_address_has_a_form(slipway: Slipway, text: str) -> None:
    result = slipway("pin", "dev", "--resolve", text)
    assert result.exit_code == 2
    assert "HOST:PORT:ADDRESS" in result.stderr


def test_a_product_that_is_not_there_is_usage(slipway: Slipway) -> None:
    assert slipway("pin", "dev", "shup").exit_code == 2


@pytest.mark.parametrize(
    ("reference", "registry", "path", "tag"),
    [
        ("nginx", "docker.io", "library/nginx", None),
        ("nginx:1.27", "docker.io", "library/nginx", "1.27"),
        ("grafana/grafana:12", "docker.io", "grafana/grafana", "12"),
        ("docker.io/library/traefik:v3", "docker.io", "library/traefik", "v3"),
        ("ghcr.io/a/b/c:x", "ghcr.io", "a/b/c", "x"),
        ("localhost/a", "localhost", "a", None),
        ("registry.test:5000/a", "registry.test:5000", "a", None),
        (f"registry.test:5000/a:1@{DIGEST}", "registry.test:5000", "a", "1"),
    ],
)
def test_names_of_images_are_read_as_docker_reads_them(
    reference: str, registry: str, path: str, tag: str | None
) -> None:
    name = parse_image(reference)
    assert (name.registry, name.path, name.tag) == (registry, path, tag)


def test_a_login_does_not_show_its_password() -> None:
    assert PASSWORD not in f"{Login('ci', PASSWORD)} {Login('ci', PASSWORD)!r}"
