"""The dashboard of backups and releases: whether everything could be brought back, and what has changed."""

from typing import Final

from infra.monitoring.dashboards.panel import Dashboard, Panel

_OF = 'stack=~"$stack",product=~"$product"'

BACKUPS: Final = Dashboard(
    name="backups-and-releases",
    title="Backups and releases",
    description="Whether everything could be brought back, and what has changed.",
    rows={
        "Backups": (
            Panel(
                title="Age of the newest backup",
                description="Since the newest backup in which nothing failed. It is too old above its own bar.",
                unit="s",
                queries={
                    "{{product}} at {{target}}": f"time() - slipway_backup_last_success_timestamp_seconds{{{_OF}}}",
                    "too old: {{product}} at {{target}}": f"slipway_backup_stale_after_seconds{{{_OF}}}",
                },
            ),
            Panel(
                title="Fresh by the target's own list",
                description="1 where the target itself lists a backup that is young enough, as last judged.",
                unit="short",
                queries={"{{product}} at {{target}}": f"slipway_backup_fresh{{{_OF}}}"},
            ),
            Panel(
                title="Size of a backup",
                description="How much the newest good backup holds. Half of what it was is a reason to look.",
                unit="bytes",
                queries={"{{product}} at {{target}}": f"slipway_backup_size_bytes{{{_OF}}}"},
                width=8,
            ),
            Panel(
                title="Duration of a backup",
                description="How long the newest good backup took.",
                unit="s",
                queries={"{{product}} at {{target}}": f"slipway_backup_duration_seconds{{{_OF}}}"},
                width=8,
            ),
            Panel(
                title="Exit code of the last backup",
                description="0 is good; the reason of any other is in `slipway backups`.",
                unit="short",
                queries={"{{product}} at {{target}}": f"slipway_backup_last_exit_code{{{_OF}}}"},
                width=8,
            ),
        ),
        "Restores for practice": (
            Panel(
                title="Age of the last drill",
                description="Since a backup was last restored for practice; it is each week.",
                unit="s",
                queries={
                    "{{product}} at {{target}}": f"time() - slipway_drill_last_timestamp_seconds{{{_OF}}}",
                },
                width=8,
            ),
            Panel(
                title="Result of the last drill",
                description="1 where everything was found again.",
                unit="short",
                queries={"{{product}} at {{target}}": f"slipway_drill_success{{{_OF}}}"},
                width=8,
            ),
            Panel(
                title="Recovery, as measured",
                description="How old the data were that the drill had, and how long it took to have them.",
                unit="s",
                queries={
                    "lost {{product}} at {{target}}": f"slipway_drill_recovery_point_seconds{{{_OF}}}",
                    "took {{product}} at {{target}}": f"slipway_drill_recovery_time_seconds{{{_OF}}}",
                },
                width=8,
            ),
        ),
        "Releases": (
            Panel(
                title="Releases a day",
                description="Releases of services, by their result.",
                unit="short",
                queries={
                    "{{product}} {{result}}": "sum by (product, result) "
                    f"(increase(slipway_releases_total{{{_OF}}}[1d]))"
                },
            ),
            Panel(
                title="Failed releases",
                description="Part of the releases of 30 days that failed.",
                unit="percentunit",
                queries={
                    "{{product}}": f'sum by (product) (increase(slipway_releases_total{{result="failed",{_OF}}}[30d])) '
                    f"/ (sum by (product) (increase(slipway_releases_total{{{_OF}}}[30d])) > 0) "
                    f"or 0 * sum by (product) (slipway_releases_total{{{_OF}}})"
                },
            ),
            Panel(
                title="Since the last release",
                description="How long ago each service was last released, by the result.",
                unit="s",
                queries={
                    "{{product}}/{{service}} {{result}}": f"time() - slipway_release_last_timestamp_seconds{{{_OF}}}",
                },
            ),
            Panel(
                title="Under way",
                description="For how long a product is being changed; alerts of it are held back meanwhile.",
                unit="s",
                queries={
                    "{{product}}": f"(time() - slipway_release_running_since_timestamp_seconds{{{_OF}}}) "
                    f"* (slipway_release_running_since_timestamp_seconds{{{_OF}}} > bool 0)"
                },
            ),
            Panel(
                title="Drift",
                description="Resources that the last `slipway drift` found changed.",
                unit="short",
                queries={"{{stack}}": 'slipway_drift_resources{stack=~"$stack"}'},
                width=24,
            ),
        ),
    },
)
