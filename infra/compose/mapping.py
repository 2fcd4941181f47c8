"""From what Docker Compose prints to what Slipway knows of a service."""

from collections.abc import Container, Iterable
from typing import Literal

from infra.compose import extension
from infra.compose.database_settings import PartitionsUse, PostgresSettings, RedisSettings
from infra.compose.databases import Partitions, Tuning
from infra.compose.document import ServiceDocument
from infra.compose.mount import Mount
from infra.compose.objects import NetworkDocument, VolumeDocument
from infra.compose.project import (
    SECRETS,
    AddressRange,
    ConfigFile,
    Dependency,
    Device,
    Healthcheck,
    Logging,
    Network,
    PublishedPort,
    SecretFile,
    Service,
    ServiceNetwork,
    Ulimit,
    Volume,
)
from infra.compose.quantities import Duration
from infra.compose.tasks import Job, Migration
from infra.compose.uses import (
    Deploy,
    DeviceUse,
    HealthcheckUse,
    LoggingUse,
    MountUse,
    NetworkUse,
    PortUse,
    SecretUse,
    TmpfsOptions,
    UlimitRange,
)

_GRACE = Duration(10_000)
_MEBIBYTE = 1024 * 1024
_ORDER: dict[str | None, Literal["rolling", "recreate"]] = {"start-first": "rolling", "stop-first": "recreate"}
_CONDITIONS = {"none": "no", "any": "always", "on-failure": "on-failure"}
_RESTART: dict[str, Literal["no", "always", "unless-stopped", "on-failure"]] = {
    "no": "no",
    "always": "always",
    "unless-stopped": "unless-stopped",
    "on-failure": "on-failure",
}


def to_service(
    name: str, document: ServiceDocument, configs: Iterable[ConfigFile], left_out: Container[str]
) -> Service:
    """Return a service; lists whose order means nothing are sorted, so that no reordering is a release.

    Args:
        name: name of the service.
        document: what the compose files say.
        configs: texts of the repository that it reads as files.
        left_out: services that do not run, and that nothing waits for.
    """
    restart, _, attempts = (document.restart or _restart(document.deploy)).partition(":")
    limits, reservations = document.deploy.resources.limits, document.deploy.resources.reservations
    order = document.deploy.update_config.order
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
        configs=tuple(sorted(configs, key=lambda config: config.path)),
        devices=tuple(sorted(map(_device, document.devices), key=lambda device: device.source)),
        healthcheck=_healthcheck(document.healthcheck),
        depends_on=tuple(
            Dependency(service=service, condition=use.condition)
            for service, use in sorted(document.depends_on.items())
            if use.required or service not in left_out
        ),
        memory=document.mem_limit or limits.memory,
        memory_reservation=document.mem_reservation or reservations.memory,
        cpu_shares=document.cpu_shares,
        cpuset=document.cpuset,
        cpus=document.cpus or limits.cpus,
        restart=_RESTART.get(restart),
        restart_attempts=int(attempts) if attempts else None,
        user=document.user,
        working_dir=document.working_dir,
        hostname=document.hostname,
        domainname=document.domainname,
        dns=_set(document.dns),
        dns_options=_set(document.dns_opt),
        dns_search=_set(document.dns_search),
        pid=document.pid,
        ipc=document.ipc,
        platform=document.platform,
        tty=document.tty,
        stdin_open=document.stdin_open,
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
        release=document.x_slipway.release or _ORDER.get(order),
        ready_timeout=document.x_slipway.ready.timeout,
        replicas=max(document.deploy.replicas, document.scale),
        drain=document.x_slipway.drain,
        bake=document.x_slipway.bake,
        migrate=_migration(document.x_slipway.migrate),
        jobs=tuple(_job(job, use) for job, use in sorted(document.x_slipway.jobs.items())),
        postgres=_tuning(document.x_slipway.postgres),
        redis=_tuning(document.x_slipway.redis),
        partitions=tuple(map(_partitions, document.x_slipway.partitions)),
        pooler=document.x_slipway.pooler.pooler() if document.x_slipway.pooler else None,
        backup=document.x_slipway.backup.keeping() if document.x_slipway.backup else None,
    )


def to_network(name: str, document: NetworkDocument) -> Network:
    """Return a network."""
    return Network(
        name=name,
        internal=document.internal,
        ipv6=document.enable_ipv6,
        options=dict(sorted(document.driver_opts.items())),
        labels=dict(sorted(document.labels.items())),
        ranges=tuple(
            AddressRange(
                subnet=each.subnet, ip_range=each.ip_range, gateway=each.gateway, reserved=dict(each.aux_addresses)
            )
            for each in document.ipam.config
        ),
    )


def to_volume(name: str, document: VolumeDocument) -> Volume:
    """Return a volume."""
    return Volume(
        name=name, options=dict(sorted(document.driver_opts.items())), labels=dict(sorted(document.labels.items()))
    )


def _migration(use: extension.Migrate | None) -> Migration | None:
    return Migration(command=use.command, phase=use.phase, timeout=use.timeout) if use else None


def _job(name: str, use: extension.Job) -> Job:
    return Job(name=name, schedule=use.schedule, command=use.command, timeout=use.timeout)


def _tuning(use: PostgresSettings | RedisSettings | None) -> Tuning | None:
    return use.tuning() if use else None


def _partitions(use: PartitionsUse) -> Partitions:
    return Partitions(table=use.table, ahead=use.ahead, database=use.database, time_zone=use.time_zone)


def _restart(deploy: Deploy) -> str:
    rule = deploy.restart_policy
    if rule is None:
        return ""
    attempts = f":{rule.max_attempts}" if rule.max_attempts else ""
    return _CONDITIONS[rule.condition] + attempts


def _device(use: DeviceUse) -> Device:
    return Device(source=use.source, target=use.target, permissions=use.permissions)


def _words(words: list[str] | None) -> tuple[str, ...] | None:
    return None if words is None else tuple(words)


def _set(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(words)))


def _mounts(uses: Iterable[MountUse]) -> Iterable[Mount]:
    for use in uses:
        if use.type == "volume" and use.source is not None:
            yield Mount(kind="volume", source=use.source, target=use.target, read_only=use.read_only)
        elif use.type == "bind" and use.source is not None and use.source.startswith("/"):
            yield Mount(
                kind="bind",
                source=use.source,
                target=use.target,
                read_only=use.read_only,
                propagation=use.bind.propagation,
                made=use.bind.create_host_path,
            )


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
    if use is None:
        return ServiceNetwork(name=name)
    return ServiceNetwork(name=name, aliases=tuple(sorted(use.aliases)), address=use.ipv4_address)


def _secret(use: SecretUse) -> SecretFile:
    return SecretFile(name=use.source, path=str(SECRETS / use.target))


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
