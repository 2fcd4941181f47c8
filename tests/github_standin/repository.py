"""One repository as the stand-in keeps it."""

from dataclasses import dataclass, field
from typing import Any

from nacl.public import PrivateKey, SealedBox

Thing = dict[str, Any]


@dataclass(kw_only=True)
class Sealed:
    """A secret: GitHub tells when it was changed, and nobody what it is."""

    value: str
    created_at: str
    updated_at: str


@dataclass(kw_only=True)
class Store:
    """Secrets and variables of a repository or of one of its environments."""

    key: PrivateKey = field(default_factory=PrivateKey.generate)
    secrets: dict[str, Sealed] = field(default_factory=dict)
    variables: dict[str, Thing] = field(default_factory=dict)

    def opened(self, box: bytes) -> str:
        """Return what was sealed with the public key."""
        return SealedBox(self.key).decrypt(box).decode()


@dataclass(kw_only=True)
class Environment:
    """An environment of a repository."""

    thing: Thing
    store: Store = field(default_factory=Store)
    policies: dict[int, Thing] = field(default_factory=dict)


def _actions() -> Thing:
    return {"enabled": True, "allowed_actions": "all", "sha_pinning_required": False}


def _token() -> Thing:
    return {"default_workflow_permissions": "write", "can_approve_pull_request_reviews": True}


@dataclass(kw_only=True)
class Repository:
    """A repository, with GitHub's defaults."""

    number: int
    owner: Thing
    settings: Thing
    created_at: str
    alerts: bool = False
    store: Store = field(default_factory=Store)
    environments: dict[str, Environment] = field(default_factory=dict)
    rulesets: dict[int, Thing] = field(default_factory=dict)
    keys: dict[int, Thing] = field(default_factory=dict)
    collaborators: set[str] = field(default_factory=set)
    actions: Thing = field(default_factory=_actions)
    selected: Thing = field(default_factory=dict)
    token: Thing = field(default_factory=_token)

    @property
    def is_public(self) -> bool:
        """Whether everybody may read it."""
        return bool(self.settings["visibility"] == "public")
