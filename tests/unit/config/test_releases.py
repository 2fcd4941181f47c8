"""Release files: reading, judging and writing them."""

from pathlib import Path

import pytest

from infra.config.digests import repository
from infra.config.mistakes import ConfigurationError
from infra.config.releases import read_releases, set_image
from infra.config.section import NAME
from infra.config.settings import ImageRelease
from tests.unit.config.conftest import Stack, digest

WRITTEN = f"""\
# Releases of dev.
shop:
  # The front.
  web:
    image: registry.example.com/web@{digest("a")}  # canary
    tag: "1.10"
    revision: 3f2c9d1
  db: {{image: postgres@{digest("b")}}}

edge:
  traefik:
    image: traefik@{digest("c")}
"""


def test_image_is_replaced_and_the_rest_stays(tmp_path: Path) -> None:
    path = tmp_path / "dev.yaml"
    path.write_text(WRITTEN, encoding="utf-8")
    set_image(path, "shop", "web", ImageRelease(image=f"registry.example.com/web@{digest('d')}", tag="v2"))
    expected = WRITTEN.replace(digest("a"), digest("d")).replace('tag: "1.10"\n    revision: 3f2c9d1', 'tag: "v2"')
    assert path.read_text(encoding="utf-8") == expected
    assert list(tmp_path.iterdir()) == [path], "no temporary file must be left"


def test_same_image_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "dev.yaml"
    path.write_text(WRITTEN, encoding="utf-8")
    release = ImageRelease(image=f"registry.example.com/web@{digest('a')}", tag="1.10", revision="3f2c9d1")
    set_image(path, "shop", "web", release)
    assert path.read_text(encoding="utf-8") == WRITTEN


def test_new_product_is_added_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "dev.yaml"
    path.write_text(WRITTEN, encoding="utf-8")
    set_image(path, "blog", "web", ImageRelease(image=f"blog@{digest('e')}"))
    assert path.read_text(encoding="utf-8") == f"{WRITTEN}blog:\n  web:\n    image: blog@{digest('e')}\n"


@pytest.mark.parametrize("text", [None, "", "# Made by hand.\n"])
def test_file_is_begun(text: str | None, tmp_path: Path) -> None:
    path = tmp_path / "dev.yaml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    set_image(path, "shop", "web", ImageRelease(image=f"web@{digest('a')}", tag="v1"))
    head = text if text is not None else path.read_text(encoding="utf-8").splitlines(keepends=True)[0]
    assert path.read_text(encoding="utf-8") == f"{head}shop:\n  web:\n    image: web@{digest('a')}\n    tag: v1\n"
    assert head == "" or head.startswith("# ")


def test_mode_of_the_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "dev.yaml"
    path.write_text(WRITTEN, encoding="utf-8")
    path.chmod(0o664)
    set_image(path, "shop", "web", ImageRelease(image=f"web@{digest('a')}"))
    assert path.stat().st_mode & 0o777 == 0o664


@pytest.mark.parametrize("image", ["web", "web:1", "web@sha256:abc", f"web:1@{digest('a')}", f"Web@{digest('a')}", ""])
def test_image_without_a_digest_is_not_written(image: str, tmp_path: Path) -> None:
    path = tmp_path / "dev.yaml"
    with pytest.raises(ConfigurationError) as caught:
        set_image(path, "shop", "web", ImageRelease(image=image))
    assert str(caught.value) == (
        f"{path}: shop.web.image: must be an image by digest, `repository@sha256:<64 hex digits>`"
    )
    assert not path.exists()


def test_file_with_mistakes_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "dev.yaml"
    path.write_text("shop: [canary]\n", encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        set_image(path, "shop", "web", ImageRelease(image=f"web@{digest('a')}"))
    assert str(caught.value) == f"{path}: shop: must be a map"
    assert path.read_text(encoding="utf-8") == "shop: [canary]\n"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a: [", ["dev.yaml: line 1, column 5: this is not YAML"]),
        ("a:\n\tb: {}", ["dev.yaml: line 2, column 1: a tab, which YAML does not take here: write spaces"]),
        ("a: {}\na: {}", ["dev.yaml: line 2, column 1: a key is written twice"]),
        ("[]", []),
        ("[canary]", ["dev.yaml: must be a map"]),
        ("Shop: {}", [f"dev.yaml: Shop: {NAME.sentence}"]),
        ("shop: {web: canary}", ["dev.yaml: shop.web: must be a map"]),
        ("shop: {web: {tag: 1}}", [
            "dev.yaml: shop.web.image: is missing",
            "dev.yaml: shop.web.tag: must be a text; put it in quotes if it looks like a number",
        ]),
        (f"shop: {{web: {{image: 'web@{digest('a')}', imgae: canary}}}}", [
            "dev.yaml: shop.web.imgae: is not a key here; did you mean `image`?"
        ]),
    ],
)  # fmt: skip
def test_wrong_release_file_gets_its_lines(text: str, lines: list[str], tmp_path: Path) -> None:
    path = tmp_path / "dev.yaml"
    path.write_text(text, encoding="utf-8")
    assert [str(mistake) for mistake in read_releases(path, "dev.yaml").mistakes] == lines


def test_missing_release_file_says_who_writes_it(stack: Stack) -> None:
    stack.releases = None
    assert stack.mistakes() == ["releases/dev.yaml: does not exist: `slipway pin dev` writes it"]


def test_services_without_a_digest_say_who_writes_it(stack: Stack) -> None:
    stack.releases = {"shop": {"web": {"image": f"registry.example.com/web@{digest('a')}"}}}
    assert stack.mistakes() == [
        (
            "releases/dev.yaml: edge.traefik: has no digest: "
            "`slipway release dev edge traefik <image>@sha256:…`, or `slipway pin dev`"
        ),
        (
            "releases/dev.yaml: shop.db: has no digest: "
            "`slipway release dev shop db <image>@sha256:…`, or `slipway pin dev`"
        ),
    ]


def test_images_of_nothing_are_refused(stack: Stack) -> None:
    assert stack.releases is not None
    stack.releases["shpo"] = {}
    stack.releases["shop"]["wep"] = stack.releases["shop"]["web"]
    stack.releases["edge"]["zzz"] = stack.releases["shop"]["web"]
    assert stack.mistakes() == [
        "releases/dev.yaml: edge.zzz: the product has no such service: remove it",
        "releases/dev.yaml: shop.wep: the product has no such service; did you mean `web`?",
        "releases/dev.yaml: shpo: the stack has no such product; did you mean `shop`?",
    ]


def test_digest_of_another_image_is_refused(stack: Stack) -> None:
    assert stack.releases is not None
    stack.releases["shop"]["web"] = stack.releases["shop"]["db"]
    assert stack.mistakes() == [
        "releases/dev.yaml: shop.web.image: is another image than the compose file names: change one of them"
    ]


def test_mistakes_of_a_release_file_come_with_those_of_the_stack_file(stack: Stack) -> None:
    stack.releases = {"shop": {"web": {"image": "web:canary"}}}
    stack.server["prot"] = 1
    assert [line.partition(": ")[2].partition(": ")[0] for line in stack.mistakes()] == [
        "slipway:servers.main.prot",
        "edge.traefik",
        "shop.db",
        "shop.web.image",
    ]


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("postgres", "docker.io/library/postgres"),
        ("postgres:17", "docker.io/library/postgres"),
        ("grafana/loki:3", "docker.io/grafana/loki"),
        (f"docker.io/library/postgres@{digest('a')}", "docker.io/library/postgres"),
        ("registry.example.com:5000/a/b:1", "registry.example.com:5000/a/b"),
        ("registry.example.com:5000/a", "registry.example.com:5000/a"),
        ("localhost/a:1", "localhost/a"),
    ],
)
def test_repository_is_written_out(image: str, expected: str) -> None:
    assert repository(image) == expected
