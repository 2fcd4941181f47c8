"""Traefik's container, as a pure function."""

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_docker as docker

from infra.edge import plugin
from infra.edge.ports import Published
from infra.host.agent import places
from infra.ingress.limits import EDGE_MEMORY

ROOT = "/srv/slipway/edge"
CONTAINER = "0-edge-traefik"
USER = 65532
"""Traefik needs no root: Docker lets any user of a container bind ports below 1024 since 20.10."""
_SCRATCH = "/scratch"
"""Folder in memory for what Traefik buffers: everything else of the container is read-only."""
_PROCESSOR_SHARES = 2048
"""Twice what a container has by default."""
_PROCESSES = 512
_SETTINGS = "/etc/traefik/traefik.yml"


def container(
    image: str,
    *,
    labels: Mapping[str, str],
    network: pulumi.Input[str],
    ports: Sequence[Published],
    own_authority: bool,
) -> docker.ContainerArgs:
    """Return Traefik's container.

    Args:
        image: Traefik v3 by digest.
        labels: one of them changes with everything Traefik reads at its start only.
        network: the edge's own.
        ports: what is published.
        own_authority: whether the ACME directory is behind a private CA.
    """
    return docker.ContainerArgs(
        name=CONTAINER,
        image=image,
        command=[f"--configFile={_SETTINGS}"],
        user=f"{USER}:{USER}",
        restart="unless-stopped",
        memory=EDGE_MEMORY,
        memory_swap=EDGE_MEMORY,
        # Ahead of everything else when processors are short, and never without one: a limit would slow TLS down.
        cpu_shares=_PROCESSOR_SHARES,
        ulimits=[docker.ContainerUlimitArgs(name="nproc", soft=_PROCESSES, hard=_PROCESSES)],
        log_driver="json-file",
        log_opts={"max-file": "3", "max-size": "10m"},
        read_only=True,
        capabilities=docker.ContainerCapabilitiesArgs(drops=["ALL"]),
        security_opts=["no-new-privileges"],
        destroy_grace_seconds=30,
        ports=[_port(each) for each in ports],
        tmpfs={_SCRATCH: "rw,noexec,nosuid,nodev,size=64m,mode=1777"},
        envs=[f"TMPDIR={_SCRATCH}"],
        networks_advanced=[docker.ContainerNetworksAdvancedArgs(name=network)],
        mounts=_mounts(own_authority=own_authority),
        healthcheck=_healthcheck(),
        labels=[docker.ContainerLabelArgs(label=label, value=value) for label, value in sorted(labels.items())],
    )


def _port(published: Published) -> docker.ContainerPortArgs:
    """Return a port without what the provider has as a default: TCP, and every IPv4 address of the server."""
    return docker.ContainerPortArgs(
        internal=published.internal,
        external=published.external,
        protocol=None if published.protocol == "tcp" else published.protocol,
        ip=published.address,
    )


def _mounts(*, own_authority: bool) -> list[docker.ContainerMountArgs]:
    return [
        _bind(str(places.EDGE_SETTINGS), _SETTINGS),
        _bind(str(places.ROUTES), "/dynamic"),
        _bind(f"{ROOT}/acme", "/acme", read_only=False),
        _bind(f"{ROOT}/plugin", f"/{plugin.FOLDER}"),
        *([_bind(f"{ROOT}/acme-ca.crt", "/etc/traefik/acme-ca.crt")] if own_authority else []),
    ]


def _bind(source: str, target: str, *, read_only: bool = True) -> docker.ContainerMountArgs:
    return docker.ContainerMountArgs(type="bind", source=source, target=target, read_only=read_only)


def _healthcheck() -> docker.ContainerHealthcheckArgs:
    return docker.ContainerHealthcheckArgs(
        tests=["CMD", "traefik", "healthcheck", f"--configFile={_SETTINGS}"],
        # Each check starts Traefik's binary anew, which costs a fifth of a second of a processor.
        interval="10s",
        timeout="5s",
        retries=5,
    )
