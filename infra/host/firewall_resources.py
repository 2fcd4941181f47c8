"""What programs use of a server's firewall: one resource a rule, UFW, and the table that filters for containers."""

from typing import Unpack

import pulumi

from infra.host.firewall_inputs import ContainerFirewallInputs, FirewallRuleInputs, UfwInputs
from infra.host.resources import HostResource


class FirewallRule(HostResource):
    """New connections that are let in, to the server itself or to its containers."""

    TYPE = "host:index:FirewallRule"
    INPUTS = FirewallRuleInputs

    port: pulumi.Output[str]
    comment: pulumi.Output[str]

    def __init__(
        self, resource_name: str, /, *, opts: pulumi.ResourceOptions | None = None, **inputs: Unpack[FirewallRuleInputs]
    ) -> None:
        super().__init__(resource_name, inputs, opts)


class Ufw(HostResource):
    """UFW with its policies; the rules it is to have must be there before it is enabled."""

    TYPE = "host:index:Ufw"
    INPUTS = UfwInputs
    OUTPUTS = ("undeclared",)

    undeclared: pulumi.Output[list[str]]
    """Rules that nobody has declared; they are left alone unless it is exclusive."""

    def __init__(
        self, resource_name: str, /, *, opts: pulumi.ResourceOptions | None = None, **inputs: Unpack[UfwInputs]
    ) -> None:
        super().__init__(resource_name, inputs, opts)


class ContainerFirewall(HostResource):
    """A table of our own that drops what comes from outside for a container, but for the declared rules."""

    TYPE = "host:index:ContainerFirewall"
    INPUTS = ContainerFirewallInputs

    def __init__(
        self,
        resource_name: str,
        /,
        *,
        opts: pulumi.ResourceOptions | None = None,
        **inputs: Unpack[ContainerFirewallInputs],
    ) -> None:
        super().__init__(resource_name, inputs, opts)
