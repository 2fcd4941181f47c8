"""A right stack to change one thing in."""

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from infra.config.flat_config import FlatConfig
from infra.config.load import load
from infra.config.mistakes import ConfigurationError
from infra.config.settings import Settings

CANARY = "canary-7f3a"
KEY = f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{'A' * 43}"
COMPOSE = """
services:
  web: {image: registry.example.com/web:1, expose: ["8000"], environment: {URL: "${URL}"}}
  db: {image: "postgres:17", secrets: [db_password]}
secrets: {db_password: {external: true}}
"""


def digest(letter: str) -> str:
    """Return a digest of one hexadecimal letter."""
    return f"sha256:{letter * 64}"


RELEASES = {
    "shop": {
        "web": {"image": f"registry.example.com/web@{digest('a')}", "tag": "v1", "revision": "3f2c9d1"},
        "db": {"image": f"docker.io/library/postgres@{digest('b')}"},
    },
    "edge": {"traefik": {"image": f"traefik@{digest('c')}"}},
}


def sections() -> dict[str, Any]:
    """Return the sections of a right stack file."""
    return {
        "servers": {"main": {"host": "192.0.2.1", "ssh": {"host_key": KEY}, "admin_keys": [f"{KEY} anna@laptop"]}},
        "edge": {"acme": {"email": "ops@example.com"}},
        "registries": {"registry.example.com": {"username": "bot", "password": {"config": "registry"}}},
        "products": {
            "shop": {
                "server": "main",
                "compose": ["compose.yaml"],
                "env": {"URL": "postgresql://app:{secret:db_password}@db/app"},
                "secrets": {"db_password": {"generate": 32}},
                "ingress": [{"host": "shop.example.com", "service": "web", "port": 8000}],
            }
        },
    }


@dataclass
class Stack:
    """A stack in a folder of its own."""

    root: Path
    sections: dict[str, Any] = field(default_factory=sections)
    secrets: dict[str, str] = field(default_factory=lambda: {"slipway:secret-registry": "canary-secret"})
    other: dict[str, str] = field(default_factory=lambda: {"pulumi:disable-default-providers": '["*"]'})
    encrypted: Collection[str] = ("slipway:secret-registry", "slipway:secret-stripe-key")
    releases: dict[str, Any] | None = field(default_factory=lambda: json.loads(json.dumps(RELEASES)))
    name: str = "dev"
    preview: bool = True

    @property
    def product(self) -> dict[str, Any]:
        """The section of the product `shop`."""
        found: dict[str, Any] = self.sections["products"]["shop"]
        return found

    @property
    def server(self) -> dict[str, Any]:
        """The section of the server `main`."""
        found: dict[str, Any] = self.sections["servers"]["main"]
        return found

    def config(self) -> FlatConfig:
        """Return what Pulumi would hand over."""
        ours = {f"slipway:{name}": json.dumps(value) for name, value in self.sections.items()}
        return FlatConfig(values={**self.other, **self.secrets, **ours}, encrypted=self.encrypted)

    def load(self) -> Settings:
        """Load the stack."""
        folder = self.root / "releases"
        folder.mkdir(exist_ok=True)
        if self.releases is not None:
            (folder / f"{self.name}.yaml").write_text(json.dumps(self.releases), encoding="utf-8")
        return load(self.config(), stack=self.name, root=self.root, releases=folder, preview=self.preview)

    def mistakes(self) -> list[str]:
        """Load the stack, which has mistakes; return the lines a person sees."""
        with pytest.raises(ConfigurationError) as caught:
            self.load()
        return str(caught.value).splitlines()


def change(*path: str | int, to: object) -> Callable[[Stack], None]:
    """Return what sets one value of the stack file."""

    def apply(stack: Stack) -> None:
        part: Any = stack.sections
        for step in path[:-1]:
            part = part[step]
        part[path[-1]] = to

    return apply


def remove(*path: str | int) -> Callable[[Stack], None]:
    """Return what removes one key of the stack file."""

    def apply(stack: Stack) -> None:
        part: Any = stack.sections
        for step in path[:-1]:
            part = part[step]
        del part[path[-1]]

    return apply


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    (tmp_path / "compose.yaml").write_text(COMPOSE, encoding="utf-8")
    return Stack(tmp_path)
