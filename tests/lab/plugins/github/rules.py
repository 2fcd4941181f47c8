"""`github.RepositoryRuleset`, and what Actions may do."""

from typing import Any, ClassVar

from typing_extensions import override

from infra.host.plugin.values import Properties
from tests.lab.plugins.github.api import camel, snake
from tests.lab.plugins.github.resource import REPOSITORY, GitHubResource
from tests.lab.plugins.schema import Field, Kind, Many, Schema

_FLAG = Field(kind=Kind.FLAG)
_COUNT = Field(kind=Kind.INTEGER)
_PLAIN_RULES = ("deletion", "nonFastForward", "requiredSignatures", "creation", "update")
_REVIEWS: Schema = {
    "requiredApprovingReviewCount": _COUNT,
    "dismissStaleReviewsOnPush": _FLAG,
    "requireCodeOwnerReview": _FLAG,
    "requireLastPushApproval": _FLAG,
    "requiredReviewThreadResolution": _FLAG,
}
_CHECK: Schema = {"context": Field(required=True), "integrationId": _COUNT}
_CHECKS: Schema = {
    "requiredChecks": Field(kind=Kind.OBJECT, many=Many.SET, fields=_CHECK, required=True),
    "strictRequiredStatusChecksPolicy": _FLAG,
    "doNotEnforceOnCreate": _FLAG,
}
_NAMES: Schema = {"includes": Field(many=Many.LIST, required=True), "excludes": Field(many=Many.LIST, required=True)}
_ACTOR: Schema = {"actorId": _COUNT, "actorType": Field(required=True), "bypassMode": Field(required=True)}

RULESET: Schema = {
    "repository": REPOSITORY,
    "name": Field(required=True),
    "target": Field(required=True),
    "enforcement": Field(required=True),
    "bypassActors": Field(kind=Kind.OBJECT, many=Many.LIST, fields=_ACTOR),
    "conditions": Field(kind=Kind.OBJECT, fields={"refName": Field(kind=Kind.OBJECT, fields=_NAMES, required=True)}),
    "rules": Field(
        kind=Kind.OBJECT,
        required=True,
        fields={
            **dict.fromkeys(_PLAIN_RULES, _FLAG),
            "pullRequest": Field(kind=Kind.OBJECT, fields=_REVIEWS),
            "requiredStatusChecks": Field(kind=Kind.OBJECT, fields=_CHECKS),
        },
    ),
}
_SELECTED: Schema = {
    "githubOwnedAllowed": Field(kind=Kind.FLAG, required=True),
    "verifiedAllowed": _FLAG,
    "patternsAlloweds": Field(many=Many.SET),
}


class Ruleset(GitHubResource):
    """Rules of branches or tags."""

    token = "github:index/repositoryRuleset:RepositoryRuleset"
    schema = RULESET
    computed = frozenset({"rulesetId", "nodeId"})
    stable = computed

    @override
    def create(self, inputs: Properties) -> tuple[str, Properties]:
        made = self.api.send("POST", self.api.repository(inputs["repository"], "/rulesets"), _request(inputs))
        return str(made["id"]), _outputs(inputs["repository"], made)

    @override
    def look(self, identity: str, outputs: Properties) -> Properties | None:
        found = self.api.find(self.api.repository(outputs["repository"], f"/rulesets/{identity}"))
        return None if found is None else _outputs(outputs["repository"], found)

    @override
    def update(self, identity: str, old: Properties, new: Properties) -> Properties:
        path = self.api.repository(new["repository"], f"/rulesets/{identity}")
        return _outputs(new["repository"], self.api.send("PUT", path, _request(new)))

    @override
    def delete(self, identity: str, outputs: Properties) -> None:
        self.api.delete(self.api.repository(outputs["repository"], f"/rulesets/{identity}"))


class ActionsPermissions(GitHubResource):
    """Which actions may run."""

    token = "github:index/actionsRepositoryPermissions:ActionsRepositoryPermissions"
    schema: ClassVar[Schema] = {
        "repository": Field(required=True),
        "enabled": Field(kind=Kind.FLAG, default=True),
        "allowedActions": Field(),
        "allowedActionsConfig": Field(kind=Kind.OBJECT, fields=_SELECTED),
        "shaPinningRequired": Field(kind=Kind.FLAG, computed=True),
    }

    @override
    def create(self, inputs: Properties) -> tuple[str, Properties]:
        return inputs["repository"], self.update(inputs["repository"], {}, inputs)

    @override
    def look(self, identity: str, outputs: Properties) -> Properties | None:
        path = self.api.repository(identity, "/actions/permissions")
        found = self.api.find(path)
        if found is None:
            return None
        selected = self.api.find(f"{path}/selected-actions") if found["allowed_actions"] == "selected" else None
        config = {"allowedActionsConfig": _selected(selected)} if selected else {}
        return {"repository": identity, **camel(found), **config}

    @override
    def update(self, identity: str, old: Properties, new: Properties) -> Properties:
        path = self.api.repository(identity, "/actions/permissions")
        request = snake(
            {name: new[name] for name in ("enabled", "allowedActions", "shaPinningRequired") if name in new}
        )
        self.api.send("PUT", path, request)
        config = new.get("allowedActionsConfig")
        if config is not None and new.get("allowedActions") == "selected":
            patterns = {"patterns_allowed": config.get("patternsAlloweds", [])}
            allowed = {name: value for name, value in config.items() if name != "patternsAlloweds"}
            self.api.send("PUT", f"{path}/selected-actions", {**snake(allowed), **patterns})
        return new

    @override
    def delete(self, identity: str, outputs: Properties) -> None:
        path = self.api.repository(identity, "/actions/permissions")
        self.api.send("PUT", path, {"enabled": True, "allowed_actions": "all"})


class WorkflowPermissions(GitHubResource):
    """What the token of a workflow may do by itself."""

    token = "github:index/workflowRepositoryPermissions:WorkflowRepositoryPermissions"
    schema: ClassVar[Schema] = {
        "repository": Field(required=True),
        "defaultWorkflowPermissions": Field(),
        "canApprovePullRequestReviews": Field(kind=Kind.FLAG, default=False),
    }

    @override
    def create(self, inputs: Properties) -> tuple[str, Properties]:
        return inputs["repository"], self.update(inputs["repository"], {}, inputs)

    @override
    def look(self, identity: str, outputs: Properties) -> Properties | None:
        found = self.api.find(self.api.repository(identity, "/actions/permissions/workflow"))
        return None if found is None else {"repository": identity, **camel(found)}

    @override
    def update(self, identity: str, old: Properties, new: Properties) -> Properties:
        request = {name: value for name, value in new.items() if name != "repository"}
        self.api.send("PUT", self.api.repository(identity, "/actions/permissions/workflow"), snake(request))
        return new

    @override
    def delete(self, identity: str, outputs: Properties) -> None:
        request = {"default_workflow_permissions": "read", "can_approve_pull_request_reviews": False}
        self.api.send("PUT", self.api.repository(identity, "/actions/permissions/workflow"), request)


def _request(inputs: Properties) -> dict[str, Any]:
    names = inputs.get("conditions", {}).get("refName", {})
    return {
        "name": inputs["name"],
        "target": inputs["target"],
        "enforcement": inputs["enforcement"],
        "bypass_actors": snake(inputs.get("bypassActors", [])),
        "conditions": {"ref_name": {"include": names.get("includes", []), "exclude": names.get("excludes", [])}},
        "rules": [_rule(name, value) for name, value in inputs["rules"].items() if value],
    }


def _rule(name: str, value: Any) -> dict[str, Any]:
    kind = next(iter(snake({name: None})))
    if name == "pullRequest":
        return {"type": kind, "parameters": snake({**dict.fromkeys(_REVIEWS, False), **value})}
    if name == "requiredStatusChecks":
        rest = {key: each for key, each in value.items() if key != "requiredChecks"}
        return {"type": kind, "parameters": {"required_status_checks": snake(value["requiredChecks"]), **snake(rest)}}
    return {"type": kind, **({"parameters": {"update_allows_fetch_and_merge": False}} if name == "update" else {})}


def _outputs(repository: str, found: dict[str, Any]) -> Properties:
    names = found.get("conditions", {}).get("ref_name", {})
    rules: dict[str, Any] = {}
    for rule in found["rules"]:
        name, parameters = next(iter(camel({rule["type"]: None}))), camel(rule.get("parameters", {}))
        if name == "requiredStatusChecks":
            parameters["requiredChecks"] = parameters.pop("requiredStatusChecks")
        rules[name] = True if name in _PLAIN_RULES else parameters
    return {
        "repository": repository,
        **{name: found[name] for name in ("name", "target", "enforcement")},
        "bypassActors": camel(found.get("bypass_actors") or []),
        "conditions": {"refName": {"includes": names.get("include", []), "excludes": names.get("exclude", [])}},
        "rules": rules,
        "rulesetId": found["id"],
        "nodeId": found["node_id"],
    }


def _selected(found: dict[str, Any]) -> Properties:
    owned, verified = found["github_owned_allowed"], found["verified_allowed"]
    return {"githubOwnedAllowed": owned, "verifiedAllowed": verified, "patternsAlloweds": found["patterns_allowed"]}
