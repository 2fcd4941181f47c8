"""Making room for something that a killed run left half-created."""

import json
from typing import Any

from infra.host.agent import docker, serving
from infra.host.agent.kind import AgentError
from infra.host.agent.request import current

_PATIENCE_SECONDS = 300
_LABEL = "slipway.product"


def vacate(kind: str, name: str, product: str) -> dict[str, Any]:
    """Remove a container or network that has the name of one about to be created.

    Raises:
        AgentError: when it is not the product's, or a route names it.
    """
    if kind == "container":
        return {"removed": _vacate_container(name, product)}
    if kind == "network":
        return {"removed": _vacate_network(name, product)}
    message = f"only a container or a network can be vacated, not a {kind}"
    raise AgentError(message)


def _vacate_container(name: str, product: str) -> bool:
    container = docker.container(name)
    if container is None:
        return False
    _refuse_foreign(container, f"container {name}", product)
    if route := serving.routed_by(name):
        message = f"container {name} is in the way on {current().host} and serves {route}: run `pulumi refresh`"
        raise AgentError(message)
    # Stopped, in the time it asks for, before it is removed: it may be a database that a killed run has started.
    docker.ask("POST", f"/containers/{container['Id']}/stop", seconds=_PATIENCE_SECONDS)
    docker.ask("DELETE", f"/containers/{container['Id']}", query={"force": "1"})
    return True


def _vacate_network(name: str, product: str) -> bool:
    # By id: Docker lets two networks have one name.
    networks = docker.find("/networks", {"filters": json.dumps({"name": [name]})})
    strays = [network for network in networks if network["Name"] == name]
    for network in strays:
        _refuse_foreign(network, f"network {name}", product)
        docker.ask("DELETE", f"/networks/{network['Id']}")
    return bool(strays)


def _refuse_foreign(described: Any, what: str, product: str) -> None:
    owner = docker.labels(described).get(_LABEL)
    if owner != product:
        whose = f"belongs to the product {owner}" if owner else "was not made by Slipway"
        message = f"{what} is in the way on {current().host} and {whose}: remove it or name it otherwise"
        raise AgentError(message)
