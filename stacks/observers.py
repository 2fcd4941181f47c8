"""What sees the servers, and what it is to see there."""

from collections.abc import Mapping, Sequence

from infra.config.monitoring_images import MONITORING
from infra.config.releases import EDGE_PRODUCT, EDGE_SERVICE
from infra.config.settings import ProductSettings, ServerSettings, Settings
from infra.monitoring.observers import Observer, ObserverArgs
from infra.monitoring.render import declared
from stacks.platform import Platform


def observers(
    settings: Settings, platforms: Mapping[str, Platform], watchers: Mapping[str, Sequence[str]]
) -> dict[str, Observer]:
    """Declare the observer of every server that is watched; on one of another stack, what that one's looks for.

    Args:
        settings: of the stack.
        platforms: server → what is on it.
        watchers: server that this stack watches → the services that do.
    """
    return {
        name: Observer(
            f"{name}-observer",
            ObserverArgs(
                stack=settings.stack,
                declared=_declared(settings, server, watchers.get(name, ())),
                provider=platforms[name].server.host_provider,
                ready=platforms[name].ready,
                is_guest=server.owner is not None,
            ),
        )
        for name, server in settings.servers.items()
        # Only the owner knows whether anybody looks, and that may begin at any time.
        if server.owner is not None or name in watchers
    }


def _declared(settings: Settings, server: ServerSettings, watchers: Sequence[str]) -> Mapping[str, object]:
    own = [product for product in settings.products.values() if product.server == server.name]
    edge = {EDGE_PRODUCT: [EDGE_SERVICE]} if settings.edge and server.owner is None else {}
    further = {**edge, **({MONITORING: watchers} if watchers else {})}
    return declared(settings.stack, {each.name: (each.project.services, _hosts(each)) for each in own}, further)


def _hosts(product: ProductSettings) -> list[str]:
    """Return the names by which the world reaches a product by HTTPS."""
    return sorted({way.rule.host for way in product.ingress if way.rule.host})
