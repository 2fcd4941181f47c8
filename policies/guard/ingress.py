"""Rules on what the world reaches through the edge, by the routes that the edge is given."""

from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import Any, Final

import yaml
from pulumi_policy import Severity

from .inputs import Sentence
from .resource import Resource, Stack
from .rules import rule, stack_rule
from .types import HOST_ROUTE, PRODUCT

PUBLIC_ENTRY_POINT: Final = "websecure"


@rule(
    "H06",
    on=HOST_ROUTE,
    severity=Severity.MEDIUM,
    remedy="Set `rate_limit: {average: 10, burst: 20}` at the `ingress`, or what the service can take.",
    sources=("Slipway SEC-001",),
    waits=True,
)
def ingress_has_a_rate_limit(route: Resource) -> Iterator[Sentence]:
    """Whatever the world can call answers one client only so often.

    A sign-in page without a limit is a password list away from being open.
    """
    for name, used in _public(route):
        if not any("rateLimit" in middleware for middleware in used):
            yield f"`content` has a router `{name}` without one."


@stack_rule(
    "H07",
    on=(PRODUCT, HOST_ROUTE),
    severity=Severity.HIGH,
    remedy="Leave basic auth on, or mark the product `public: true`.",
    sources=("Slipway SEC-001",),
    waits=True,
)
def what_is_not_public_asks_for_a_password(stack: Stack) -> Iterator[tuple[Resource, Sentence]]:
    """What is marked `public: false` asks everybody for a password.

    Search engines find a test environment within days, and what it shows is next month's product.
    """
    closed = {product.urn for product in stack.of(PRODUCT) if product.known("public") is False}
    yield from stack.each(partial(_open, closed=closed), HOST_ROUTE)


def _open(route: Resource, *, closed: Collection[str]) -> Iterator[Sentence]:
    if not any(_is_below(route, product) for product in closed):
        return
    for name, used in _public(route):
        if not any("basicAuth" in middleware for middleware in used):
            yield f"`content` has a router `{name}` without basic auth."


def _public(route: Resource) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    """Yield the routers that the world reaches, each with its middlewares."""
    http = (yaml.safe_load(route.get("content") or "") or {}).get("http") or {}
    middlewares = http.get("middlewares") or {}
    for name, router in (http.get("routers") or {}).items():
        if PUBLIC_ENTRY_POINT in (router.get("entryPoints") or ()):
            yield name, [middlewares.get(used) or {} for used in router.get("middlewares") or ()]


def _is_below(route: Resource, product: str) -> bool:
    """Tell whether a route is of a product: the types in its name begin with the product's, its service's name too."""
    stack, project, kinds, name = product.split("::", 3)
    return route.urn.startswith(f"{stack}::{project}::{kinds}$") and route.name.startswith(f"{name}-")
