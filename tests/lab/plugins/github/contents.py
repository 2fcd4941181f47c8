"""Secrets and variables, of a repository and of its environments."""

from typing import ClassVar

from typing_extensions import override

from infra.host.plugin.values import Properties
from tests.lab.plugins.github.environment import environment_path
from tests.lab.plugins.github.resource import REPOSITORY, GitHubResource, parted
from tests.lab.plugins.schema import Field, Schema

_NAME = Field(required=True, replaces=True)


class Secret(GitHubResource):
    """A secret: what it is cannot be read, when it was changed can. Previews make nothing of that, as the vendor's."""

    token = "github:index/actionsSecret:ActionsSecret"
    delete_before_replace = True
    computed = frozenset({"createdAt", "updatedAt", "remoteUpdatedAt"})
    schema: ClassVar[Schema] = {"repository": REPOSITORY, "secretName": _NAME, "value": Field(required=True)}

    @override
    def create(self, inputs: Properties) -> tuple[str, Properties]:
        names = (inputs["repository"], inputs.get("environment"), inputs["secretName"])
        return ":".join(name.replace(":", "??") for name in names if name), self.update("", {}, inputs)

    @override
    def look(self, identity: str, outputs: Properties) -> Properties | None:
        place = dict(zip(self._place, parted(identity, outputs, *self._place), strict=True))
        found = self.api.find(f"{self.path(place)}/{place['secretName']}")
        if found is None:
            return None
        times = {"createdAt": found["created_at"], "updatedAt": found["updated_at"]}
        return {**times, **outputs, **place, "remoteUpdatedAt": found["updated_at"]}

    @override
    def update(self, identity: str, old: Properties, new: Properties) -> Properties:
        path = self.path(new)
        self.api.send("PUT", f"{path}/{new['secretName']}", self.api.sealed(path, new["value"]))
        found = self.api.send("GET", f"{path}/{new['secretName']}")
        at = found["updated_at"]
        return {**new, "createdAt": found["created_at"], "updatedAt": at, "remoteUpdatedAt": at}

    @override
    def delete(self, identity: str, outputs: Properties) -> None:
        self.api.delete(f"{self.path(outputs)}/{outputs['secretName']}")

    @property
    def _place(self) -> tuple[str, ...]:
        return tuple(name for name in self.schema if name != "value")

    def path(self, place: Properties) -> str:
        """Return where the secrets of its place are."""
        return self.api.repository(place["repository"], "/actions/secrets")


class EnvironmentSecret(Secret):
    """A secret of an environment."""

    token = "github:index/actionsEnvironmentSecret:ActionsEnvironmentSecret"
    schema: ClassVar[Schema] = {
        "repository": REPOSITORY,
        "environment": _NAME,
        "secretName": _NAME,
        "value": Field(required=True),
    }

    @override
    def path(self, place: Properties) -> str:
        return f"{environment_path(self, place['repository'], place['environment'])}/secrets"


class Variable(GitHubResource):
    """A value that workflows may show."""

    token = "github:index/actionsVariable:ActionsVariable"
    schema: ClassVar[Schema] = {"repository": REPOSITORY, "variableName": _NAME, "value": Field(required=True)}

    @override
    def create(self, inputs: Properties) -> tuple[str, Properties]:
        request = {"name": inputs["variableName"], "value": inputs["value"]}
        self.api.send("POST", self.path(inputs), request)
        names = (inputs["repository"], inputs.get("environment"), inputs["variableName"])
        return ":".join(name.replace(":", "??") for name in names if name), inputs

    @override
    def look(self, identity: str, outputs: Properties) -> Properties | None:
        place = dict(zip(self._place, parted(identity, outputs, *self._place), strict=True))
        found = self.api.find(f"{self.path(place)}/{place['variableName']}")
        return None if found is None else {**place, "value": found["value"]}

    @override
    def update(self, identity: str, old: Properties, new: Properties) -> Properties:
        path = f"{self.path(new)}/{new['variableName']}"
        self.api.send("PATCH", path, {"name": new["variableName"], "value": new["value"]})
        return new

    @override
    def delete(self, identity: str, outputs: Properties) -> None:
        self.api.delete(f"{self.path(outputs)}/{outputs['variableName']}")

    @property
    def _place(self) -> tuple[str, ...]:
        return tuple(name for name in self.schema if name != "value")

    def path(self, place: Properties) -> str:
        """Return where the variables of its place are."""
        return self.api.repository(place["repository"], "/actions/variables")


class EnvironmentVariable(Variable):
    """A value that workflows may show in an environment."""

    token = "github:index/actionsEnvironmentVariable:ActionsEnvironmentVariable"
    schema: ClassVar[Schema] = {
        "repository": REPOSITORY,
        "environment": _NAME,
        "variableName": _NAME,
        "value": Field(required=True),
    }

    @override
    def path(self, place: Properties) -> str:
        return f"{environment_path(self, place['repository'], place['environment'])}/variables"
