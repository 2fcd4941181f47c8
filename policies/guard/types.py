"""Type tokens of the resources that rules judge."""

from typing import Final


def _token(provider: str, name: str) -> str:
    """Return the type token of a resource, as the vendor's providers form it."""
    return f"{provider}:index/{name[0].lower()}{name[1:]}:{name}"


STACK: Final = "pulumi:pulumi:Stack"

CONTAINER: Final = _token("docker", "Container")
SERVICE: Final = _token("docker", "Service")
NETWORK: Final = _token("docker", "Network")
VOLUME: Final = _token("docker", "Volume")
REMOTE_IMAGE: Final = _token("docker", "RemoteImage")
REGISTRY_IMAGE: Final = _token("docker", "RegistryImage")
SWARM_SECRET: Final = _token("docker", "Secret")
DOCKER_PROVIDER: Final = "pulumi:providers:docker"

REMOTE_COMMAND: Final = "command:remote:Command"
REMOTE_COPY: Final = "command:remote:CopyToRemote"
REMOTE_COPY_FILE: Final = "command:remote:CopyFile"
LOCAL_COMMAND: Final = "command:local:Command"

REPOSITORY: Final = _token("github", "Repository")
BRANCH_PROTECTION: Final = _token("github", "BranchProtection")
BRANCH_PROTECTION_V3: Final = _token("github", "BranchProtectionV3")
RULESET: Final = _token("github", "RepositoryRuleset")
ENVIRONMENT: Final = _token("github", "RepositoryEnvironment")
ACTIONS_PERMISSIONS: Final = _token("github", "ActionsRepositoryPermissions")
WORKFLOW_PERMISSIONS: Final = _token("github", "WorkflowRepositoryPermissions")
ACTIONS_SECRET: Final = _token("github", "ActionsSecret")
ENVIRONMENT_SECRET: Final = _token("github", "ActionsEnvironmentSecret")
ACTIONS_VARIABLE: Final = _token("github", "ActionsVariable")
ENVIRONMENT_VARIABLE: Final = _token("github", "ActionsEnvironmentVariable")
DEPLOY_KEY: Final = _token("github", "RepositoryDeployKey")
WEBHOOK: Final = _token("github", "RepositoryWebhook")
REPOSITORY_FILE: Final = _token("github", "RepositoryFile")
VULNERABILITY_ALERTS: Final = _token("github", "RepositoryVulnerabilityAlerts")

HOST_PROVIDER: Final = "pulumi:providers:host"
HOST_IMAGE: Final = "host:index:Image"
HOST_FILE: Final = "host:index:File"
HOST_PACKAGE: Final = "host:index:Package"
HOST_UNIT: Final = "host:index:Unit"
HOST_ROUTE: Final = "host:index:Route"
FIREWALL_RULE: Final = "host:index:FirewallRule"
AUTHORIZED_KEYS: Final = "host:index:AuthorizedKeys"

SERVER: Final = "slipway:server:Server"
BASELINE: Final = "slipway:server:Baseline"
FIREWALL: Final = "slipway:firewall:Firewall"
PRODUCT: Final = "slipway:services:Product"
BACKUPS: Final = "slipway:backups:Backups"
"""Names what is backed up, as Docker does, in `kept`."""
RANDOM_PASSWORD: Final = _token("random", "RandomPassword")
