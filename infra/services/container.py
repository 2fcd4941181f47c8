"""A compose service as the docker provider's container, as a pure function."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pulumi_docker as docker

from infra.compose.mount import Mount
from infra.compose.project import ConfigFile, Healthcheck, Service

NANO_DIGITS = 9
IN_PLACE_WITHOUT_EFFECT = ["healthcheck", "tmpfs", "init"]
"""The provider accepts these as an update and leaves the container as it was (kreuzwerker#988)."""


def container(service: Service, *, image: str, prefix: str, aliases: Sequence[str]) -> docker.ContainerArgs:
    """Return the container of a service, without a name and our own labels; secrets are still placeholders.

    Args:
        service: The service as its compose files describe it.
        image: Image by digest.
        prefix: `<stack>-<product>`, with which everything on a server begins.
        aliases: Names under which the container itself answers on its networks.
    """
    return docker.ContainerArgs(
        image=image,
        entrypoints=_list(service.entrypoint),
        command=_list(service.command),
        envs=[f"{name}={value}" for name, value in sorted(service.environment.items())],
        labels=[docker.ContainerLabelArgs(label=label, value=text) for label, text in sorted(service.labels.items())],
        user=service.user,
        working_dir=service.working_dir,
        hostname=service.hostname,
        domainname=service.domainname,
        platform=service.platform,
        tty=service.tty or None,
        stdin_open=service.stdin_open or None,
        pid_mode=service.pid,
        ipc_mode=service.ipc,
        init=service.init,
        read_only=service.read_only,
        restart=service.restart,
        max_retry_count=service.restart_attempts,
        memory=service.memory,
        # Without a figure Docker allows twice the memory as swap, and every preview differs.
        memory_swap=service.memory,
        memory_reservation=service.memory_reservation,
        cpu_shares=service.cpu_shares,
        cpu_set=service.cpuset,
        cpus=_processors(service.cpus),
        shm_size=service.shm_size,
        sysctls=dict(service.sysctls) or None,
        group_adds=list(service.group_add) or None,
        security_opts=list(service.security_opt) or None,
        tmpfs=dict(service.tmpfs) or None,
        stop_signal=service.stop_signal,
        stop_timeout=service.stop_grace_period.seconds,
        # The provider kills at once unless told otherwise, whatever `stop_timeout` says.
        destroy_grace_seconds=service.stop_grace_period.seconds,
        log_driver=service.logging.driver if service.logging else None,
        log_opts=dict(service.logging.options) if service.logging else None,
        capabilities=_capabilities(service),
        healthcheck=_healthcheck(service.healthcheck),
        networks_advanced=_networks(service, prefix, aliases),
        mounts=[_mount(mount, prefix) for mount in service.mounts]
        + _configs(service, prefix)
        + _secrets(service, prefix),
        devices=[
            docker.ContainerDeviceArgs(
                host_path=device.source, container_path=device.target, permissions=device.permissions
            )
            for device in service.devices
        ]
        or None,
        dns=list(service.dns) or None,
        dns_opts=list(service.dns_options) or None,
        dns_searches=list(service.dns_search) or None,
        ulimits=[docker.ContainerUlimitArgs(name=u.name, soft=u.soft, hard=u.hard) for u in service.ulimits] or None,
        hosts=[docker.ContainerHostArgs(host=host.name, ip=host.address) for host in service.extra_hosts] or None,
        ports=[
            docker.ContainerPortArgs(
                internal=port.target, external=port.published, ip=port.address or None, protocol=port.protocol
            )
            for port in service.published
        ]
        or None,
    )


def release(arguments: docker.ContainerArgs, versions: Mapping[str, str]) -> str:
    """Return the eight letters that name a release: a hash of everything its container is made of.

    Args:
        arguments: The container, with placeholders where secrets go.
        versions: Secret → what changes with its value.
    """
    return _hashed([_plain(arguments), dict(versions)])


def configuration(arguments: docker.ContainerArgs, versions: Mapping[str, str]) -> str:
    """Return the eight letters that stand for everything a container is made of besides its image."""
    inputs = {name: value for name, value in _plain(arguments).items() if name != "image"}
    return _hashed([inputs, dict(versions)])


def network_name(prefix: str, network: str) -> str:
    """Return the name a network of a product has on the server."""
    return prefix if network == "default" else f"{prefix}-{network}"


def secret_path(prefix: str, service: str, secret: str) -> str:
    """Return where a service's secret lies on the server."""
    return f"/srv/slipway/{prefix}/secrets/{service}/{secret}"


def config_path(prefix: str, service: str, config: ConfigFile) -> str:
    """Return where a text that a service reads lies on the server.

    The name changes with the text: a container that is started again must find the one it was released with.
    """
    described = json.dumps([config.path, config.content, config.owner, config.group, config.mode])
    digest = hashlib.sha256(described.encode()).hexdigest()[:8]
    return f"{config_folder(prefix, service)}/{config.name}-{digest}"


def config_folder(prefix: str, service: str) -> str:
    """Return the folder of the texts that a service reads."""
    return f"/srv/slipway/{prefix}/configs/{service}"


def _hashed(inputs: Any) -> str:
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()[:8]


def _processors(number: str | None) -> str | None:
    """Return a number of processors as the provider reads it back; any other form would be a difference for ever."""
    if number is None:
        return None
    text = f"{Decimal(number):.9f}"
    return f"{Decimal(number):.1f}" if text.count("0") == NANO_DIGITS else text.rstrip("0")


def _list(words: tuple[str, ...] | None) -> list[str] | None:
    return None if words is None else list(words)


def _capabilities(service: Service) -> docker.ContainerCapabilitiesArgs | None:
    if not service.cap_add and not service.cap_drop:
        return None
    return docker.ContainerCapabilitiesArgs(
        adds=sorted(service.cap_add) or None, drops=sorted(service.cap_drop) or None
    )


def _healthcheck(check: Healthcheck | None) -> docker.ContainerHealthcheckArgs | None:
    if check is None:
        return None
    return docker.ContainerHealthcheckArgs(
        tests=list(check.test),
        interval=_text(check.interval),
        timeout=_text(check.timeout),
        start_period=_text(check.start_period),
        start_interval=_text(check.start_interval),
        retries=check.retries,
    )


def _text(value: object | None) -> str | None:
    return None if value is None else str(value)


def _networks(service: Service, prefix: str, aliases: Sequence[str]) -> list[docker.ContainerNetworksAdvancedArgs]:
    return [
        docker.ContainerNetworksAdvancedArgs(
            name=network_name(prefix, network.name), aliases=list(aliases) or None, ipv4_address=network.address
        )
        for network in service.networks
    ]


def _mount(mount: Mount, prefix: str) -> docker.ContainerMountArgs:
    source = f"{prefix}-{mount.source}" if mount.kind == "volume" else mount.source
    options = docker.ContainerMountBindOptionsArgs(propagation=mount.propagation) if mount.propagation else None
    return docker.ContainerMountArgs(
        type=mount.kind, source=source, target=mount.target, read_only=mount.read_only, bind_options=options
    )


def _configs(service: Service, prefix: str) -> list[docker.ContainerMountArgs]:
    return [
        docker.ContainerMountArgs(
            type="bind", source=config_path(prefix, service.name, config), target=config.path, read_only=True
        )
        for config in service.configs
    ]


def _secrets(service: Service, prefix: str) -> list[docker.ContainerMountArgs]:
    return [
        docker.ContainerMountArgs(
            type="bind",
            source=secret_path(prefix, service.name, secret.name),
            target=secret.path,
            read_only=True,
        )
        for secret in service.secrets
    ]


def _plain(value: object) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return _plain(vars(value)) if hasattr(value, "__dict__") else value
