"""`slipway rotate` for secrets on GitHub, as a person calls it."""

import json
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Slipway

REPOSITORIES = """  # Who may do what.
  slipway:repositories:
    shop:
      owner: acme
      plan: team
      visibility: private
      branch: {checks: [check]}  # green first
      secrets:
        SALT: {generate: 32}
      environments:
        dev:
          deploy: ssh
          secrets:
            SESSION: {generate: 32, rotation: 4}
            STRIPE: {config: registry}
            HOST: {output: servers.main.host}
        production:
          deploy: {by: ssh, names: {DEPLOY_SSH_KEY: PROD_KEY}}
"""


@pytest.fixture
def stack(project: Path) -> Path:
    """Return a stack file with a repository."""
    path = project / "Pulumi.dev.yaml"
    text = path.read_text(encoding="utf-8").lstrip()
    path.write_text(text + REPOSITORIES, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("arguments", "before", "after"),
    [
        (("SALT", "--repository"), "SALT: {generate: 32}", "SALT: {generate: 32, rotation: 2}"),
        (("SESSION", "--environment", "dev"), "rotation: 4", "rotation: 5"),
        (("DEPLOY_SSH_KEY", "--environment", "dev"), "deploy: ssh", "deploy: {by: ssh, rotation: 2}"),
        (
            ("PROD_KEY", "--environment", "production"),
            "{by: ssh, names: {DEPLOY_SSH_KEY: PROD_KEY}}",
            "{by: ssh, names: {DEPLOY_SSH_KEY: PROD_KEY}, rotation: 2}",
        ),
    ],
)
def test_a_number_is_counted_up_and_nothing_else_changes(
    slipway: Slipway, stack: Path, arguments: tuple[str, ...], before: str, after: str
) -> None:
    text = stack.read_text(encoding="utf-8")
    answer = slipway("rotate", "dev", "shop", *arguments)
    assert answer.exit_code == 0, answer.output
    assert stack.read_text(encoding="utf-8") == text.replace(before, after, 1)
    assert "Next: `slipway up dev`" in answer.output.replace("\n", " ")
    again = slipway("rotate", "dev", "shop", *arguments)
    assert again.exit_code == 0, again.output


def test_programs_get_what_was_written(slipway: Slipway, stack: Path) -> None:
    answer = slipway("rotate", "dev", "shop", "SESSION", "--environment", "dev", "--json")
    assert json.loads(answer.output) == {
        "stack": "dev",
        "repository": "shop",
        "environment": "dev",
        "secret": "SESSION",
        "rotation": 5,
    }
    assert stack.exists()


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("shp", "SALT", "--repository"), 2, "dev has no repository shp; did you mean `shop`?"),
        (("shop", "SALTS", "--repository"), 2, "repository shop in dev has no secret SALTS; did you mean `SALT`?"),
        (("shop", "SALT", "--environment", "prod"), 2, "shop in dev has no environment prod"),
        (
            ("shop", "STRIPE", "--environment", "dev"),
            1,
            "`pulumi config set --secret slipway:secret-registry --stack dev`",
        ),
        (("shop", "HOST", "--environment", "dev"), 1, "HOST is the stack's own servers.main.host, and changes with it"),
        (("shop", "DEPLOY_HOST", "--environment", "dev"), 1, "is not made but given by `deploy: ssh`"),
        (("shop", "DEPLOY_SSH_KEY", "--environment", "production"), 2, "has no secret DEPLOY_SSH_KEY"),
    ],
)
def test_what_cannot_be_rotated_is_told_and_nothing_is_written(
    slipway: Slipway, stack: Path, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    before = stack.read_text(encoding="utf-8")
    answer = slipway("rotate", "dev", *arguments)
    assert answer.exit_code == code, answer.output
    assert sentence in answer.output.replace("\n", " ")
    assert stack.read_text(encoding="utf-8") == before
