"""What a repository's section becomes."""

import os

import pytest

from infra.github.keys import derived_key
from stacks.repository_access import Reviewers
from tests.harness import Registered, one
from tests.unit.config.conftest import CANARY, Stack, change
from tests.unit.github.conftest import Rendered

DEPLOY = {
    "DEPLOY_HOST": "192.0.2.1",
    "DEPLOY_USER": "deploy",
    "DEPLOY_PORT": "22",
    "DEPLOY_PROJECT_PATH": "/srv/dev-shop",
    "DEPLOY_COMPOSE_FILES": "compose.yaml",
}


def secrets(found: list[Registered]) -> dict[str, str]:
    """Return the secrets of environments, by name."""
    sealed = [each for each in found if each.type.endswith(":ActionsEnvironmentSecret")]
    assert all("value" in each.secrets for each in sealed), "a value that is no secret is in the state in the clear"
    return {each.inputs["secretName"]: each.inputs["value"] for each in sealed}


def test_a_repository_and_what_guards_it_stay_when_the_stack_goes(rendered: Rendered) -> None:
    found = rendered()
    kept = {each.type.rpartition(":")[2] for each in found if each.retain_on_delete}
    assert kept == {
        "Repository",
        "RepositoryVulnerabilityAlerts",
        "RepositoryRuleset",
        "ActionsRepositoryPermissions",
        "WorkflowRepositoryPermissions",
    }


def test_settings_are_the_safe_ones_unless_the_stack_file_says_otherwise(rendered: Rendered) -> None:
    inputs = one(rendered(), "github:index/repository:Repository").inputs
    assert (inputs["hasWiki"], inputs["deleteBranchOnMerge"], inputs["allowMergeCommit"]) == (False, True, False)
    assert inputs["securityAndAnalysis"]["secretScanningPushProtection"] == {"status": "enabled"}


def test_nobody_is_exempt_from_the_rules_of_the_default_branch(rendered: Rendered) -> None:
    inputs = one(rendered(), ":RepositoryRuleset", "shop-default-branch").inputs
    assert inputs["conditions"] == {"refName": {"includes": ["~DEFAULT_BRANCH"], "excludes": []}}
    assert "bypassActors" not in inputs
    assert inputs["rules"]["pullRequest"]["requiredApprovingReviewCount"] == 2
    assert inputs["rules"]["requiredStatusChecks"]["requiredChecks"] == [{"context": "check"}]


def test_an_environment_takes_jobs_of_the_default_branch_alone_unless_it_says_otherwise(rendered: Rendered) -> None:
    found = rendered()
    policies = {
        each.name: (each.inputs.get("branchPattern"), each.inputs.get("tagPattern"))
        for each in found
        if each.type.endswith(":RepositoryEnvironmentDeploymentPolicy")
    }
    assert policies == {"shop-dev-branch-main": ("main", None), "shop-production-tag-v*": (None, "v*")}
    dev = one(found, ":RepositoryEnvironment", "shop-dev").inputs
    assert dev["deploymentBranchPolicy"] == {"customBranchPolicies": True, "protectedBranches": False}


def test_reviewers_are_given_by_id_and_do_not_review_themselves(rendered: Rendered) -> None:
    inputs = one(rendered(), ":RepositoryEnvironment", "shop-production").inputs
    assert inputs["reviewers"] == [{"users": [7], "teams": [8]}]
    assert (inputs["preventSelfReview"], inputs["canAdminsBypass"], inputs["waitTimer"]) == (True, False, 5)


def test_a_preview_that_could_not_ask_does_not_know_the_reviewers(rendered: Rendered) -> None:
    found = one(rendered(reviewers=Reviewers(), preview=True), ":RepositoryEnvironment", "shop-production")
    assert all(not isinstance(each, int) for ids in found.inputs["reviewers"][0].values() for each in ids)


def test_a_deployment_gets_seven_secrets_of_which_the_key_is_derived(rendered: Rendered) -> None:
    found = rendered()
    given = secrets(found)
    pair = derived_key("repository-shop-dev-value", "dev-shop-dev", 1)
    assert given["DEPLOY_SSH_KEY"] == pair.private
    assert given.items() >= DEPLOY.items()
    assert given["STRIPE"] == CANARY
    assert len(given["SESSION"]) == 32
    assert len(given) == 9


def test_the_server_lets_the_key_in_restricted_and_counts_it_as_declared(rendered: Rendered) -> None:
    found = rendered(servers=True)
    pair = derived_key("repository-shop-dev-value", "dev-shop-dev", 1)
    keys = one(found, ":AuthorizedKeys", "main-deploy-keys").inputs
    assert pair.public in keys["keys"]
    assert keys["options"] == "restrict"
    assert pair.public in one(found, ":Undeclared").inputs["keys"]


def test_a_rotation_gives_another_key_to_both(rendered: Rendered, stack: Stack) -> None:
    change("repositories", "shop", "environments", "dev", "deploy", to={"by": "ssh", "rotation": 2})(stack)
    found = rendered(servers=True)
    pair = derived_key("repository-shop-dev-value", "dev-shop-dev", 2)
    assert secrets(found)["DEPLOY_SSH_KEY"] == pair.private
    keys = one(found, ":AuthorizedKeys", "main-deploy-keys").inputs["keys"]
    assert [key for key in keys if "dev-shop-dev" in key] == [pair.public]


def test_no_secret_is_in_an_input_that_is_shown(rendered: Rendered) -> None:
    found = rendered(servers=True)
    shown = [value for each in found for name, value in each.inputs.items() if name not in each.secrets]
    assert CANARY not in str(shown)
    assert "PRIVATE KEY" not in str(shown)


def test_a_repository_that_is_taken_over_keeps_its_settings(rendered: Rendered, stack: Stack) -> None:
    change("repositories", "shop", "adopt", to=True)(stack)
    taken = one(rendered(), "github:index/repository:Repository")
    assert set(taken.ignore_changes) >= {"visibility", "hasWiki", "description", "allowMergeCommit"}


def test_a_new_repository_is_looked_for_before_it_is_made(rendered: Rendered) -> None:
    made = one(rendered(), "github:index/repository:Repository")
    assert len(made.hooks) == 1
    assert made.ignore_changes == ("hasDownloads",)


def test_the_environments_token_does_not_get_into_the_state(
    rendered: Rendered, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", CANARY)
    provider = one(rendered(), "pulumi:providers:github")
    assert "token" not in provider.inputs
    assert os.environ["GITHUB_TOKEN"] == CANARY


def test_the_stacks_own_token_is_a_secret(rendered: Rendered, stack: Stack) -> None:
    stack.sections["github"] = {"token": {"config": "stripe-key"}, "base_url": "http://127.0.0.1:9/"}
    provider = one(rendered(), "pulumi:providers:github")
    assert provider.inputs["token"] == CANARY
    assert "token" in provider.secrets
    assert provider.inputs["baseUrl"] == "http://127.0.0.1:9/"


def test_where_a_plan_has_no_environments_their_secrets_are_the_repositorys(rendered: Rendered, stack: Stack) -> None:
    shop = stack.sections["repositories"]["shop"]
    shop.update({"plan": "free", "visibility": "private"})
    del shop["branch"], shop["protected_tags"], shop["environments"]["production"]
    found = rendered(servers=True)
    given = {each.inputs["secretName"] for each in found if each.type.endswith(":ActionsSecret")}
    assert given >= {*DEPLOY, "STRIPE", "SESSION", "DEPLOY_SSH_KEY"}
    assert not [each for each in found if "Environment" in each.type or each.type.endswith(":RepositoryRuleset")]


def test_deploy_keys_read_and_nothing_else(rendered: Rendered) -> None:
    key = one(rendered(), ":RepositoryDeployKey").inputs
    assert key["readOnly"] is True
    assert "root@main" not in key["key"], "GitHub drops the comment, and each preview would show a change"
