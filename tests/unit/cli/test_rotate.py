"""`slipway rotate`, as a person calls it."""

import json
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Slipway

SECRETS = """    # What the shop keeps to itself.
    shop:
      server: main
      compose: [compose.yaml]
      env: {REGISTRY: "registry.test"}  # where its images are
      secrets:
        session_key: {generate: 32}
        db_password: {generate: 32, rotation: 4}
        stripe_key: {config: registry}
"""
SERVICES = """
services:
  db: {image: "${REGISTRY}/postgres:17", secrets: [db_password], user: "999:999"}
  web: {image: "${REGISTRY}/shop/web", secrets: [session_key, db_password], user: "1:1"}
  cache: {image: "${REGISTRY}/redis:8", environment: {KEY: "{secret:session_key}"}, x-slipway: {release: recreate}}
secrets: {session_key: {external: true}, db_password: {external: true}}
"""


@pytest.fixture
def stack(project: Path) -> Path:
    """Return a stack file with secrets."""
    path = project / "Pulumi.dev.yaml"
    text = path.read_text(encoding="utf-8").lstrip()
    path.write_text(text[: text.index("    shop:")] + SECRETS, encoding="utf-8")
    (project / "compose.yaml").write_text(SERVICES, encoding="utf-8")
    return path


def test_a_number_is_counted_up_and_nothing_else_changes(slipway: Slipway, stack: Path) -> None:
    before = stack.read_text(encoding="utf-8")
    for number in (2, 3):
        answer = slipway("rotate", "dev", "shop", "session_key")
        assert answer.exit_code == 0, answer.output
        assert f"rotation {number}" in answer.output
        wanted = f"session_key: {{generate: 32, rotation: {number}}}"
        assert stack.read_text(encoding="utf-8") == before.replace("session_key: {generate: 32}", wanted)
    shown = answer.output.replace("\n", " ")
    assert "Next: `slipway up dev --product shop`" in shown
    assert "rolling" in shown
    assert "stop-first ≤" in shown


def test_programs_get_what_will_be_released(slipway: Slipway, stack: Path) -> None:
    data = json.loads(slipway("rotate", "dev", "shop", "session_key", "--json").output)
    assert data == {
        "stack": "dev",
        "product": "shop",
        "secret": "session_key",
        "rotation": 2,
        "services": ["cache", "web"],
    }
    assert stack.exists()


@pytest.mark.parametrize(
    ("secret", "code", "sentence"),
    [
        ("session", 2, "shop in dev has no secret session; did you mean `session_key`?"),
        ("stripe_key", 1, "`pulumi config set --secret slipway:secret-registry --stack dev` sets another"),
        ("db_password", 1, "db_password is the password that db made its data with"),
    ],
)
def test_what_cannot_be_rotated_is_told_and_nothing_is_written(
    slipway: Slipway, stack: Path, secret: str, code: int, sentence: str
) -> None:
    before = stack.read_text(encoding="utf-8")
    answer = slipway("rotate", "dev", "shop", secret)
    assert answer.exit_code == code
    assert sentence in answer.output.replace("\n", " ")
    assert stack.read_text(encoding="utf-8") == before


def test_lists_stay_as_they_are_written(slipway: Slipway, stack: Path) -> None:
    before = stack.read_text(encoding="utf-8").replace("compose: [compose.yaml]", "compose:\n      - compose.yaml")
    stack.write_text(before, encoding="utf-8")
    assert slipway("rotate", "dev", "shop", "session_key").exit_code == 0
    assert stack.read_text(encoding="utf-8").replace(", rotation: 2", "", 1) == before
