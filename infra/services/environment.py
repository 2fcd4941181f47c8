"""The environment of a service's containers, secrets filled in."""

import functools
from collections.abc import Mapping

import pulumi

from infra.compose.placeholders import fill, placeholders
from infra.compose.project import Service


def lines(service: Service, secrets: Mapping[str, pulumi.Input[str]]) -> list[pulumi.Input[str]]:
    """Return the lines of an environment; one with a secret in it is a secret.

    Args:
        service: the service.
        secrets: the value of each secret that it uses.
    """
    return [_filled(f"{name}={value}", secrets) for name, value in sorted(service.environment.items())]


def _filled(line: str, secrets: Mapping[str, pulumi.Input[str]]) -> pulumi.Input[str]:
    names = placeholders(line)
    if not names:
        return line
    values = pulumi.Output.all(**{name: secrets[name] for name in names})
    return pulumi.Output.secret(values.apply(functools.partial(fill, line)))
