"""`slipway release`."""

import json
from pathlib import Path

import pytest

from infra.cli.lookup import wanted
from infra.cli.project import find_project, read_stack
from tests.unit.cli.conftest import COMPOSE, DIGEST, EDGE, OTHER, Slipway

FILE = "stacks/releases/dev.yaml"
WATCHED = """  slipway:monitoring:
    notifications: {email: {smarthost: "m.test:25", from: a@b.test, to: [a@b.test], require_tls: false}}
"""
WEB = f"registry.test/shop/web@{DIGEST}"


def test_a_release_is_written_and_said_with_the_next_step(slipway: Slipway, project: Path) -> None:
    result = slipway("release", "dev", "shop", "web", WEB, "--tag", "1.8", "--revision", "4f1c")
    assert result.exit_code == 0, result.output
    assert "old  none" in result.stdout
    assert f"new  {WEB}" in result.stdout
    assert "pulumi preview --stack dev" in result.stdout
    assert "`slipway up dev`" in result.stdout.replace("\n", " ")
    written = (project / FILE).read_text(encoding="utf-8")
    assert f"image: {WEB}" in written
    assert "revision: 4f1c" in written


def test_a_service_of_a_profile_that_is_on_is_known(slipway: Slipway, project: Path) -> None:
    compose, stack = project / "compose.yaml", project / "Pulumi.dev.yaml"
    compose.write_text(COMPOSE.replace('/web"}', '/web", profiles: [shop]}'), encoding="utf-8")
    refused = slipway("release", "dev", "shop", "web", WEB)
    assert "shop has no service web" in refused.output
    written = stack.read_text(encoding="utf-8")
    stack.write_text(written.replace("server: main,", "server: main, profiles: [shop],"), encoding="utf-8")
    assert slipway("release", "dev", "shop", "web", WEB).exit_code == 0


@pytest.mark.parametrize("config", ["[a, b]", "text"])
def test_a_config_that_is_no_map_is_said(slipway: Slipway, project: Path, config: str) -> None:
    (project / "Pulumi.dev.yaml").write_text(f"config: {config}\n", encoding="utf-8")
    result = slipway("release", "dev", "shop", "web", WEB)
    assert result.exit_code == 1
    assert "slipway: Pulumi.dev.yaml: config: must be a map of keys." in result.output


def test_the_former_image_is_shown(slipway: Slipway) -> None:
    slipway("release", "dev", "shop", "web", WEB)
    result = slipway("release", "dev", "shop", "web", f"registry.test/shop/web@{OTHER}")
    assert f"old  {WEB}" in result.stdout


def test_releasing_the_same_again_changes_nothing(slipway: Slipway, project: Path) -> None:
    slipway("release", "dev", "shop", "web", WEB)
    before = (project / FILE).read_bytes()
    result = slipway("release", "dev", "shop", "web", WEB)
    assert "says already" in result.stdout
    assert (project / FILE).read_bytes() == before


def test_programs_get_json(slipway: Slipway) -> None:
    data = json.loads(slipway("release", "dev", "shop", "web", WEB, "--json").stdout)
    assert data["service"] == "web"
    assert data["former"] is None
    assert data["changed"] is True


def test_the_edge_is_released_like_a_product(slipway: Slipway, project: Path) -> None:
    path = project / "Pulumi.dev.yaml"
    path.write_text(path.read_text(encoding="utf-8") + EDGE, encoding="utf-8")
    assert slipway("release", "dev", "edge", "traefik", f"traefik@{DIGEST}").exit_code == 0
    result = slipway("release", "dev", "edge", "nginx", f"nginx@{DIGEST}")
    assert result.exit_code == 2
    assert "edge has no service nginx; it has traefik." in result.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("live", "shop", "web", WEB), "no stack file Pulumi.live.yaml; there is dev."),
        (("dev", "shup", "web", WEB), "dev has no product shup; did you mean `shop`?"),
        (("dev", "shop", "wob", WEB), "shop has no service wob; did you mean `web`?"),
        (("dev", "edge", "traefik", WEB), "dev has no product edge; it has shop."),
        (("dev", "shop", "db", WEB), "the compose files name another image for db"),
        (("dev", "shop", "web", "registry.test/shop/web:1.8"), "must be an image by digest"),
        (("dev", "shop", "web", "registry.test/shop/web@sha256:12"), "must be an image by digest"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(
    slipway: Slipway, project: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    result = slipway("release", *arguments)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not (project / FILE).exists(), "nothing may be written"


def test_mistakes_of_the_stack_file_are_all_named(slipway: Slipway, project: Path) -> None:
    (project / "Pulumi.dev.yaml").write_text("config: {slipway:prodcts: {}, slipway:edge: {}}\n", encoding="utf-8")
    result = slipway("release", "dev", "shop", "web", WEB)
    assert result.exit_code == 1
    assert "slipway:prodcts" in result.stderr
    assert "slipway:edge.acme" in result.stderr


def test_mistakes_of_the_compose_file_are_named(slipway: Slipway, project: Path) -> None:
    (project / "compose.yaml").write_text("services: {web: {imag: x}}\n", encoding="utf-8")
    result = slipway("release", "dev", "shop", "web", WEB)
    assert result.exit_code == 1
    assert "services.web.imag" in result.stderr


def test_a_broken_release_file_is_not_overwritten(slipway: Slipway, project: Path) -> None:
    (project / FILE).parent.mkdir(parents=True)
    (project / FILE).write_text("shop: [", encoding="utf-8")
    result = slipway("release", "dev", "shop", "web", WEB)
    assert result.exit_code == 1
    assert FILE in result.stderr
    assert (project / FILE).read_text(encoding="utf-8") == "shop: ["


def test_the_folder_of_release_files_can_be_another(
    slipway: Slipway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLIPWAY_RELEASES", str(tmp_path / "elsewhere"))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "dev.yaml").touch()
    assert slipway("release", "dev", "shop", "web", WEB).exit_code == 0
    assert WEB in (tmp_path / "elsewhere" / "dev.yaml").read_text(encoding="utf-8")


def test_another_folder_does_not_take_a_stack_it_has_no_file_of(
    slipway: Slipway, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLIPWAY_RELEASES", str(tmp_path / "elsewhere"))
    assert slipway("release", "dev", "shop", "web", WEB).exit_code == 0
    assert WEB in (project / FILE).read_text(encoding="utf-8")


def test_the_images_of_what_watches_are_released_where_the_stack_is_watched(slipway: Slipway, project: Path) -> None:
    image = f"docker.io/prom/prometheus@{DIGEST}"
    assert "dev has no product monitoring" in slipway("release", "dev", "monitoring", "prometheus", image).output
    stack = project / "Pulumi.dev.yaml"
    stack.write_text(stack.read_text(encoding="utf-8") + WATCHED, encoding="utf-8")
    assert slipway("release", "dev", "monitoring", "prometheus", image).exit_code == 0
    assert f"image: {image}" in (project / FILE).read_text(encoding="utf-8")
    refused = slipway("release", "dev", "monitoring", "promtheus", image)
    assert "did you mean `prometheus`?" in refused.output
    known = slipway("release", "dev", "gitlab", "web", image).output
    assert "dev has no product gitlab; it has monitoring, shop." in known


@pytest.mark.parametrize("service", ["grafana", "redis-exporter"])
def test_an_image_that_nothing_of_the_stack_runs_is_not_released(slipway: Slipway, project: Path, service: str) -> None:
    stack = project / "Pulumi.dev.yaml"
    stack.write_text(stack.read_text(encoding="utf-8") + WATCHED, encoding="utf-8")
    result = slipway("release", "dev", "monitoring", service, f"docker.io/x/{service}@{DIGEST}")
    assert (result.exit_code, f"monitoring has no service {service}" in result.stderr) == (2, True)
    assert not (project / FILE).exists()


def test_what_watches_is_looked_up_for_the_databases_there_are(project: Path) -> None:
    stack = project / "Pulumi.dev.yaml"
    stack.write_text(stack.read_text(encoding="utf-8") + WATCHED, encoding="utf-8")
    compose = project / "compose.yaml"
    mounted = 'postgres:17", volumes: ["data:/var/lib/postgresql"]'
    kept = compose.read_text(encoding="utf-8").replace('postgres:17"', mounted)
    compose.write_text(f"{kept}volumes: {{data: {{}}}}\n", encoding="utf-8")
    found = {one.service: str(one.image) for one in wanted(read_stack(find_project(), "dev"), "monitoring")}
    assert found["prometheus"].startswith("docker.io/prom/prometheus:v")
    assert "postgres-exporter" in found
    assert "redis-exporter" not in found
