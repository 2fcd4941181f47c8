"""What the component of a repository gets: its part of a stack file, with everything it names resolved."""

from collections.abc import Mapping
from dataclasses import dataclass

from infra.config.github_plans import Plan, Visibility
from infra.config.repositories import Actions, DefaultBranch
from infra.config.settings import ConfigSecret, FileSecret, GeneratedSecret


@dataclass(frozen=True, kw_only=True, slots=True)
class StackText:
    """A text that the stack itself knows, such as a server's address."""

    text: str | None
    """None while the file that holds it does not exist yet, which only a preview accepts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DeployKey:
    """The private part of a key that is made for one environment, and let in on one server."""

    server: str
    environment: str
    rotation: int


SecretValue = ConfigSecret | GeneratedSecret | StackText | DeployKey


@dataclass(frozen=True, kw_only=True, slots=True)
class EnvironmentSettings:
    """An environment of a repository."""

    name: str
    branches: tuple[str, ...]
    tags: tuple[str, ...]
    users: tuple[str, ...]
    """Reviewers, by login."""
    teams: tuple[str, ...]
    """Reviewers, by the team's short name."""
    wait_minutes: int
    self_review: bool
    admins_bypass: bool
    secrets: Mapping[str, SecretValue]
    variables: Mapping[str, StackText]


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnSettings:
    """What the one stack says that has a repository."""

    adopt: bool
    visibility: Visibility
    description: str
    homepage: str
    topics: tuple[str, ...]
    issues: bool
    wiki: bool
    merge_methods: frozenset[str]
    secret_scanning: bool
    branch: DefaultBranch | None
    """None where the plan has no rulesets."""
    protected_tags: tuple[str, ...]
    actions: Actions
    deploy_keys: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class RepositorySettings:
    """A repository on GitHub."""

    key: str
    """Its name in the stack file."""
    owner: str
    name: str
    plan: Plan
    own: OwnSettings | None
    """None where another stack has the repository."""
    environments: tuple[EnvironmentSettings, ...]
    secrets: Mapping[str, SecretValue]
    variables: Mapping[str, StackText]
    notices: tuple[str, ...]
    """What its plan cannot do, and what is done instead."""

    @property
    def path(self) -> str:
        """Its name with its owner, as GitHub writes it."""
        return f"{self.owner}/{self.name}"


@dataclass(frozen=True, kw_only=True, slots=True)
class GitHubSettings:
    """How GitHub is signed in to."""

    token: ConfigSecret | FileSecret | None
    """None for the token of the environment."""
    base_url: str
