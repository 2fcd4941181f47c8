"""Where resources of a server belong: one parent, one provider, and what all of them wait for."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from infra.host import resources as host


@dataclass(frozen=True, kw_only=True, slots=True)
class Placement:
    """What all resources of a server have in common."""

    server: str
    """Name of the server, with which the names of its resources begin."""
    parent: pulumi.Resource
    provider: host.Provider
    first: Sequence[pulumi.Resource] = ()
    """What each of them waits for."""

    def options(self, *after: pulumi.Resource, stays: bool = False) -> pulumi.ResourceOptions:
        """Return the options of a resource on this server.

        Args:
            after: what has to be there before.
            stays: whether it is left on the server when the stack is destroyed or the server gets another name.
        """
        return pulumi.ResourceOptions(
            parent=self.parent,
            provider=self.provider,
            depends_on=[*self.first, *after],
            retain_on_delete=stays or None,
        )
