"""The dashboard of a product: rate, errors and duration of each route, its databases, its releases."""

from typing import Final

from infra.monitoring.dashboards.panel import Dashboard, Panel

_OF = 'stack=~"$stack",product=~"$product"'
_ITS = 'product=~"$product"'
_ROUTES = 'route=~"($stack)-($product)-.+"'
_SECONDS = "traefik_service_request_duration_seconds_bucket"


def _quantile(quantile: str) -> str:
    rates = f"sum by (route, le) (rate({_SECONDS}{{{_ROUTES}}}[$__rate_interval]))"
    return f"histogram_quantile({quantile}, {rates})"


PRODUCT: Final = Dashboard(
    name="product",
    title="Product",
    description="What visitors get, and what it is made of.",
    rows={
        "Routes": (
            Panel(
                title="Rate",
                description="Requests a second of each route: `-public-` from the world, the others between services.",
                unit="reqps",
                queries={
                    "{{route}}": f"sum by (route) (rate(traefik_service_requests_total{{{_ROUTES}}}[$__rate_interval]))"
                },
                width=8,
            ),
            Panel(
                title="Errors",
                description="Part of the answers of each route that are 5xx.",
                unit="percentunit",
                queries={
                    "{{route}}": "sum by (route) "
                    f'(rate(traefik_service_requests_total{{code=~"5..",{_ROUTES}}}[$__rate_interval])) '
                    f"/ (sum by (route) (rate(traefik_service_requests_total{{{_ROUTES}}}[$__rate_interval])) > 0) "
                    f"or 0 * sum by (route) (traefik_service_requests_total{{{_ROUTES}}})"
                },
                width=8,
            ),
            Panel(
                title="Duration",
                description="Within how many seconds half, 95 % and 99 % of the answers of each route came.",
                unit="s",
                queries={
                    "p50 {{route}}": _quantile("0.5"),
                    "p95 {{route}}": _quantile("0.95"),
                    "p99 {{route}}": _quantile("0.99"),
                },
                width=8,
            ),
            Panel(
                title="Answers by code",
                description="Requests a second by the code of their answer.",
                unit="reqps",
                queries={
                    "{{code}}": f"sum by (code) (rate(traefik_service_requests_total{{{_ROUTES}}}[$__rate_interval]))"
                },
            ),
            Panel(
                title="Certificates",
                description="Days until the certificate of each host ends. Renewals begin at 30.",
                unit="d",
                queries={
                    "{{host}}": f"(slipway_certificate_not_after_timestamp_seconds{{{_OF}}} - time()) / 86400",
                },
            ),
        ),
        "Services": (
            Panel(
                title="Up and healthy",
                description="1 is up and passes its check; 0 does not.",
                unit="short",
                queries={
                    "{{container}}": f"slipway_container_up{{{_OF}}} * on (stack, product, service, container) "
                    f"(slipway_container_healthy{{{_OF}}} or slipway_container_up{{{_OF}}})"
                },
            ),
            Panel(
                title="Releases",
                description="Good and failed releases a day.",
                unit="short",
                queries={"{{service}} {{result}}": f"increase(slipway_releases_total{{{_OF}}}[1d])"},
            ),
        ),
        "Databases": (
            Panel(
                title="Connections to PostgreSQL",
                description="Part of the connections that are taken. At 100 % nobody else gets in.",
                unit="percentunit",
                queries={
                    "{{service}}": f"sum by (product, service) (pg_stat_activity_count{{{_ITS}}}) / on (product, "
                    f"service) max by (product, service) (pg_settings_max_connections{{{_ITS}}})"
                },
            ),
            Panel(
                title="Transactions of PostgreSQL",
                description="Transactions a second, those that were taken back apart.",
                unit="short",
                queries={
                    "{{service}} committed": "sum by (service) "
                    f"(rate(pg_stat_database_xact_commit{{{_ITS}}}[$__rate_interval]))",
                    "{{service}} rolled back": "sum by (service) "
                    f"(rate(pg_stat_database_xact_rollback{{{_ITS}}}[$__rate_interval]))",
                },
            ),
            Panel(
                title="Size of PostgreSQL",
                description="How large each database is.",
                unit="bytes",
                queries={"{{service}} {{datname}}": f"pg_database_size_bytes{{{_ITS}}}"},
            ),
            Panel(
                title="Memory of Redis",
                description="What Redis holds.",
                unit="bytes",
                queries={"{{service}}": f"redis_memory_used_bytes{{{_ITS}}}"},
            ),
        ),
    },
)
