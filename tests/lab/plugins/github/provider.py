"""The provider `github`: where GitHub is, whose repositories, and which resources it has."""

import os
from threading import Lock

from typing_extensions import override

from infra.host.plugin.base import Provider
from infra.host.plugin.errors import InvalidInputsError, ProviderError
from infra.host.plugin.values import Properties
from tests.lab.plugins.github.api import Api
from tests.lab.plugins.github.contents import EnvironmentSecret, EnvironmentVariable, Secret, Variable
from tests.lab.plugins.github.environment import DeploymentPolicy, Environment
from tests.lab.plugins.github.repository import DeployKey, Repository, VulnerabilityAlerts
from tests.lab.plugins.github.rules import ActionsPermissions, Ruleset, WorkflowPermissions

_KNOWN = frozenset({"owner", "baseUrl", "token", "legacyClient", "parallelRequests", "writeDelayMs", "readDelayMs"})
_KINDS = (
    Repository,
    VulnerabilityAlerts,
    DeployKey,
    Ruleset,
    ActionsPermissions,
    WorkflowPermissions,
    Environment,
    DeploymentPolicy,
    Secret,
    EnvironmentSecret,
    Variable,
    EnvironmentVariable,
)


class GitHub(Provider):
    """Repositories of one owner; previews need no connection, other than the vendor's."""

    name = "github"
    version = "6.15.0+standin"

    def __init__(self) -> None:
        super().__init__([kind(self.api) for kind in _KINDS])
        self._config: Properties = {}
        self._api: Api | None = None
        self._lock = Lock()

    def api(self) -> Api:
        """Return the interface."""
        with self._lock:
            if self._api is None:
                token = self._config.get("token") or os.environ.get("GITHUB_TOKEN")
                if not token or not self._config.get("owner"):
                    message = "there is no token for GitHub: set GITHUB_TOKEN"
                    raise ProviderError(message)
                self._api = Api(str(self._config["owner"]), str(self._config["baseUrl"]), str(token))
            return self._api

    @override
    def check_config(self, config: Properties) -> Properties:
        strange = sorted(config.keys() - _KNOWN)
        if strange:
            raise InvalidInputsError(
                (name, "there is no such setting, or this stand-in does not support it") for name in strange
            )
        return config

    @override
    def configure(self, config: Properties) -> None:
        self._config = config

    @override
    def close(self) -> None:
        if self._api is not None:
            self._api.close()
