"""From what Docker Compose prints to what Slipway knows of a service."""

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Literal

from infra.compose.document import (
    DependencyUse,
    HealthcheckUse,
    LoggingUse,
    MountUse,
    NetworkUse,
    PortUse,
    SecretUse,
    ServiceDocument,
    TmpfsOptions,
    UlimitRange,
)
from infra.compose.project import (
    Dependency,
    Healthcheck,
    Logging,
    Mount,
    PublishedPort,
    SecretFile,
    Service,
    ServiceNetwork,
    Ulimit,
)
from infra.compose.quantities import Duration

_SECRETS = PurePosixPath("/run/secrets")
_GRACE = Duration(10_000)
_MEBIBYTE = 1024 * 1024
_RESTART: dict[str, Literal["no", "always", "unless-stopped", "on-failure"]] = {
    "no": "no",
    "always": "always",
    "unless-stopped": "unless-stopped",
    "on-failure": "on-failure",
}


def to_service(name: str, document: ServiceDocument) -> Service:
    """Return a service; lists whose order means nothing are sorted, so that no reordering is a release."""
    restart, _, attempts = (document.restart or "").partition(":")
    limits = document.deploy.resources.limits
    grace = document.stop_grace_period
    return Service(
        name=name,
        image=document.image,
        entrypoint=_words(document.entrypoint),
        command=_words(document.command),
        environment={key: value for key, value in sorted(document.environment.items()) if value is not None},
        labels=dict(sorted(document.labels.items())),
        networks=tuple(_network(network, use) for network, use in sorted(document.networks.items())),
        mounts=tuple(sorted(_mounts(document.volumes), key=lambda mount: mount.target)),
        tmpfs=dict(sorted(_tmpfs(document))),
        secrets=tuple(sorted(map(_secret, document.secrets), key=lambda secret: secret.path)),
        healthcheck=_healthcheck(document.healthcheck),
        depends_on=tuple(_dependency(service, use) for service, use in sorted(document.depends_on.items())),
        memory=document.mem_limit or limits.memory,
        cpus=document.cpus or limits.cpus,
        restart=_RESTART.get(restart),
        restart_attempts=int(attempts) if attempts else None,
        user=document.user,
        working_dir=document.working_dir,
        hostname=document.hostname,
        read_only=document.read_only,
        init=document.init,
        cap_add=_set(document.cap_add),
        cap_drop=_set(document.cap_drop),
        security_opt=_set(document.security_opt),
        group_add=_set(document.group_add),
        ulimits=tuple(_ulimit(limit, value) for limit, value in sorted(document.ulimits.items())),
        sysctls=dict(sorted(document.sysctls.items())),
        shm_size=document.shm_size,
        extra_hosts=tuple(sorted(document.extra_hosts, key=lambda host: (host.name, host.address))),
        expose=tuple(sorted({port for ports in document.expose for port in ports}, key=lambda port: port.number)),
        published=tuple(
            sorted(map(_published, document.ports), key=lambda port: (port.published, port.protocol, port.address))
        ),
        logging=_logging(document.logging),
        stop_grace_period=_GRACE if grace is None else grace,
        stop_signal=document.stop_signal,
        release=document.x_slipway.release,
        ready_timeout=document.x_slipway.ready.timeout,
        drain=document.x_slipway.drain,
    )


def _words(words: list[str] | None) -> tuple[str, ...] | None:
    return None if words is None else tuple(words)


def _set(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(words)))


def _mounts(uses: Iterable[MountUse]) -> Iterable[Mount]:
    for use in uses:
        if use.type != "tmpfs" and use.source is not None:
            kind: Literal["volume", "bind"] = "volume" if use.type == "volume" else "bind"
            yield Mount(kind=kind, source=use.source, target=use.target, read_only=use.read_only)


def _tmpfs(document: ServiceDocument) -> Iterable[tuple[str, str]]:
    for line in document.tmpfs:
        path, _, options = line.partition(":")
        yield path, options
    for use in document.volumes:
        if use.type == "tmpfs":
            yield use.target, ",".join(_tmpfs_options(use.tmpfs or TmpfsOptions()))


def _tmpfs_options(options: TmpfsOptions) -> Iterable[str]:
    if options.size is not None:
        yield f"size={options.size * _MEBIBYTE}"
    if options.mode is not None:
        yield f"mode={options.mode:o}"


def _network(name: str, use: NetworkUse | None) -> ServiceNetwork:
    return ServiceNetwork(name=name, aliases=tuple(sorted(use.aliases)) if use else ())


def _secret(use: SecretUse) -> SecretFile:
    return SecretFile(name=use.source, path=str(_SECRETS / use.target))


def _dependency(service: str, use: DependencyUse) -> Dependency:
    return Dependency(service=service, condition=use.condition)


def _published(use: PortUse) -> PublishedPort:
    return PublishedPort(address=use.host_ip, published=int(use.published), target=use.target, protocol=use.protocol)


def _logging(use: LoggingUse | None) -> Logging | None:
    return Logging(driver=use.driver, options=dict(sorted(use.options.items()))) if use else None


def _healthcheck(use: HealthcheckUse | None) -> Healthcheck | None:
    if use is None:
        return None
    if use.disable:
        return Healthcheck(test=("NONE",))
    return Healthcheck(
        test=tuple(use.test),
        interval=use.interval,
        timeout=use.timeout,
        retries=use.retries,
        start_period=use.start_period,
        start_interval=use.start_interval,
    )


def _ulimit(name: str, value: int | UlimitRange) -> Ulimit:
    if isinstance(value, int):
        return Ulimit(name=name, soft=value, hard=value)
    return Ulimit(name=name, soft=value.soft, hard=value.hard)
