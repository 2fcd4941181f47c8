"""What goes wrong on a watched server, done for real, and who has to be told of it."""

import shlex
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from infra.backups.program.places import COMMAND
from tests.lab.monitoring.watching import SERVER
from tests.lab.shop import Shop

PSQL = "docker exec --user postgres dev-shop-db psql -qAt -c"
WORKER = "$(docker ps --quiet --all --filter label=slipway.product=shop --filter label=slipway.service=worker)"
WEB = "$(docker ps --quiet --all --filter label=slipway.product=shop --filter label=slipway.service=web)"
MONITORING = "/srv/slipway/dev-monitoring"
METRICS = "/var/lib/slipway/metrics"
BACKUP = shlex.join(COMMAND)

TARGET = "/srv/backups"
NODE = "dev-monitoring-node-exporter"
HOLDER = "python3 -c \"import time; kept = b'x' * 96_000_000; time.sleep(600)\""
"""Takes what a worker that has nothing to do leaves of its 128 MiB, but for some."""
_SPOIL = "dd if=/dev/zero of={} bs=64 seek=1 count=1 conv=notrunc"
_SPOIL_ALL = f"find {TARGET} -path '*/data/*/*' -exec {_SPOIL} ';'"
_TAKE_CONNECTIONS = """
cd /tmp; echo 'SELECT pg_sleep(120)' > sleep.sql
clients="FROM pg_stat_activity WHERE backend_type = 'client backend'"
most=$(psql -qAt -c "SELECT current_setting('max_connections')::int * 97 / 100 - count(*) $clients")
exec pgbench --no-vacuum --client "$most" --time 110 --file sleep.sql postgres
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Alert:
    """An alert, as people are told of it."""

    alert: str
    severity: str = "critical"
    product: str = "shop"

    @property
    def title(self) -> str:
        """First line of the message while it goes on."""
        return f"{self.severity.title()}: {self.place}"

    @property
    def place(self) -> str:
        """What the first lines have in common of when it goes on and when it is over."""
        return f"{self.alert} (dev/main{f': {self.product}' if self.product else ''})"


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """Something that goes wrong."""

    told: tuple[Alert, ...]
    begin: Callable[[], object]
    end: Callable[[], object]
    lasts: bool = False
    """Whether the alert goes on for a while when all is well again: it looks at the last minutes."""
    slow: bool = False
    """Whether it has to go on for five minutes."""


def _shell(script: str) -> Callable[[], object]:
    return partial(SERVER.shell, script)


def _begin(script: str) -> Callable[[], object]:
    return partial(SERVER.begin, script)


def _fault(begin: str, end: str, *told: Alert, **more: Any) -> Fault:
    return Fault(begin=_shell(begin), end=_shell(end), told=told, **more)


def _spoilt(service: str) -> tuple[str, str]:
    """Return what spoils the settings of a service and has them read, and what puts them right."""
    path = f"{MONITORING}/{service}/{service}.yml"
    reload = f"kill -HUP $(docker inspect --format '{{{{.State.Pid}}}}' dev-monitoring-{service})"
    return f"cp -p {path} /root/kept; echo '{{[' >> {path}; {reload}", f"cat /root/kept > {path}; {reload}"


def _holding(first: int, second: int) -> str:
    """Return what takes one lock and then another."""
    then = f"SELECT pg_sleep(2); SELECT pg_advisory_xact_lock({second}); COMMIT"
    return f"{PSQL} 'BEGIN; SELECT pg_advisory_xact_lock({first}); {then}'"


def _stop_web() -> None:
    """Stop what visitors reach, who go on to ask."""
    SERVER.shell(f"docker stop {WEB}")
    for _ in range(100):
        Shop("dev").ask("/")
        time.sleep(0.2)


def _fill_memory() -> None:
    """Fill what a service and a cache may have, nearly."""
    SERVER.begin(f"docker exec {WORKER} {HOLDER}")
    fill = "for i = 1, 440 do redis.call('SET', 'fill' .. i, string.rep('x', 100000)) end"
    SERVER.run("docker", "exec", "dev-shop-cache", "redis-cli", "eval", fill, "0")


def _warning(alert: str, product: str = "shop") -> Alert:
    return Alert(alert=alert, severity="warning", product=product)


FAULTS = {
    "a service is stopped": _fault(f"docker stop {WORKER}", f"docker start {WORKER}", Alert(alert="ContainerDown")),
    "visitors get errors": Fault(
        begin=_stop_web,
        end=_shell(f"docker start {WEB}"),
        told=(Alert(alert="SiteDown"), Alert(alert="ServerErrors")),
    ),
    "a program hangs": _fault(
        "pkill --signal STOP --exact redis-server",
        "pkill --signal CONT --exact redis-server",
        *(Alert(alert="RedisDown"), Alert(alert="ContainerUnhealthy")),
    ),
    "a service crashes again and again": _fault(
        f"for each in 1 2 3 4 5; do kill -9 $(docker inspect --format '{{{{.State.Pid}}}}' {WORKER}); sleep 4; done",
        "true",
        Alert(alert="ContainerRestarts"),
        lasts=True,
    ),
    "a process wants more memory than there is": _fault(
        f"docker exec {WORKER} sh -c 'tail /dev/zero' || true",
        "true",
        *(_warning("ContainerOutOfMemory"), _warning("MemoryTaken", "server")),
        lasts=True,
    ),
    "the engine is gone": _fault(
        "systemctl stop docker.socket docker.service",
        "systemctl start docker.service",
        Alert(alert="DockerDown", product="server"),
    ),
    "connections run out": Fault(
        begin=_begin(f"docker exec --user postgres dev-shop-db sh -c {shlex.quote(_TAKE_CONNECTIONS)}"),
        end=_shell("pkill --exact pgbench"),
        told=(Alert(alert="PostgresConnectionsFull"),),
    ),
    "two transactions wait for each other": _fault(
        f"{_holding(1, 2)} & {_holding(2, 1)} || true; wait || true",
        "true",
        _warning("PostgresDeadlocks"),
        lasts=True,
    ),
    "a cache cannot be written to the disk": _fault(
        "docker exec dev-shop-cache chmod 0500 /data; docker exec dev-shop-cache redis-cli bgsave",
        "docker exec dev-shop-cache chmod 0700 /data; docker exec dev-shop-cache redis-cli bgsave",
        Alert(alert="RedisNotSaved"),
    ),
    "an exporter is gone": _fault(
        "docker stop dev-monitoring-redis-exporter-shop-cache",
        "docker start dev-monitoring-redis-exporter-shop-cache",
        *(Alert(alert="TargetDown"), Alert(alert="ContainerDown", product="monitoring")),
    ),
    "the observer is gone": _fault(
        "systemctl stop slipway-observer.service",
        "systemctl start slipway-observer.service",
        Alert(alert="ServerNotObserved", product="server"),
    ),
    "a file of measurements is broken": _fault(
        f"echo 'no metric {{' > {METRICS}/mine.prom", f"rm {METRICS}/mine.prom", _warning("MetricsFileBroken", "server")
    ),
    "Prometheus's settings are spoilt": _fault(
        *_spoilt("prometheus"),
        Alert(alert="PrometheusConfigurationRefused", product=""),
    ),
    "Alertmanager's settings are spoilt": _fault(
        *_spoilt("alertmanager"),
        Alert(alert="AlertmanagerConfigurationRefused", product=""),
    ),
    "the disk is nearly full": _fault(
        f"mount --types tmpfs --options size=20m,mode=0755 none {METRICS};"
        f" systemctl restart slipway-observer; docker restart {NODE}; head --bytes 20400000 /dev/zero > {METRICS}/full",
        f"umount {METRICS}; systemctl restart slipway-observer; docker restart {NODE}",
        Alert(alert="DiskSpaceLow", product="server"),
    ),
    "a backup fails, and its target lists nothing": _fault(
        f"{BACKUP} run dev-shop; mv {TARGET} /srv/away; {BACKUP} run dev-shop || true; {BACKUP} fresh dev-shop || true",
        f"rm -rf {TARGET}; mv /srv/away {TARGET}; {BACKUP} run dev-shop; {BACKUP} fresh dev-shop",
        *(Alert(alert="BackupFailed"), Alert(alert="BackupNotFresh")),
    ),
    "a backup cannot be restored": _fault(
        f"cp -a {TARGET} /srv/away; {_SPOIL_ALL}; {BACKUP} drill dev-shop || true",
        f"rm -r {TARGET}; mv /srv/away {TARGET}; {BACKUP} drill dev-shop",
        Alert(alert="DrillFailed"),
    ),
    "memory is nearly full": Fault(
        begin=_fill_memory,
        end=_shell("pkill --full '[k]ept = b'; docker exec dev-shop-cache redis-cli flushall"),
        told=(_warning("ContainerMemoryFull"), _warning("RedisMemoryFull")),
        slow=True,
    ),
}
"""Name → what goes wrong."""
