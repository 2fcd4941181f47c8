"""What every stack consists of."""

from infra.config.settings import Settings
from stacks.platform import platforms
from stacks.product import products


def deploy(settings: Settings) -> None:
    """Declare everything a stack file asks for."""
    products(settings, platforms(settings))
