"""The dashboard of everything on a server at one glance."""

from typing import Final

from infra.monitoring.dashboards.panel import Dashboard, Panel

_OF = 'stack=~"$stack",product=~"$product"'

FLEET: Final = Dashboard(
    name="fleet",
    title="Fleet",
    description="Whether everything that is declared runs, answers and was backed up.",
    rows={
        "Now": (
            Panel(
                title="Services down",
                description="Declared services without a container that runs. Anything but 0 is an outage.",
                unit="short",
                queries={
                    "": f"sum(slipway_container_desired{{{_OF}}}) - sum(slipway_container_desired{{{_OF}}} "
                    f"* on (stack, product, service, container) slipway_container_up{{{_OF}}})"
                },
                kind="figure",
                width=4,
            ),
            Panel(
                title="Unhealthy containers",
                description="Containers that run and fail their own check.",
                unit="short",
                queries={"": f"count(slipway_container_healthy{{{_OF}}}) - sum(slipway_container_healthy{{{_OF}}})"},
                kind="figure",
                width=4,
            ),
            Panel(
                title="Alerts",
                description="Alerts that fire, the watchdog left out, which always does.",
                unit="short",
                queries={"": 'count(ALERTS{alertstate="firing",alertname!="Watchdog"}) or vector(0)'},
                kind="figure",
                width=4,
            ),
            Panel(
                title="Requests",
                description="What the edge answers, of all products.",
                unit="reqps",
                queries={"": "sum(rate(traefik_service_requests_total[$__rate_interval]))"},
                kind="figure",
                width=4,
            ),
            Panel(
                title="Server errors",
                description="Part of the answers that are 5xx. Above 5 % for minutes visitors notice.",
                unit="percentunit",
                queries={
                    "": '(sum(rate(traefik_service_requests_total{code=~"5.."}[$__rate_interval])) or vector(0)) '
                    "/ (sum(rate(traefik_service_requests_total[$__rate_interval])) > 0) or vector(0)"
                },
                kind="figure",
                width=4,
            ),
            Panel(
                title="Last look",
                description="How long ago the observer last looked; it does every 5 s.",
                unit="s",
                queries={"": "time() - slipway_observed_timestamp_seconds"},
                kind="figure",
                width=4,
            ),
        ),
        "Products": (
            Panel(
                title="Services",
                description="Each declared service: 1 runs, 0 is down.",
                unit="short",
                queries={"": f"slipway_container_up{{{_OF}}} and (slipway_container_desired{{{_OF}}} == 1)"},
                kind="table",
                width=24,
            ),
            Panel(
                title="Restarts",
                description="Containers that Docker starts again and again have a fault that their log tells.",
                unit="short",
                queries={"{{product}}/{{service}}": f"increase(slipway_container_restarts_total{{{_OF}}}[1h])"},
            ),
            Panel(
                title="Killed for want of memory",
                description="Processes that the kernel took because their container was at its limit.",
                unit="short",
                queries={"{{product}}/{{service}}": f"increase(slipway_container_oom_kills_total{{{_OF}}}[1h])"},
            ),
            Panel(
                title="Scrapes",
                description="Whether each exporter answers Prometheus: without it nothing below is to be believed.",
                unit="short",
                queries={"{{job}} {{instance}}": "up"},
            ),
            Panel(
                title="Sites",
                description="Whether each address answers through the edge.",
                unit="short",
                queries={"{{host}}": "probe_success"},
            ),
        ),
    },
)
