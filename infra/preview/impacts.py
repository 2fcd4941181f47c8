"""What changes mean for those who use a service: as the engine was told, or reckoned from two programs."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from infra.cli.policy_report import told_by
from infra.host.agent.impact import NEW, NO_CHANGE, together
from infra.host.agent.kind import Kind
from infra.host.agent.migration import Migration
from infra.host.agent.ready import Ready
from infra.host.agent.route import Route
from infra.preview.report import Impact

READY: Final = "host:index:Ready"
ROUTE: Final = "host:index:Route"
MIGRATION: Final = "host:index:Migration"
GONE: Final = "removed"
NOT_KNOWN: Final = "not known"
_REPLACED: Final = "replaced"
"""Stands for the container that there was; no container's id reads so."""

Inputs = Mapping[str, Any]
Deciding = dict[str, tuple[str, Inputs]]
"""Service → URN and properties of what has the last word on its release."""


def foretold(outputs: Mapping[str, Inputs], gone: Mapping[str, Inputs]) -> Iterator[Impact]:
    """Yield the impact on each service as the provider has told it.

    Args:
        outputs: URN → outputs, of what is to be.
        gone: URN → inputs, of what is deleted.
    """
    kept, migrated = deciding(outputs), migrations(outputs)
    for service, (urn, known) in sorted(kept.items()):
        if impact := known.get("impact"):
            _, before = migrated.get(service, (urn, {}))
            text = together(str(impact), str(before.get("impact", NO_CHANGE)))
            yield Impact(service=_shown(service, urn), text=text)
    yield from _removed(deciding(gone), kept)


def reckoned(before: Mapping[str, Inputs], after: Mapping[str, Inputs], replaced: Collection[str]) -> Iterator[Impact]:
    """Yield the impact on each service of going from one program to another.

    How long its last release took is written down on the server, so a stop-first service has its upper bound here.

    Args:
        before: URN → inputs, of the one.
        after: URN → inputs, of the other.
        replaced: names of the containers that are replaced.
    """
    former, wanted, migrated = deciding(before), deciding(after), migrations(after)
    for service, (urn, inputs) in sorted(wanted.items()):
        text = _impact(urn, inputs, former.get(service), before.get(urn), replaced)
        if service in migrated:
            at, migration = migrated[service]
            text = together(text, _compared(Migration, migration, before.get(at)))
        yield Impact(service=_shown(service, urn), text=text)
    yield from _removed(former, wanted)


def deciding(properties: Mapping[str, Inputs]) -> Deciding:
    """Return what has the last word on each service: its route, or else a gate that says it has."""
    gates = {urn: known for urn, known in properties.items() if _is(urn, READY) and known.get("decides")}
    routes = {urn: known for urn, known in properties.items() if _is(urn, ROUTE)}
    return {str(known["service"]): (urn, known) for urn, known in {**gates, **routes}.items() if known.get("service")}


def migrations(properties: Mapping[str, Inputs]) -> Deciding:
    """Return what migrates the database of each service that has such a thing."""
    return {str(known["service"]): (urn, known) for urn, known in properties.items() if _is(urn, MIGRATION)}


def _impact(
    urn: str, inputs: Inputs, known: tuple[str, Inputs] | None, former: Inputs | None, replaced: Collection[str]
) -> str:
    if known is None:
        return NEW
    if former is not None and inputs.get("container") in replaced:
        former = {**former, "containerId": _REPLACED}
    return _compared(Route if _is(urn, ROUTE) else Ready, inputs, former)


def _compared(kind: type[Kind], inputs: Inputs, former: Inputs | None) -> str:
    try:
        return str(kind.from_wire(inputs).compare(former).get("impact", NO_CHANGE))
    except (KeyError, TypeError):
        # The other revision's program speaks to another version of the plugin.
        return NOT_KNOWN


def _removed(former: Deciding, kept: Collection[str]) -> Iterator[Impact]:
    for service, (urn, _) in sorted(former.items()):
        if service not in kept:
            yield Impact(service=_shown(service, urn), text=GONE)


def _is(urn: str, kind: str) -> bool:
    return urn.rpartition("::")[0].endswith((f"${kind}", f"::{kind}"))


def _shown(service: str, urn: str) -> str:
    """Return a service without its stack: `shop/web` of `dev-shop/web`."""
    return service.removeprefix(f"{told_by(urn)[0]}-")
