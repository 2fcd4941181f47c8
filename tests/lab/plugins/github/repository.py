"""`github.Repository`, its vulnerability alerts and its deploy keys."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

from typing_extensions import override

from infra.host.plugin.values import Properties
from tests.lab.plugins.github.api import ApiError, camel, snake
from tests.lab.plugins.github.resource import REPOSITORY, GitHubResource, parted
from tests.lab.plugins.schema import Field, Kind, Many, Schema

_FLAG = Field(kind=Kind.FLAG, default=False)
"""The vendor sends false for one that is not set, whatever GitHub's own default is."""
_STATUS = Field(kind=Kind.OBJECT, fields={"status": Field(required=True)}, lenient=True, computed=True)
_RENAMED = {"homepageUrl": "homepage"}

SETTINGS: Schema = {
    "name": Field(required=True),
    "visibility": Field(computed=True),
    "description": Field(),
    "homepageUrl": Field(),
    "topics": Field(many=Many.SET),
    "hasIssues": _FLAG,
    "hasWiki": _FLAG,
    "hasProjects": _FLAG,
    "allowMergeCommit": Field(kind=Kind.FLAG, default=True),
    "allowSquashMerge": Field(kind=Kind.FLAG, default=True),
    "allowRebaseMerge": Field(kind=Kind.FLAG, default=True),
    "allowAutoMerge": _FLAG,
    "deleteBranchOnMerge": _FLAG,
    "securityAndAnalysis": Field(
        kind=Kind.OBJECT,
        fields={"secretScanning": _STATUS, "secretScanningPushProtection": _STATUS},
        computed=True,
    ),
}
_ADDRESSES = {
    "fullName": "full_name",
    "htmlUrl": "html_url",
    "sshCloneUrl": "ssh_url",
    "httpCloneUrl": "clone_url",
    "gitCloneUrl": "git_url",
    "nodeId": "node_id",
    "repoId": "id",
    "defaultBranch": "default_branch",
}


class Repository(GitHubResource):
    """A repository; deleting it deletes it, so a program keeps it by `retain_on_delete`."""

    token = "github:index/repository:Repository"
    schema = SETTINGS
    computed = frozenset(_ADDRESSES)
    stable = computed

    @override
    def create(self, inputs: Properties) -> tuple[str, Properties]:
        request = _request(inputs)
        analysis = request.pop("security_and_analysis", None)
        topics = request.pop("topics", [])
        found = self._made(request)
        path = self.api.repository(inputs["name"])
        if topics:
            self.api.send("PUT", f"{path}/topics", {"names": topics})
        if analysis is not None:
            found = self.api.send("PATCH", path, {"security_and_analysis": analysis})
        return inputs["name"], {**_outputs(found), "topics": topics}

    def _made(self, request: Properties) -> Any:
        """Make a repository of an organisation, or of the person whose token it is."""
        try:
            return self.api.send("POST", f"orgs/{self.api.owner}/repos", request)
        except ApiError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            return self.api.send("POST", "user/repos", request)

    @override
    def look(self, identity: str, outputs: Properties) -> Properties | None:
        found = self.api.find(self.api.repository(identity))
        return None if found is None else _outputs(found)

    @override
    def update(self, identity: str, old: Properties, new: Properties) -> Properties:
        request = _request(new)
        topics = request.pop("topics", [])
        path = self.api.repository(identity)
        if sorted(topics) != sorted(old.get("topics") or []):
            self.api.send("PUT", f"{path}/topics", {"names": topics})
        return _outputs(self.api.send("PATCH", path, request))

    @override
    def delete(self, identity: str, outputs: Properties) -> None:
        self.api.delete(self.api.repository(identity))


class VulnerabilityAlerts(GitHubResource):
    """Whether a repository is told of holes in what it depends on."""

    token = "github:index/repositoryVulnerabilityAlerts:RepositoryVulnerabilityAlerts"
    schema: ClassVar[Schema] = {"repository": REPOSITORY, "enabled": Field(kind=Kind.FLAG, default=True)}

    @override
    def create(self, inputs: Properties) -> tuple[str, Properties]:
        return inputs["repository"], self.update(inputs["repository"], {}, inputs)

    @override
    def look(self, identity: str, outputs: Properties) -> Properties | None:
        enabled = self.api.find(self.api.repository(identity, "/vulnerability-alerts")) is not None
        if not enabled and self.api.find(self.api.repository(identity)) is None:
            return None
        return {"repository": identity, "enabled": enabled}

    @override
    def update(self, identity: str, old: Properties, new: Properties) -> Properties:
        method = "PUT" if new["enabled"] else "DELETE"
        self.api.send(method, self.api.repository(identity, "/vulnerability-alerts"))
        return new

    @override
    def delete(self, identity: str, outputs: Properties) -> None:
        self.api.delete(self.api.repository(identity, "/vulnerability-alerts"))


class DeployKey(GitHubResource):
    """A key that may read; GitHub changes none, so a change replaces it."""

    token = "github:index/repositoryDeployKey:RepositoryDeployKey"
    delete_before_replace = True
    schema: ClassVar[Schema] = {
        "repository": REPOSITORY,
        "title": Field(required=True, replaces=True),
        "key": Field(required=True, replaces=True),
        "readOnly": Field(kind=Kind.FLAG, default=True, replaces=True),
    }

    @override
    def create(self, inputs: Properties) -> tuple[str, Properties]:
        path = self.api.repository(inputs["repository"], "/keys")
        request = {"title": inputs["title"], "key": inputs["key"], "read_only": inputs["readOnly"]}
        made = self.api.send("POST", path, request)
        return f"{inputs['repository']}:{made['id']}", {**inputs, "key": made["key"]}

    @override
    def look(self, identity: str, outputs: Properties) -> Properties | None:
        repository, number = parted(identity, {}, "repository", "id")
        found = self.api.find(self.api.repository(repository, f"/keys/{number}"))
        if found is None:
            return None
        shown = {"title": found["title"], "key": found["key"], "readOnly": found["read_only"]}
        return {"repository": repository, **shown}

    @override
    def update(self, identity: str, old: Properties, new: Properties) -> Properties:
        return {**old, **new}

    @override
    def delete(self, identity: str, outputs: Properties) -> None:
        repository, number = parted(identity, {}, "repository", "id")
        self.api.delete(self.api.repository(repository, f"/keys/{number}"))


def _request(inputs: Properties) -> dict[str, Any]:
    request: dict[str, Any] = snake({_RENAMED.get(name, name): value for name, value in inputs.items()})
    return request


def _outputs(found: Mapping[str, Any]) -> Properties:
    settings = {name: found.get(_RENAMED.get(name) or next(iter(snake({name: None})))) for name in SETTINGS}
    return {**camel(settings), **{name: found[key] for name, key in _ADDRESSES.items()}}
