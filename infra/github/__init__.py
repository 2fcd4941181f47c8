"""Repositories on GitHub: their rules, their environments, and the secrets that workflows get there."""

from infra.github.environment import EnvironmentArgs
from infra.github.repository import Repository, RepositoryArgs
from infra.github.rules import ActionsArgs, BranchArgs
from infra.github.settings import SettingsArgs

__all__ = ["ActionsArgs", "BranchArgs", "EnvironmentArgs", "Repository", "RepositoryArgs", "SettingsArgs"]
