"""Rules between the parts of a project, beyond the form of each."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from infra.compose.backup_rules import broken_backup_rules
from infra.compose.container_rules import broken_container_rules
from infra.compose.database_rules import broken_database_rules
from infra.compose.network_rules import broken_network_rules
from infra.compose.pooler_rules import broken_pooler_rules
from infra.compose.project import SECRETS, Project, Service
from infra.config.mistakes import Finding, Step, did_you_mean

EDGE_PORTS = frozenset({443, 8098, 8099})
"""Ports of the edge's own on every product's network, where it answers in the place of released services."""
_FILE_OF_SECRET = re.compile(rf"{SECRETS}/[^/\s]+")


@dataclass(frozen=True, slots=True)
class Names:
    """What the files name, parts that have mistakes of their own included."""

    services: Collection[str]
    networks: Collection[str]
    volumes: Collection[str]
    secrets: Collection[str]


def broken_rules(project: Project, names: Names, prefix: str) -> Iterator[Finding]:
    """Yield every broken rule of a project.

    Args:
        project: what is right in the files.
        names: what the files name.
        prefix: `<stack>-<product>`, with which everything of the product begins on its server.
    """
    for service in project.services.values():
        yield from _references(names, service)
        yield from _dependencies(project, names, service)
        yield from _secrets(names, service)
        yield from _files_of_secrets(service)
        yield from _release(service)
        yield from _words(service)
        yield from broken_container_rules(service, prefix)
        yield from broken_database_rules(service)
    yield from broken_network_rules(project)
    yield from broken_pooler_rules(project)
    yield from broken_backup_rules(project)
    yield from _jobs(project)
    yield from _aliases(project)
    yield from _cycles(project)


def _references(names: Names, service: Service) -> Iterator[Finding]:
    at = ("services", service.name)
    for network in service.networks:
        if network.name not in names.networks:
            yield _unknown((*at, "networks", network.name), "network", network.name, names.networks)
    for mount in service.mounts:
        if mount.kind == "volume" and mount.source not in names.volumes:
            yield _unknown((*at, "volumes"), "volume", mount.source, names.volumes)


def _unknown(steps: tuple[Step, ...], kind: str, name: str, known: Collection[str]) -> Finding:
    remark = did_you_mean(name, known)
    return Finding(steps, f"{kind} {name} is not under the top-level `{kind}s`{remark}")


def _dependencies(project: Project, names: Names, service: Service) -> Iterator[Finding]:
    for dependency in service.depends_on:
        at = ("services", service.name, "depends_on", dependency.service)
        other = project.services.get(dependency.service)
        if dependency.service in project.left_out:
            profiles = ", ".join(project.left_out[dependency.service])
            text = (
                f"service {dependency.service} is left out: put its profile {profiles} under the product's `profiles`"
            )
            yield Finding(at, text)
        elif dependency.service not in names.services:
            remark = did_you_mean(dependency.service, names.services)
            yield Finding(at, f"there is no service {dependency.service}{remark}")
        elif other is None:
            continue
        elif dependency.condition == "service_healthy" and not (other.is_checked or _gets_a_check(other)):
            yield Finding(at, f"service {other.name} has no `healthcheck`, so it never becomes healthy: write one")
        elif dependency.condition == "service_completed_successfully" and other.restart in {"always", "unless-stopped"}:
            yield Finding(at, f"service {other.name} is started again when it ends, so it never completes")


def _gets_a_check(service: Service) -> bool:
    return service.pooler is not None and service.healthcheck is None


def _secrets(names: Names, service: Service) -> Iterator[Finding]:
    at = ("services", service.name)
    if service.secrets and service.uid is None:
        yield Finding((*at, "user"), "must be a number, as its secrets are files of that user: write `<uid>:<gid>`")
    for secret in service.secrets:
        if secret.name not in names.secrets:
            yield _unknown((*at, "secrets"), "secret", secret.name, names.secrets)
    paths = [secret.path for secret in service.secrets]
    for path in sorted({path for path in paths if paths.count(path) > 1}):
        yield Finding((*at, "secrets"), f"two secrets have the same target {path}")


def _files_of_secrets(service: Service) -> Iterator[Finding]:
    """Yield variables that name the file of a secret which the container does not have."""
    there = {secret.path for secret in service.secrets} | {config.path for config in service.configs}
    if any(PurePosixPath(mount.target).is_relative_to(SECRETS) for mount in service.mounts):
        return
    for variable, value in service.environment.items():
        if _FILE_OF_SECRET.fullmatch(value) and value not in there:
            known = (PurePosixPath(secret.path).name for secret in service.secrets)
            remark = did_you_mean(PurePosixPath(value).name, known) or ": put it under the service's `secrets`"
            text = f"names the file of a secret that the service does not have{remark}"
            yield Finding(("services", service.name, "environment", variable), text)


def _release(service: Service) -> Iterator[Finding]:
    for port in sorted(EDGE_PORTS.intersection(service.ports if service.strategy == "rolling" else ())):
        yield Finding(
            ("services", service.name, "expose"),
            f"port {port} is the edge's own: listen on another, or set `x-slipway: {{release: recreate}}`",
        )
    if service.strategy == "rolling" and service.ports and "default" not in {use.name for use in service.networks}:
        yield Finding(
            ("services", service.name, "networks"),
            "must hold `default`, where the edge switches its releases; or set `x-slipway: {release: recreate}`",
        )
    if service.replicas > 1 and service.strategy != "rolling":
        yield Finding(
            ("services", service.name, "deploy", "replicas"),
            "must be 1: two containers of a service that writes to a volume, has an address, a port or a device of "
            "the server, or is set to `release: recreate`, never run at once",
        )
    if service.bake.seconds and not (service.strategy == "rolling" and service.ports):
        yield Finding(
            ("services", service.name, "x-slipway", "bake"),
            "is for a service that the edge switches, whose former container can take over: a rolling one with a port",
        )


def _words(service: Service) -> Iterator[Finding]:
    for key, words in (("command", service.command), ("entrypoint", service.entrypoint)):
        if "" in (words or ()):
            yield Finding(
                ("services", service.name, key),
                "has an empty word, which the docker provider refuses: use a configuration file or a shell line",
            )


def _jobs(project: Project) -> Iterator[Finding]:
    """Two jobs whose units have one name would be one: `web` and `a-b`, `web-a` and `b`."""
    taken: dict[str, str] = {}
    for service in project.services.values():
        for job in service.jobs:
            other = taken.setdefault(f"{service.name}-{job.name}", service.name)
            if other != service.name:
                text = f"its units would have the name of those of a job of service {other}: name it otherwise"
                yield Finding(("services", service.name, "x-slipway", "jobs", job.name), text)


def _aliases(project: Project) -> Iterator[Finding]:
    """Two services under one name would answer in turn, and the edge answers for a service that is released."""
    for service in project.services.values():
        for network in service.networks:
            others = {
                name
                for other in project.services.values()
                for use in other.networks
                if other.name != service.name and use.name == network.name
                for name in (other.name, *use.aliases)
            }
            for alias in sorted(others.intersection(network.aliases)):
                yield Finding(
                    ("services", service.name, "networks", network.name, "aliases"),
                    f"another service is {alias} on this network already",
                )


def _cycles(project: Project) -> Iterator[Finding]:
    for name in project.services:
        for path in _ways_back(project, (name,)):
            if min(path) == name:
                yield Finding(("services", name, "depends_on"), f"waits for itself: {' → '.join((*path, name))}")


def _ways_back(project: Project, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    service = project.services.get(path[-1])
    for dependency in service.depends_on if service else ():
        if dependency.service == path[0]:
            yield path
        elif dependency.service not in path:
            yield from _ways_back(project, (*path, dependency.service))
