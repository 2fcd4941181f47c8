"""Which inputs cannot change in place, for a comparison that asks no provider."""

from collections.abc import Collection, Mapping
from functools import cache
from typing import Final

from infra.host.agent.kind import camel_case, kinds
from infra.host.plugin.bootstrap import agent_modules

CONTAINER: Final = "docker:index/container:Container"
IN_PLACE: Final[Mapping[str, frozenset[str]]] = {
    CONTAINER: frozenset(
        {
            "attach",
            "containerReadRefreshTimeoutMilliseconds",
            "cpuSet",
            "cpuShares",
            "destroyGraceSeconds",
            "deviceReadBps",
            "deviceReadIops",
            "deviceWriteBps",
            "deviceWriteIops",
            "logs",
            "maxRetryCount",
            "memory",
            "memoryReservation",
            "memorySwap",
            "mustRun",
            "removeVolumes",
            "restart",
            "rm",
            "start",
            "wait",
            "waitTimeout",
        }
    ),
    "docker:index/network:Network": frozenset(),
    # Labels of a volume are left as they are once it holds data.
    "docker:index/volume:Volume": frozenset({"labels"}),
    "random:index/randomPassword:RandomPassword": frozenset(),
}
"""Type of a vendor's that replaces → the inputs that do not (pulumi-docker 5.1.0, pulumi-random 4.21).

Of a container also those that change in place without effect: the program has such changes replace it.
"""
_PLACE: Final = frozenset({"repository", "environment"})
REPLACING: Final[Mapping[str, frozenset[str]]] = {
    "command:remote:Command": frozenset({"triggers"}),
    "command:local:Command": frozenset({"triggers"}),
    "github:index/repository:Repository": frozenset(),
    "github:index/repositoryVulnerabilityAlerts:RepositoryVulnerabilityAlerts": frozenset({"repository"}),
    "github:index/repositoryDeployKey:RepositoryDeployKey": frozenset({"repository", "title", "key", "readOnly"}),
    "github:index/repositoryRuleset:RepositoryRuleset": frozenset({"repository"}),
    "github:index/actionsRepositoryPermissions:ActionsRepositoryPermissions": frozenset(),
    "github:index/workflowRepositoryPermissions:WorkflowRepositoryPermissions": frozenset(),
    "github:index/repositoryEnvironment:RepositoryEnvironment": _PLACE,
    "github:index/repositoryEnvironmentDeploymentPolicy:RepositoryEnvironmentDeploymentPolicy": _PLACE,
    "github:index/actionsSecret:ActionsSecret": frozenset({"repository", "secretName"}),
    "github:index/actionsEnvironmentSecret:ActionsEnvironmentSecret": _PLACE | {"secretName"},
    "github:index/actionsVariable:ActionsVariable": frozenset({"repository", "variableName"}),
    "github:index/actionsEnvironmentVariable:ActionsEnvironmentVariable": _PLACE | {"variableName"},
}
"""Type of a vendor's that changes in place → the inputs that replace (pulumi-command 1.2.1, pulumi-github 6.15.0).

The vendor's plugin for GitHub asks whether another `repository` is the same one by a new name, which changes in place;
nobody can be asked here.
"""


def is_replaced(type_: str, inputs: Collection[str]) -> bool:
    """Tell whether a change of some inputs replaces a resource of a type.

    Args:
        type_: type of the resource.
        inputs: names of its inputs that differ.
    """
    if type_ in IN_PLACE:
        return not IN_PLACE[type_].issuperset(inputs)
    return not identities().get(type_, REPLACING.get(type_, frozenset())).isdisjoint(inputs)


@cache
def identities() -> Mapping[str, frozenset[str]]:
    """Return what each type of the host plugin is told apart by."""
    known = kinds(agent_modules())
    return {f"host:index:{name}": frozenset(map(camel_case, kind.IDENTITY)) for name, kind in known.items()}
