"""What a container and the tasks of a Swarm service have in common, read from where each has it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from .inputs import Sentence, each
from .resource import Resource
from .types import CONTAINER, SERVICE

WORKLOADS: Final = (CONTAINER, SERVICE)
_TASK: Final = ("taskSpec",)
_SPEC: Final = ("taskSpec", "containerSpec")
_LIMITS: Final = ("taskSpec", "resources", "limits")

PLACES: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "image": {CONTAINER: ("image",), SERVICE: (*_SPEC, "image")},
    "user": {CONTAINER: ("user",), SERVICE: (*_SPEC, "user")},
    "adds": {CONTAINER: ("capabilities", "adds"), SERVICE: (*_SPEC, "capAdds")},
    "drops": {CONTAINER: ("capabilities", "drops"), SERVICE: (*_SPEC, "capDrops")},
    "mounts": {CONTAINER: ("mounts",), SERVICE: (*_SPEC, "mounts")},
    "networks": {CONTAINER: ("networksAdvanced",), SERVICE: (*_TASK, "networksAdvanceds")},
    "readOnly": {CONTAINER: ("readOnly",), SERVICE: (*_SPEC, "readOnly")},
    "healthcheck": {CONTAINER: ("healthcheck", "tests"), SERVICE: (*_SPEC, "healthcheck", "tests")},
    "memory": {CONTAINER: ("memory",), SERVICE: (*_LIMITS, "memoryBytes")},
    "cpus": {CONTAINER: ("cpus",), SERVICE: (*_LIMITS, "nanoCpus")},
    "driver": {CONTAINER: ("logDriver",), SERVICE: (*_TASK, "logDriver", "name")},
    "logging": {CONTAINER: ("logOpts",), SERVICE: (*_TASK, "logDriver", "options")},
    "sysctls": {CONTAINER: ("sysctls",), SERVICE: (*_SPEC, "sysctl")},
    "environment": {CONTAINER: ("envs",), SERVICE: (*_SPEC, "env")},
    "command": {CONTAINER: ("command",), SERVICE: (*_SPEC, "args")},
    "entrypoint": {CONTAINER: ("entrypoints",), SERVICE: (*_SPEC, "commands")},
}
"""Input to where each type has it."""


def read(workload: Resource, name: str) -> tuple[str, Any]:
    """Return where an input is, as messages write it, and its value."""
    path = PLACES[name][workload.kind]
    return ".".join(path), (_owner(workload, path) or {}).get(path[-1])


def each_of(workload: Resource, name: str, judge: Callable[[str, Any], Iterator[Sentence]]) -> Iterator[Sentence]:
    """Judge the elements of a list input, each with its place."""
    path = PLACES[name][workload.kind]
    inside = "".join(f"{step}." for step in path[:-1])
    yield from each(_owner(workload, path) or {}, path[-1], judge, inside=inside)


def labels(workload: Resource) -> Mapping[str, str]:
    """Return the labels that the program gives."""
    found = workload.get("labels") or ()
    return {label["label"]: label["value"] for label in found if "label" in label}


def _owner(workload: Resource, path: tuple[str, ...]) -> Mapping[str, Any] | None:
    owner: Mapping[str, Any] | None = workload
    for step in path[:-1]:
        owner = (owner or {}).get(step)
    return owner
