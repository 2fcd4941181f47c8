"""Rules on what a stack as a whole must have."""

from collections.abc import Iterator
from functools import partial
from typing import Final

from pulumi_policy import Severity

from .inputs import Sentence
from .ports import is_edge
from .resource import Resource, Stack
from .rules import rule, stack_rule
from .types import CONTAINER, FIREWALL, RANDOM_PASSWORD, SERVER, STACK, VOLUME

PUBLIC: Final = (80, 443)


@stack_rule(
    "K01",
    on=CONTAINER,
    severity=Severity.HIGH,
    remedy="Let the one edge of each server publish 80 and 443.",
    sources=("Slipway DESIGN §6",),
)
def one_edge_owns_the_public_ports(stack: Stack) -> Iterator[tuple[Resource, Sentence]]:
    """Ports 80 and 443 of a server belong to one edge.

    With two, the one that starts first after a reboot gets them, and the other's products are gone.
    """
    yield from stack.each(partial(_takes_public_port, owners={}), CONTAINER)


@stack_rule(
    "K01",
    on=(SERVER, FIREWALL),
    severity=Severity.HIGH,
    remedy="Leave the server's `firewall` to Slipway.",
    sources=("CIS Debian 4",),
)
def server_has_a_firewall(stack: Stack) -> Iterator[tuple[Resource, Sentence]]:
    """Each server has a firewall of ours.

    Docker publishes past every other: what a container opens is open to the world.
    """
    guarded = {firewall.name for firewall in stack.of(FIREWALL)}
    for server in stack.of(SERVER):
        if f"{server.name}-firewall" not in guarded:
            yield server, "It has no `Firewall`."


@stack_rule(
    "K01",
    on=STACK,
    severity=Severity.CRITICAL,
    remedy="Set them anew with `pulumi config set --secret <key>`, and rotate what they were: they are in git.",
    sources=("CWE-312",),
    waivable=False,
)
def secrets_of_the_stack_file_are_encrypted(stack: Stack) -> Iterator[tuple[Resource, Sentence]]:
    """Secrets in a stack file are encrypted.

    It is in git, for ever.
    """
    for resource in stack.of(STACK):
        yield from ((resource, f"`{key}` is in the stack file in the clear.") for key in stack.plain_secrets)


@rule(
    "K03",
    on=(VOLUME, RANDOM_PASSWORD),
    severity=Severity.HIGH,
    remedy="Declare it with `protect=True`.",
    sources=("docs/runbooks",),
)
def data_is_protected(resource: Resource) -> Iterator[Sentence]:
    """Volumes and generated passwords cannot be deleted by mistake.

    A name that is changed in a compose file must not take the database with it.
    """
    if not resource.protect:
        yield "It is not protected."


def _takes_public_port(container: Resource, *, owners: dict[tuple[str, float], str]) -> Iterator[Sentence]:
    for port in container.get("ports") or ():
        external = port.get("external")
        if external in PUBLIC:
            edge = is_edge(container)
            owner = owners.setdefault((container.provider, external), container.urn) if edge else ""
            if owner != container.urn:
                yield f"`ports` publishes {int(external)}, which is the edge's."
