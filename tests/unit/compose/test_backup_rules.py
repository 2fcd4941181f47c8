"""What a compose file must not say of backups."""

import pytest

from tests.unit.compose.conftest import Mistakes, Parse

COMPOSE = """
services:
  one: {{image: {image}, volumes: ["{mount}"], x-slipway: {{backup: {backup}}}}}
volumes: {{data: {{}}}}
"""
FOLDER = "/srv/dev-shop/files"
POSTGRES = "/var/lib/postgresql/data"
BESIDE = """
services:
  db: {{image: {image}, volumes: ["/srv/dev-shop/files:{target}"]}}
  b: {{image: x, volumes: [{{type: bind, source: {other}, target: /b, read_only: {read_only}}}]}}
"""
STOP = "x-slipway: {backup: {files: stop}}"


@pytest.mark.parametrize(
    ("image", "mount", "backup", "mistake"),
    [
        ("x", "data:/data", "{none: short}", "none: "),
        ("x", "data:/data", "{none: it is made anew at night, files: stop}", "has `none`, beside which nothing else"),
        ("x", "data:/data", "{files: cold}", "files: must be"),
        ("x", "data:/data", "{sqlite: [/other/app.db]}", "/other/app.db is in no volume or folder that the serv"),
        ("x", f"{FOLDER}:/data", "{sqlite: [/other/app.db]}", "/other/app.db is in no volume or folder that the serv"),
        ("x", "data:/data", "{checks: [SELECT true]}", "checks: is for a PostgreSQL service"),
        ("x", f"{FOLDER}:/data:ro", "{files: stop}", "has no effect: the service keeps nothing in a volume or folder"),
        ("x", "./compose.yaml:/data:ro", "{files: stop}", "has no effect: the service keeps nothing in a volume or"),
        ("postgres:17", f"{FOLDER}:{POSTGRES}", "{files: stop}", "files: has no effect: PostgreSQL is dumped"),
        ("postgres:17", f"data:{POSTGRES}", "{files: stop}", "files: has no effect: PostgreSQL is dumped"),
        ("postgres:17", f"data:{POSTGRES}", "{database: shop}", "database: has no effect without `checks`"),
    ],
)
def test_a_mistake_is_named_with_its_place(
    image: str, mount: str, backup: str, mistake: str, mistakes: Mistakes
) -> None:
    found = mistakes(COMPOSE.format(image=image, mount=mount, backup=backup))
    assert [line for line in found if "x-slipway.backup" in line and mistake in line], found


def test_a_service_that_keeps_nothing_has_no_backup(mistakes: Mistakes) -> None:
    found = mistakes("services: {one: {image: x, x-slipway: {backup: {files: stop}}}}")
    assert any("has no effect: the service keeps nothing in a volume or folder" in line for line in found), found


def test_one_service_speaks_for_a_volume(mistakes: Mistakes) -> None:
    one = "image: x, volumes: [data:/data], x-slipway: {backup: {files: stop}}"
    found = mistakes(f"services:\n  a: {{{one}}}\n  b: {{{one}}}\nvolumes: {{data: {{}}}}\n")
    assert any("service a says it of volume data already" in line for line in found), found


@pytest.mark.parametrize(
    ("image", "target", "backup"),
    [
        ("x", "/data", "{files: pause, sqlite: [/data/app.db]}"),
        ("x", "/data", "{none: it is made anew every night}"),
        ("postgres:17", POSTGRES, "{checks: [SELECT true]}"),
    ],
)
def test_what_is_said_of_a_folder_is_taken(image: str, target: str, backup: str, parse: Parse) -> None:
    compose = COMPOSE.format(image=image, mount=f"{FOLDER}:{target}", backup=backup)
    assert parse(compose.replace("volumes: {data: {}}\n", "")).services["one"].backup


def test_one_service_speaks_for_a_folder_however_it_is_written(mistakes: Mistakes) -> None:
    one, same = (f"{{image: x, volumes: ['{path}:/data'], {STOP}}}" for path in (FOLDER, f"{FOLDER}/"))
    found = mistakes(f"services:\n  a: {one}\n  b: {same}\n")
    assert any(f"service a says it of folder {FOLDER} already" in line for line in found), found


def test_a_folder_inside_of_another_is_spoken_for_by_whoever_has_that(mistakes: Mistakes) -> None:
    outer = f"a: {{image: x, volumes: ['{FOLDER}:/data']}}"
    found = mistakes(f"services:\n  {outer}\n  b: {{image: x, volumes: ['{FOLDER}/in:/data'], {STOP}}}\n")
    assert any(f"has no effect on {FOLDER}/in: it lies in {FOLDER} of another" in line for line in found), found


@pytest.mark.parametrize("other", [f"{FOLDER}/in", "/srv/dev-shop"])
@pytest.mark.parametrize(("image", "target"), [("postgres:17", POSTGRES), ("redis:8", "/data")])
def test_a_database_has_a_folder_of_its_own(other: str, image: str, target: str, mistakes: Mistakes) -> None:
    found = mistakes(BESIDE.format(image=image, target=target, other=other, read_only="false"))
    assert any(f"{FOLDER} is a database's, and service b writes to {other}: keep them" in line for line in found), found


@pytest.mark.parametrize(("other", "read_only"), [(f"{FOLDER}/in", "true"), (f"{FOLDER}-2", "false")])
def test_what_is_read_or_elsewhere_is_no_trouble_of_a_database(other: str, read_only: str, parse: Parse) -> None:
    compose = BESIDE.format(image="postgres:17", target=POSTGRES, other=other, read_only=read_only)
    assert parse(compose).services.keys() == {"db", "b"}
