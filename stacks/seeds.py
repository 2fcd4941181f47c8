"""What generated values are derived from."""

import pulumi
import pulumi_random as random

LENGTH = 64


def seed(name: str, generator: random.Provider | None) -> pulumi.Output[str]:
    """Declare a text that is made once; `infra.config.secrets.derived` makes values of it, one for each rotation.

    It is protected: what is encrypted with a value of it could never be read again.
    """
    return random.RandomPassword(
        name, length=LENGTH, special=False, opts=pulumi.ResourceOptions(provider=generator, protect=True)
    ).result
