"""The dashboard of a server: processors, memory, its disk, and what its containers take of them."""

from typing import Final

from infra.monitoring.dashboards.panel import Dashboard, Panel

_DISK = 'mountpoint="/"'
_OF = 'stack=~"$stack",product=~"$product"'

SERVER: Final = Dashboard(
    name="server",
    title="Server",
    description="What a server has, and who uses it.",
    rows={
        "Machine": (
            Panel(
                title="Processors",
                description="Part of all processors that is at work, by kind. `steal` is what the provider kept back.",
                unit="percentunit",
                queries={
                    "{{mode}}": 'sum by (mode) (rate(node_cpu_seconds_total{mode!="idle"}[$__rate_interval])) '
                    "/ scalar(count(count by (cpu) (node_cpu_seconds_total)))"
                },
            ),
            Panel(
                title="Load",
                description="Processes that want a processor, for each there is. Above 2 for long, everything waits.",
                unit="short",
                queries={
                    "5 min": "node_load5 / scalar(count(count by (cpu) (node_cpu_seconds_total)))",
                    "15 min": "node_load15 / scalar(count(count by (cpu) (node_cpu_seconds_total)))",
                },
            ),
            Panel(
                title="Memory",
                description="Memory in use, and what could be given out. Below a tenth the kernel begins to kill.",
                unit="bytes",
                queries={
                    "used": "node_memory_MemTotal_bytes - node_memory_MemAvailable_bytes",
                    "available": "node_memory_MemAvailable_bytes",
                },
            ),
            Panel(
                title="Disk",
                description="Part of the server's file system that is taken. Databases stop writing at 100 %.",
                unit="percentunit",
                queries={
                    "": f"1 - node_filesystem_avail_bytes{{{_DISK}}} / (node_filesystem_size_bytes{{{_DISK}}} > 0)"
                },
            ),
            Panel(
                title="Disk work",
                description="Part of the time in which each disk is busy.",
                unit="percentunit",
                queries={"{{device}}": "rate(node_disk_io_time_seconds_total[$__rate_interval])"},
            ),
        ),
        "Containers": (
            Panel(
                title="Memory of containers",
                description="What each uses, without what the kernel would give up first.",
                unit="bytes",
                queries={"{{product}}/{{service}}": f"slipway_container_memory_bytes{{{_OF}}}"},
            ),
            Panel(
                title="Memory against the limit",
                description="Part of its limit that each uses. At 100 % the kernel kills it.",
                unit="percentunit",
                queries={
                    "{{product}}/{{service}}": f"slipway_container_memory_bytes{{{_OF}}} / "
                    f"(slipway_container_memory_limit_bytes{{{_OF}}} > 0)"
                },
            ),
            Panel(
                title="Processors of containers",
                description="How many processors each keeps at work.",
                unit="short",
                queries={
                    "{{product}}/{{service}}": f"rate(slipway_container_cpu_seconds_total{{{_OF}}}[$__rate_interval])"
                },
            ),
            Panel(
                title="Age of containers",
                description="How long each has been running: who has fallen to 0 was started again.",
                unit="s",
                queries={"{{product}}/{{service}}": f"time() - slipway_container_start_timestamp_seconds{{{_OF}}}"},
            ),
        ),
    },
)
