"""Compose files as they are in the wild: each maps fully, or fails with exactly its lines.

The files of `wild/` were written for this test after the shapes that are met most often. What a file is refused for
stands beside it, in `<name>.lines`; one without such lines maps fully.
"""

from pathlib import Path

import pytest

from infra.compose.reader import Reading, read_project
from infra.config.plain_yaml import parse

WILD = Path(__file__).with_name("wild")
NAMES = sorted(path.stem for path in WILD.glob("*.yaml"))
FEWEST = 20
VARIABLES = {
    "APP_KEY": "{secret:app_key}",
    "BASE_URL": "https://stats.example.com",
    "DB_PASSWORD": "{secret:db_password}",
    "ENCRYPTION_KEY": "{secret:key}",
    "MYSQL_PASSWORD": "{secret:db_password}",
    "MYSQL_ROOT_PASSWORD": "{secret:root_password}",
    "PUBLIC_URL": "https://meet.example.com",
    "RAILS_MASTER_KEY": "{secret:master_key}",
    "SECRET_KEY_BASE": "{secret:key_base}",
    "UPLOAD_LOCATION": "/srv/dev-shop/photos",
    "XMPP_SERVER": "xmpp.meet.jitsi",
}


def expected(name: str) -> list[str]:
    """Return the lines that a file is refused for."""
    path = WILD / f"{name}.lines"
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def read(name: str) -> Reading:
    """Read a file as a product of the stack `dev`."""
    return read_project([f"{name}.yaml"], root=WILD, variables=VARIABLES, name="dev-shop")


@pytest.mark.parametrize("name", NAMES)
def test_file_maps_fully_or_fails_with_exactly_its_lines(name: str) -> None:
    reading = read(name)
    assert sorted(str(mistake).removeprefix(f"{name}.yaml: ") for mistake in reading.mistakes) == expected(name)
    assert (reading.project is None) == bool(expected(name))


@pytest.mark.parametrize("name", [name for name in NAMES if not expected(name)])
def test_no_service_of_a_file_is_lost(name: str) -> None:
    project = read(name).project
    assert project is not None
    written = set(parse((WILD / f"{name}.yaml").read_text(encoding="utf-8"))["services"])
    assert written <= {*project.services, *project.left_out}


def test_there_are_files_of_many_shapes() -> None:
    assert len(NAMES) >= FEWEST
    assert len([name for name in NAMES if not expected(name)]) >= FEWEST // 2, "most shapes have to map"
