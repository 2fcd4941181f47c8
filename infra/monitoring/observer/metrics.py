"""Metrics as a file that node exporter reads, in the text format of Prometheus."""

from typing import Final

_CONTAINER = "slipway_container"
FAMILIES: Final = {
    "slipway_observed_timestamp_seconds": "When the observer last looked.",
    "slipway_docker_up": "Whether the Docker Engine answers.",
    f"{_CONTAINER}_up": "Whether a container runs, or 0 for a declared service without one.",
    f"{_CONTAINER}_desired": "Whether a service is to run, with the labels of the container that speaks for it.",
    f"{_CONTAINER}_healthy": "Whether a container that runs passes its check, is new to it, or has none.",
    f"{_CONTAINER}_restarts_total": "How often Docker has started a container again.",
    f"{_CONTAINER}_oom_kills_total": "How often the kernel took a process of a container for want of memory.",
    f"{_CONTAINER}_exit_code": "Exit code of a container that does not run, and 0 for one that does.",
    f"{_CONTAINER}_start_timestamp_seconds": "When a container was last started.",
    f"{_CONTAINER}_image_pinned": "Whether the image of a container is named by digest.",
    f"{_CONTAINER}_memory_bytes": "Memory that a container uses, without what the kernel would give up first.",
    f"{_CONTAINER}_memory_limit_bytes": "Memory at which a container is killed, where it has a limit.",
    f"{_CONTAINER}_cpu_seconds_total": "Time of processors that a container has used since its start.",
    "slipway_release_last_timestamp_seconds": "When the last release of a service ended, by its result.",
    "slipway_releases_total": "How many releases a service had, by their result.",
    "slipway_release_running_since_timestamp_seconds": "Since when a product is being changed, or 0.",
    "slipway_backup_last_success_timestamp_seconds": "When the newest backup ended in which nothing failed.",
    "slipway_backup_last_exit_code": "Exit code of the last backup.",
    "slipway_backup_duration_seconds": "How long the newest good backup took.",
    "slipway_backup_size_bytes": "How much the newest good backup holds.",
    "slipway_backup_stale_after_seconds": "Age at which the newest backup is too old.",
    "slipway_backup_fresh": "Whether the target itself lists a backup that is young enough, as last judged.",
    "slipway_drill_due_timestamp_seconds": "When the next restore for practice has to be over.",
    "slipway_drill_last_timestamp_seconds": "When a restore for practice last ended.",
    "slipway_drill_success": "Whether the last restore for practice found everything.",
    "slipway_drill_recovery_point_seconds": "How old the data were that the last restore for practice had.",
    "slipway_drill_recovery_time_seconds": "How long the last restore for practice took.",
    "slipway_certificate_not_after_timestamp_seconds": "When the certificate of a host ends.",
    "slipway_drift_resources": "How many resources of this server the last comparison found changed.",
}
"""Every metric of the observer, and what it says; one whose name ends so is a counter."""
_COUNTER: Final = "_total"
_ESCAPED: Final = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


class Page:
    """Metrics of one look."""

    def __init__(self) -> None:
        self._samples: dict[str, dict[str, float]] = {name: {} for name in FAMILIES}

    def add(self, name: str, value: float, labels: dict[str, str] | None = None) -> None:
        """Add a value; of two with the same labels, which would make the page worthless, the first one counts."""
        written = ",".join(f'{key}="{text.translate(_ESCAPED)}"' for key, text in (labels or {}).items())
        self._samples[name].setdefault(f"{name}{{{written}}}" if written else name, value)

    def text(self) -> str:
        """Return the page."""
        lines = []
        for name, samples in self._samples.items():
            if samples:
                kind = "counter" if name.endswith(_COUNTER) else "gauge"
                lines += [f"# HELP {name} {FAMILIES[name]}", f"# TYPE {name} {kind}"]
                lines += [f"{series} {value!r}" for series, value in samples.items()]
        return "".join(f"{line}\n" for line in lines)
