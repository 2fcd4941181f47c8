"""For each alert what makes it fire, and what comes near to it and must not."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

Series = Mapping[str, str]
"""Series → its values, as `promtool test rules` writes them, one every ten seconds."""

LONG = "x400"
"""For as long as is looked at."""
DAY = 86_400
CONTAINER = 'stack="dev",product="shop",service="web",container="dev-shop-web"'
NODE = 'job="node",instance="n:9100",product="server"'
DATABASE = 'product="shop",service="db"'
DISK = f'{NODE},mountpoint="/"'
ROUTE = 'product="shop",service="web",route="a"'


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """Two worlds that differ in little."""

    firing: Series
    quiet: Series
    at: str = "20m"
    """When it is looked at."""


def level(metric: str, labels: str, fires: float, not_yet: float, beside: Series | None = None) -> Case:
    """Return a case in which one value is on this side or that of a threshold."""
    series = f"{metric}{{{labels}}}"
    more = dict(beside or {})
    return Case(firing={series: f"{fires}{LONG}", **more}, quiet={series: f"{not_yet}{LONG}", **more})


def growing(metric: str, labels: str, fires: str, not_yet: str, beside: Series | None = None) -> Case:
    """Return a case in which one counter grows faster or slower."""
    series = f"{metric}{{{labels}}}"
    more = dict(beside or {})
    return Case(firing={series: fires, **more}, quiet={series: not_yet, **more})


def _of_disk(free: str, size: str, fires: int, not_yet: int) -> Case:
    return level(free, DISK, fires, not_yet, beside={f"{size}{{{DISK}}}": f"1000{LONG}"})


def _errors(wrong: float, right: float) -> Series:
    return {
        f'traefik_service_requests_total{{{ROUTE},code="500"}}': f"0+{wrong}{LONG}",
        f'traefik_service_requests_total{{{ROUTE},code="200"}}': f"0+{right}{LONG}",
    }


def _answers(quick: int, all_of_them: int) -> Series:
    name = "traefik_service_request_duration_seconds"
    return {
        f'{name}_bucket{{{ROUTE},le="1.2"}}': f"0+{quick}{LONG}",
        f'{name}_bucket{{{ROUTE},le="0.3"}}': f"0+{quick}{LONG}",
        f'{name}_bucket{{{ROUTE},le="5"}}': f"0+{all_of_them}{LONG}",
        f'{name}_bucket{{{ROUTE},le="+Inf"}}': f"0+{all_of_them}{LONG}",
        f"{name}_count{{{ROUTE}}}": f"0+{all_of_them}{LONG}",
    }


def _filling(step: int) -> Series:
    return {
        f"node_filesystem_avail_bytes{{{DISK}}}": f"399999{step:+d}x2300",
        f"node_filesystem_size_bytes{{{DISK}}}": "1000000x2300",
    }


def _rolled_back(back: int, committed: int) -> Series:
    labels = f'{DATABASE},datname="shop"'
    return {
        f"pg_stat_database_xact_rollback{{{labels}}}": f"0+{back}{LONG}",
        f"pg_stat_database_xact_commit{{{labels}}}": f"0+{committed}{LONG}",
    }


_CONNECTIONS = {f"pg_settings_max_connections{{{DATABASE}}}": f"100{LONG}"}
_PROCESSORS = {f'node_cpu_seconds_total{{{NODE},mode="idle",cpu="{number}"}}': f"0+1{LONG}" for number in (0, 1)}
_RETENTION = {f"prometheus_tsdb_retention_limit_bytes{{{NODE}}}": f"100{LONG}"}
_MEMORY = {f"node_memory_MemTotal_bytes{{{NODE}}}": f"1000{LONG}"}
_DESIRED = {f"slipway_container_desired{{{CONTAINER}}}": f"1{LONG}"}
_RUNS = {f"slipway_container_up{{{CONTAINER}}}": f"1{LONG}"}
_ACTIVE = f'{DATABASE},datname="shop",state="active"'
_BACKUP = 'stack="dev",product="shop",target="disk"'
_OBSERVED = {'slipway_observed_timestamp_seconds{product="server"}': f"1+10{LONG}"}

CASES: Mapping[tuple[str, str], Case] = {
    ("DiskSpaceLow", "warning"): _of_disk("node_filesystem_avail_bytes", "node_filesystem_size_bytes", 149, 151),
    ("DiskSpaceLow", "critical"): _of_disk("node_filesystem_avail_bytes", "node_filesystem_size_bytes", 49, 51),
    ("DiskFillsUp", "warning"): Case(firing=_filling(-60), quiet=_filling(-20), at="6h20m"),
    ("InodesLow", "warning"): _of_disk("node_filesystem_files_free", "node_filesystem_files", 99, 101),
    ("MemoryLow", "warning"): level("node_memory_MemAvailable_bytes", NODE, 99, 101, beside=_MEMORY),
    ("MemoryLow", "critical"): level("node_memory_MemAvailable_bytes", NODE, 29, 31, beside=_MEMORY),
    ("MemoryTaken", "warning"): growing("node_vmstat_oom_kill", NODE, "0x115 1x5", f"1{LONG}"),
    ("ProcessorsBusy", "warning"): replace(
        level("node_load5", NODE, 4.1, 3.9, _PROCESSORS),
        at="30m",
    ),
    ("ProcessorsStolen", "warning"): growing(
        "node_cpu_seconds_total", f'{NODE},mode="steal",cpu="0"', f"0+1.1{LONG}", f"0+0.9{LONG}"
    ),
    ("ClockOff", "warning"): level("node_timex_offset_seconds", NODE, -0.11, 0.09),
    ("FilesOpen", "warning"): level(
        "node_filefd_allocated", NODE, 81, 79, beside={f"node_filefd_maximum{{{NODE}}}": f"100{LONG}"}
    ),
    ("ContainerDown", "critical"): level("slipway_container_up", CONTAINER, 0, 1, beside=_DESIRED),
    ("ContainerUnhealthy", "critical"): level("slipway_container_healthy", CONTAINER, 0, 1, beside=_RUNS),
    ("ContainerRestarts", "critical"): growing(
        "slipway_container_restarts_total", CONTAINER, "0x80 1+1x3 4x40", "0x80 1+1x2 3x40"
    ),
    ("ContainerOutOfMemory", "warning"): growing(
        "slipway_container_oom_kills_total", CONTAINER, "0x100 1x40", f"1{LONG}"
    ),
    ("ContainerMemoryFull", "warning"): level(
        "slipway_container_memory_bytes",
        CONTAINER,
        91,
        89,
        beside={f"slipway_container_memory_limit_bytes{{{CONTAINER}}}": f"100{LONG}"},
    ),
    ("ImageNotPinned", "warning"): level("slipway_container_image_pinned", CONTAINER, 0, 1),
    ("DockerDown", "critical"): level("slipway_docker_up", NODE, 0, 1),
    ("SiteDown", "critical"): level("probe_success", 'job="sites",instance="https://a/",product="shop"', 0, 1),
    ("SiteSlow", "warning"): level(
        "probe_duration_seconds", 'job="sites",instance="https://a/",product="shop"', 1.1, 0.9
    ),
    ("ServerErrors", "critical"): Case(firing=_errors(6, 100), quiet=_errors(5, 100)),
    ("AnswersSlow", "warning"): Case(firing=_answers(90, 100), quiet=_answers(96, 100)),
    ("CertificateEnds", "warning"): level(
        "slipway_certificate_not_after_timestamp_seconds", 'host="a"', 21 * DAY, 22 * DAY
    ),
    ("CertificateEnds", "critical"): level(
        "slipway_certificate_not_after_timestamp_seconds", 'host="a"', 7 * DAY, 8 * DAY
    ),
    ("PostgresDown", "critical"): level("pg_up", DATABASE, 0, 1),
    ("PostgresConnectionsFull", "warning"): level("pg_stat_activity_count", _ACTIVE, 81, 79, beside=_CONNECTIONS),
    ("PostgresConnectionsFull", "critical"): level("pg_stat_activity_count", _ACTIVE, 96, 94, beside=_CONNECTIONS),
    ("PostgresTransactionLong", "warning"): level("pg_stat_activity_max_tx_duration", _ACTIVE, 901, 899),
    ("PostgresDeadlocks", "warning"): growing(
        "pg_stat_database_deadlocks", f'{DATABASE},datname="shop"', "0x100 1x40", f"1{LONG}"
    ),
    ("PostgresRollsBack", "warning"): Case(firing=_rolled_back(21, 79), quiet=_rolled_back(19, 81)),
    ("RedisDown", "critical"): level("redis_up", DATABASE, 0, 1),
    ("RedisMemoryFull", "warning"): level(
        "redis_memory_used_bytes", DATABASE, 91, 89, beside={f"redis_memory_max_bytes{{{DATABASE}}}": f"100{LONG}"}
    ),
    ("RedisRefuses", "warning"): growing("redis_rejected_connections_total", DATABASE, "0x115 1x40", f"1{LONG}"),
    ("RedisNotSaved", "critical"): level("redis_rdb_last_bgsave_status", DATABASE, 0, 1),
    ("BackupMissing", "critical"): level(
        "slipway_backup_stale_after_seconds",
        _BACKUP,
        1100,
        1300,
        beside={f"slipway_backup_last_success_timestamp_seconds{{{_BACKUP}}}": f"1{LONG}"},
    ),
    ("BackupFailed", "critical"): level("slipway_backup_last_exit_code", _BACKUP, 1, 0),
    ("BackupNotFresh", "critical"): level("slipway_backup_fresh", _BACKUP, 0, 1),
    ("DrillFailed", "critical"): level("slipway_drill_success", _BACKUP, 0, 1),
    ("DrillOverdue", "warning"): level("slipway_drill_due_timestamp_seconds", _BACKUP, -2 * DAY, -1 * DAY),
    ("ReleaseFailed", "warning"): Case(
        firing={f'slipway_release_last_timestamp_seconds{{{CONTAINER},result="failed"}}': f"700{LONG}"},
        quiet={
            f'slipway_release_last_timestamp_seconds{{{CONTAINER},result="failed"}}': f"500{LONG}",
            f'slipway_release_last_timestamp_seconds{{{CONTAINER},result="good"}}': f"1100{LONG}",
        },
    ),
    ("ReleaseStuck", "warning"): level("slipway_release_running_since_timestamp_seconds", 'product="shop"', 100, 400),
    ("ReleaseRunning", "none"): level("slipway_release_running_since_timestamp_seconds", 'product="shop"', 1190, 0),
    ("Drift", "warning"): level("slipway_drift_resources", 'stack="dev"', 1, 0),
    ("Watchdog", "none"): Case(firing={"up": f"1{LONG}"}, quiet={}),
    ("TargetDown", "critical"): level("up", NODE, 0, 1),
    ("ServerNotObserved", "critical"): Case(firing={"up": f"1{LONG}"}, quiet=_OBSERVED),
    ("MetricsFileBroken", "warning"): level("node_textfile_scrape_error", NODE, 1, 0),
    ("PrometheusConfigurationRefused", "critical"): level("prometheus_config_last_reload_successful", NODE, 0, 1),
    ("RulesFail", "critical"): growing("prometheus_rule_evaluation_failures_total", NODE, "0x118 1x40", f"1{LONG}"),
    ("AlertsNotSent", "critical"): level("prometheus_notifications_alertmanagers_discovered", NODE, 0, 1),
    ("AlertmanagerConfigurationRefused", "critical"): level("alertmanager_config_last_reload_successful", NODE, 0, 1),
    ("ChannelFails", "critical"): growing(
        "alertmanager_notifications_failed_total", 'integration="telegram"', "0x118 1x40", f"1{LONG}"
    ),
    ("StoreNearlyFull", "warning"): replace(
        level("prometheus_tsdb_storage_blocks_bytes", NODE, 96, 94, _RETENTION),
        at="1h5m",
    ),
}
