"""The provider `random`: it has no settings."""

from infra.host.plugin.base import Provider
from tests.lab.plugins.random.password import RandomPassword


class Random(Provider):
    """Random values that stay the same until their inputs change."""

    name = "random"
    version = "4.21.4+standin"

    def __init__(self) -> None:
        super().__init__([RandomPassword()])
