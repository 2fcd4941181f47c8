"""The containers that watch a server, as pure functions: all of them unprivileged, read-only, and small."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import pulumi_docker as docker

from infra.monitoring.alertmanager import SECRETS
from infra.monitoring.limits import EXPORTERS, GRAFANA, MEMORY
from infra.monitoring.observer import places
from infra.monitoring.targets import Database

ALERTMANAGER_PATH: Final = "/alertmanager"
"""Below which Alertmanager answers."""
GRAFANA_PATH: Final = "/grafana"
"""Below which Grafana answers."""
PROVISIONING: Final = "/etc/grafana/provisioning"
"""Where Grafana reads what it is given."""
USER: Final = 65531
"""Of no name, and nobody else on the server: its threads are all that the limit below counts, and no other reads what
is its own."""
DATABASE_USER: Final = "slipway-monitor"
"""Who signs in to a PostgreSQL server to measure it."""
DATABASE_FILE: Final = "password"
"""Name of the file that has the password."""
_PROCESSES: Final = 4096
"""Threads of all that watches a server together; Go has a dozen and one a processor in each."""
_SHARES: Final = 512
"""Half of what a container has by default: products come first when processors are short."""
_COLLECTORS: Final = (
    *("cpu", "diskstats", "filefd", "filesystem", "loadavg", "meminfo", "pressure", "stat"),
    *("textfile", "time", "timex", "uname", "vmstat"),
)
"""What is the server's own in a container, too. Of the network there is only the container's."""
MEASURED: Final = "/textfile"
"""Where node exporter sees what the server tells of itself."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Watcher:
    """A container that watches."""

    name: str
    """Without the prefix of all of them."""
    image: str
    memory: int
    """MiB."""
    command: tuple[str, ...]
    check: tuple[str, ...]
    """Program and arguments by which Docker finds out whether it is healthy."""
    mounts: Mapping[str, str] = field(default_factory=dict)
    """Path in the container → path on the server, read-only."""
    written: Mapping[str, str] = field(default_factory=dict)
    """As `mounts`, for what it writes to."""
    environment: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    """Networks beside the one of all of them, by their names on the server."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Beside those that every one of them has."""


def container(watcher: Watcher, *, prefix: str, stack: str, network: str) -> docker.ContainerArgs:
    """Return a container.

    Args:
        watcher: what is its own.
        prefix: `<stack>-monitoring`.
        stack: name of the stack.
        network: the one of all that watches.
    """
    described = repr((watcher.image, watcher.command, watcher.check, watcher.mounts, watcher.networks))
    labels = {
        "slipway.product": "monitoring",
        "slipway.release": hashlib.sha256(described.encode()).hexdigest()[:8],
        "slipway.service": watcher.name,
        "slipway.stack": stack,
        **watcher.labels,
    }
    return docker.ContainerArgs(
        name=f"{prefix}-{watcher.name}",
        image=watcher.image,
        command=list(watcher.command) or None,
        user=f"{USER}:{USER}",
        restart="unless-stopped",
        memory=watcher.memory,
        memory_swap=watcher.memory,
        cpu_shares=_SHARES,
        ulimits=[docker.ContainerUlimitArgs(name="nproc", soft=_PROCESSES, hard=_PROCESSES)],
        log_driver="json-file",
        log_opts={"max-file": "3", "max-size": "10m"},
        read_only=True,
        capabilities=docker.ContainerCapabilitiesArgs(drops=["ALL"]),
        security_opts=["no-new-privileges"],
        destroy_grace_seconds=30,
        # Go gives memory back before the limit is reached, instead of being killed at it.
        envs=[f"GOMEMLIMIT={watcher.memory * 9 // 10}MiB", *watcher.environment],
        networks_advanced=[docker.ContainerNetworksAdvancedArgs(name=name) for name in (network, *watcher.networks)],
        mounts=[
            docker.ContainerMountArgs(type="bind", source=source, target=target, read_only=read_only)
            for found, read_only in ((watcher.mounts, True), (watcher.written, False))
            for target, source in sorted(found.items())
        ],
        healthcheck=docker.ContainerHealthcheckArgs(
            tests=["CMD", *watcher.check], interval="15s", timeout="5s", retries=3, start_period="30s"
        ),
        labels=[docker.ContainerLabelArgs(label=label, value=value) for label, value in sorted(labels.items())],
    )


def prometheus(image: str, *, folder: str, days: int, size: int, host: str | None) -> Watcher:
    """Return Prometheus.

    Args:
        image: it by digest.
        folder: folder of the server below which its settings and its measurements are.
        days: how long these are kept.
        size: MiB that they may take.
        host: domain under which people look at them.
    """
    return Watcher(
        name="prometheus",
        image=image,
        memory=MEMORY["prometheus"],
        command=(
            "--config.file=/etc/prometheus/prometheus.yml",
            "--storage.tsdb.path=/prometheus",
            f"--storage.tsdb.retention.time={days}d",
            f"--storage.tsdb.retention.size={size}MB",
            *((f"--web.external-url=https://{host}/", "--web.route-prefix=/") if host else ()),
        ),
        check=_asked(9090, "/-/healthy"),
        mounts={"/etc/prometheus": f"{folder}/prometheus"},
        written={"/prometheus": f"{folder}/measurements"},
    )


def alertmanager(image: str, *, folder: str, host: str | None, outside: str) -> Watcher:
    """Return Alertmanager, the only one that reaches the internet.

    Args:
        image: it by digest.
        folder: as for Prometheus.
        host: as for Prometheus.
        outside: network by which it does.
    """
    base = f"https://{host}" if host else "http://alertmanager:9093"
    return Watcher(
        name="alertmanager",
        image=image,
        memory=MEMORY["alertmanager"],
        command=(
            "--config.file=/etc/alertmanager/alertmanager.yml",
            "--storage.path=/alertmanager",
            f"--web.external-url={base}{ALERTMANAGER_PATH}",
            # There is no other one to agree with.
            "--cluster.listen-address=",
        ),
        check=_asked(9093, f"{ALERTMANAGER_PATH}/-/healthy"),
        mounts={"/etc/alertmanager": f"{folder}/alertmanager", SECRETS: f"{folder}/secrets/alertmanager"},
        written={"/alertmanager": f"{folder}/silences"},
        networks=(outside,),
    )


def node_exporter(image: str) -> Watcher:
    """Return node exporter, which sees one folder of the server: its file system is the server's."""
    return Watcher(
        name="node-exporter",
        image=image,
        memory=MEMORY["node-exporter"],
        command=(
            "--collector.disable-defaults",
            *(f"--collector.{name}" for name in _COLLECTORS),
            f"--collector.textfile.directory={MEASURED}",
            # What is left is the folder, of whatever kind its file system is.
            "--collector.filesystem.mount-points-exclude=^/(|(dev|etc|proc|run|sys)(/.*)?)$",
            "--collector.filesystem.fs-types-exclude=^$",
        ),
        check=_asked(9100, "/"),
        mounts={MEASURED: str(places.METRICS)},
    )


def blackbox_exporter(image: str, *, folder: str) -> Watcher:
    """Return blackbox exporter, which asks the sites of products by the edge."""
    return Watcher(
        name="blackbox-exporter",
        image=image,
        memory=MEMORY["blackbox-exporter"],
        command=("--config.file=/etc/blackbox/blackbox.yml",),
        check=_asked(9115, "/-/healthy"),
        mounts={"/etc/blackbox": f"{folder}/blackbox"},
    )


def grafana(image: str, *, folder: str, host: str) -> Watcher:
    """Return Grafana, which shows what it is given to whoever has signed in at the edge, and keeps nothing."""
    settings = {
        "ANALYTICS_CHECK_FOR_UPDATES": "false",
        "ANALYTICS_REPORTING_ENABLED": "false",
        "AUTH_ANONYMOUS_ENABLED": "true",
        "AUTH_ANONYMOUS_ORG_ROLE": "Viewer",
        "AUTH_BASIC_ENABLED": "false",
        "AUTH_DISABLE_LOGIN_FORM": "true",
        "LOG_MODE": "console",
        "SECURITY_DISABLE_INITIAL_ADMIN_CREATION": "true",
        "SERVER_ROOT_URL": f"https://{host}{GRAFANA_PATH}/",
        "SERVER_SERVE_FROM_SUB_PATH": "true",
    }
    return Watcher(
        name="grafana",
        image=image,
        memory=GRAFANA,
        command=(),
        check=_asked(3000, f"{GRAFANA_PATH}/api/health"),
        mounts={f"{PROVISIONING}/{kind}": f"{folder}/grafana-{kind}" for kind in ("dashboards", "datasources")},
        written={"/var/lib/grafana": f"{folder}/grafana"},
        environment=tuple(f"GF_{name}={value}" for name, value in sorted(settings.items())),
    )


def of_database(image: str, database: Database, *, folder: str) -> Watcher:
    """Return the exporter of a database server."""
    if database.kind == "redis":
        return Watcher(
            name=database.exporter,
            image=image,
            memory=EXPORTERS[database.kind],
            # A server that hangs is told as such, before Prometheus gives the exporter up.
            command=(f"--redis.addr=redis://{database.service}:6379", "--connection-timeout=3s"),
            check=_asked(9121, "/health"),
        )
    return Watcher(
        name=database.exporter,
        image=image,
        memory=EXPORTERS[database.kind],
        command=(),
        check=_asked(9187, "/"),
        mounts={SECRETS: f"{folder}/secrets/{database.exporter}"},
        environment=(
            f"DATA_SOURCE_URI={database.service}:5432/postgres?sslmode=disable&connect_timeout=3",
            f"DATA_SOURCE_USER={DATABASE_USER}",
            f"DATA_SOURCE_PASS_FILE={SECRETS}/{DATABASE_FILE}",
        ),
    )


def _asked(port: int, path: str) -> tuple[str, ...]:
    return "wget", "-q", "-O", "/dev/null", f"http://127.0.0.1:{port}{path}"
