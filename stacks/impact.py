"""What an update will mean for those who use a product, told at the end of a preview."""

from collections.abc import Mapping

import pulumi

from infra.host.agent.impact import NO_CHANGE
from infra.services import Product


def foretell(name: str, product: Product) -> None:
    """Tell the impact of each service of a product, once the engine has compared it with its state."""
    if pulumi.runtime.is_dry_run():
        impacts = {service: made.impact for service, made in product.services.items()}
        pulumi.Output.all(**impacts).apply(lambda known: pulumi.log.info(sentence(name, known)))


def sentence(product: str, impacts: Mapping[str, str]) -> str:
    """Return a line a service; one line for a product that stays as it is."""
    if set(impacts.values()) <= {NO_CHANGE}:
        return f"{product}: {NO_CHANGE}"
    return "\n".join(f"{product}/{service}: {impact}" for service, impact in sorted(impacts.items()))
