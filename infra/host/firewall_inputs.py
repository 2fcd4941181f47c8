"""The inputs of each class in `infra.host.firewall_resources`; names and defaults are those of the agent's kind."""

from collections.abc import Sequence
from typing import NotRequired, TypedDict

import pulumi


class FirewallRuleInputs(TypedDict):
    """Inputs of a `FirewallRule`; a change of any but the comment replaces it."""

    port: pulumi.Input[str]
    """Port or range, `22` or `8000:8010`; for containers the published one."""
    comment: pulumi.Input[str]
    """What the rule is for."""
    protocol: NotRequired[pulumi.Input[str]]
    """`tcp` (default), `udp` or `any`."""
    source: NotRequired[pulumi.Input[str]]
    """Address or network that is let in; `any`."""
    interface: NotRequired[pulumi.Input[str]]
    """Network interface by which it comes; `any`."""
    family: NotRequired[pulumi.Input[str]]
    """`ipv4`, `ipv6` or `any` (default)."""
    target: NotRequired[pulumi.Input[str]]
    """`host` (default) for the server itself, `forwarded` for its containers."""


class UfwInputs(TypedDict):
    """Inputs of a `Ufw`."""

    rules: pulumi.Input[Sequence[pulumi.Input[str]]]
    """Labels of the declared rules, as in `tcp 22 from any`, in their order."""
    incoming: NotRequired[pulumi.Input[str]]
    """What happens to packets for the server that no rule is about: `deny` (default), `reject` or `allow`."""
    routed: NotRequired[pulumi.Input[str]]
    """What happens to packets for others; `deny`."""
    outgoing: NotRequired[pulumi.Input[str]]
    """What happens to packets of the server; `allow`."""
    ipv6: NotRequired[pulumi.Input[bool]]
    """Whether rules are made for IPv6, too; true. Without, IPv6 is closed."""
    logging: NotRequired[pulumi.Input[str]]
    """`off`, `low` (default), `medium`, `high` or `full`."""
    exclusive: NotRequired[pulumi.Input[bool]]
    """Whether rules that nobody has declared are deleted; false."""
    enabled: NotRequired[pulumi.Input[bool]]
    """Whether it filters, now and from each boot on; true."""
    sysctls: NotRequired[pulumi.Input[bool]]
    """Whether UFW overwrites kernel settings with its own when it starts; false."""


class ContainerFirewallInputs(TypedDict):
    """Inputs of a `ContainerFirewall`."""

    rules: pulumi.Input[Sequence[pulumi.Input[str]]]
    """Labels of the declared rules, as in `tcp 443 from any`."""
