"""A project in a folder of its own, and the command run in it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from infra.cli.app import app

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ6hoSN6t0sPV1Vb4ZJ0dY7w1yJ2z3Q4R5S6T7U8V9Wa"
DIGEST = "sha256:" + "0123456789abcdef" * 4
OTHER = "sha256:" + "fedcba9876543210" * 4
PASSWORD = "canary-7d1b62"
"""The registry's password; must never come out."""

Slipway = Callable[..., Result]


def stack_file(registry: str, *, source: str = "{file: password}") -> str:
    """Return a stack file with one product, whose images come from a registry that wants a login."""
    return f"""
config:
  slipway:servers:
    main: {{host: 127.0.0.1, ssh: {{host_key: "{KEY}"}}, admin_keys: ["{KEY}"]}}
  slipway:registries:
    "{registry}": {{username: ci, password: {source}}}
  slipway:secret-registry: {{secure: v1:AAAA:BBBB}}
  slipway:products:
    shop: {{server: main, compose: [compose.yaml], env: {{REGISTRY: "{registry}"}}}}
"""


EDGE = "  slipway:edge: {acme: {email: ops@example.com}}\n"
"""A line more, for a stack with an edge."""
COMPOSE = """
services:
  db: {image: "${REGISTRY}/postgres:17"}
  web: {image: "${REGISTRY}/shop/web"}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a project that the command is run in."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: slipway\nruntime: python\n", encoding="utf-8")
    (folder / "Pulumi.dev.yaml").write_text(stack_file("registry.test"), encoding="utf-8")
    (folder / "compose.yaml").write_text(COMPOSE, encoding="utf-8")
    (folder / "password").write_text(f"{PASSWORD}\n", encoding="utf-8")
    monkeypatch.chdir(folder)
    monkeypatch.delenv("SLIPWAY_RELEASES", raising=False)
    return folder


@pytest.fixture
def slipway(project: Path) -> Slipway:
    """Return the command; whatever it says must not hold the password."""

    def run(*arguments: str, stdin: str | None = None) -> Result:
        result = CliRunner().invoke(app, list(arguments), input=stdin, catch_exceptions=False)
        assert PASSWORD not in result.output, f"the password was printed in {project}"
        return result

    return run
