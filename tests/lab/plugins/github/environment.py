"""`github.RepositoryEnvironment`, and which branches and tags go there."""

from typing import Any, ClassVar
from urllib.parse import quote

from typing_extensions import override

from infra.host.plugin.values import Properties
from tests.lab.plugins.github.resource import REPOSITORY, GitHubResource, parted
from tests.lab.plugins.schema import Field, Kind, Many, Schema

_REVIEWERS: Schema = {
    "users": Field(kind=Kind.INTEGER, many=Many.SET),
    "teams": Field(kind=Kind.INTEGER, many=Many.SET),
}
_POLICY: Schema = {
    "protectedBranches": Field(kind=Kind.FLAG, required=True),
    "customBranchPolicies": Field(kind=Kind.FLAG, required=True),
}
_NAME = Field(required=True, replaces=True)

ENVIRONMENT: Schema = {
    "repository": REPOSITORY,
    "environment": _NAME,
    "canAdminsBypass": Field(kind=Kind.FLAG, default=True),
    "preventSelfReview": Field(kind=Kind.FLAG, default=False),
    "waitTimer": Field(kind=Kind.INTEGER),
    "reviewers": Field(kind=Kind.OBJECT, many=Many.LIST, fields=_REVIEWERS),
    "deploymentBranchPolicy": Field(kind=Kind.OBJECT, fields=_POLICY),
}


class Environment(GitHubResource):
    """An environment of a repository."""

    token = "github:index/repositoryEnvironment:RepositoryEnvironment"
    schema = ENVIRONMENT

    @override
    def create(self, inputs: Properties) -> tuple[str, Properties]:
        name = inputs["environment"]
        outputs = self.update("", {}, inputs)
        self.api.forget(f"{self._path(inputs['repository'], name)}/secrets")
        return f"{inputs['repository']}:{name.replace(':', '??')}", outputs

    @override
    def look(self, identity: str, outputs: Properties) -> Properties | None:
        repository, name = parted(identity, outputs, "repository", "environment")
        found = self.api.find(self._path(repository, name))
        if found is None:
            return None
        rules = {rule["type"]: rule for rule in found["protection_rules"]}
        shown = {"repository": repository, "environment": name, "canAdminsBypass": found["can_admins_bypass"]}
        return {**shown, **_protection(rules, outputs), **_policy(found["deployment_branch_policy"])}

    @override
    def update(self, identity: str, old: Properties, new: Properties) -> Properties:
        self.api.send("PUT", self._path(new["repository"], new["environment"]), _request(new))
        return new

    @override
    def delete(self, identity: str, outputs: Properties) -> None:
        self.api.delete(self._path(outputs["repository"], outputs["environment"]))

    def _path(self, repository: str, name: str) -> str:
        return environment_path(self, repository, name)


class DeploymentPolicy(GitHubResource):
    """A pattern of branches or tags whose jobs may go to an environment."""

    token = "github:index/repositoryEnvironmentDeploymentPolicy:RepositoryEnvironmentDeploymentPolicy"
    computed = frozenset({"policyId"})
    stable = computed
    schema: ClassVar[Schema] = {
        "repository": REPOSITORY,
        "environment": _NAME,
        "branchPattern": Field(),
        "tagPattern": Field(),
    }

    @override
    def create(self, inputs: Properties) -> tuple[str, Properties]:
        kind = "branch" if inputs.get("branchPattern") else "tag"
        made = self.api.send("POST", self._path(inputs), {"name": _pattern(inputs), "type": kind})
        place = f"{inputs['repository']}:{inputs['environment'].replace(':', '??')}"
        return f"{place}:{made['id']}", {**inputs, "policyId": made["id"]}

    @override
    def look(self, identity: str, outputs: Properties) -> Properties | None:
        repository, name, number = parted(identity, outputs, "repository", "environment", "policyId")
        place = {"repository": repository, "environment": name}
        found = self.api.find(f"{self._path(place)}/{int(number)}")
        return None if found is None else {**place, "policyId": found["id"], f"{found['type']}Pattern": found["name"]}

    @override
    def update(self, identity: str, old: Properties, new: Properties) -> Properties:
        self.api.send("PUT", f"{self._path(new)}/{int(old['policyId'])}", {"name": _pattern(new)})
        return {**new, "policyId": old["policyId"]}

    @override
    def delete(self, identity: str, outputs: Properties) -> None:
        self.api.delete(f"{self._path(outputs)}/{int(outputs['policyId'])}")

    def _path(self, place: Properties) -> str:
        return f"{environment_path(self, place['repository'], place['environment'])}/deployment-branch-policies"


def environment_path(resource: GitHubResource, repository: str, name: str) -> str:
    """Return the path of an environment, whose name may hold anything."""
    return resource.api.repository(repository, f"/environments/{quote(name, safe='')}")


def _pattern(inputs: Properties) -> str:
    return str(inputs.get("branchPattern") or inputs.get("tagPattern"))


def _request(inputs: Properties) -> dict[str, Any]:
    reviewers = [
        {"type": kind, "id": int(number)}
        for given in inputs.get("reviewers", [])
        for kind, name in (("Team", "teams"), ("User", "users"))
        for number in given.get(name, [])
    ]
    policy = inputs.get("deploymentBranchPolicy")
    return {
        "can_admins_bypass": inputs["canAdminsBypass"],
        "prevent_self_review": inputs["preventSelfReview"],
        **({"wait_timer": int(inputs["waitTimer"])} if inputs.get("waitTimer") else {}),
        **({"reviewers": reviewers} if reviewers else {}),
        "deployment_branch_policy": policy
        and {
            "protected_branches": policy["protectedBranches"],
            "custom_branch_policies": policy["customBranchPolicies"],
        },
    }


def _protection(rules: dict[str, Any], outputs: Properties) -> Properties:
    found: Properties = {"preventSelfReview": outputs.get("preventSelfReview", False)}
    if "wait_timer" in rules:
        found["waitTimer"] = rules["wait_timer"]["wait_timer"]
    if "required_reviewers" in rules:
        rule = rules["required_reviewers"]
        numbers = {
            name: [each["reviewer"]["id"] for each in rule["reviewers"] if each["type"] == kind]
            for name, kind in (("users", "User"), ("teams", "Team"))
        }
        found |= {"reviewers": [numbers], "preventSelfReview": rule["prevent_self_review"]}
    return found


def _policy(found: dict[str, bool] | None) -> Properties:
    if found is None:
        return {}
    shown = {"protectedBranches": found["protected_branches"], "customBranchPolicies": found["custom_branch_policies"]}
    return {"deploymentBranchPolicy": shown}
