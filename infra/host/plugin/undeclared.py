"""What nobody has declared on a server, as sentences of a preview; pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

_NAMED = 10
"""How many things of one kind are named."""
_LEFT = "left alone"


class _Sort(NamedTuple):
    one: str
    many: str
    part: str = ""
    """Part of `exclusive` that decides on them; they are left alone whatever it says where there is none."""
    gone: str = ""
    """What becomes of them where that part is exclusive."""


_SORTS: Mapping[str, _Sort] = {
    "users": _Sort("user", "users", "users", "locked and expired by an update"),
    "sudoers": _Sort("file in /etc/sudoers.d", "files in /etc/sudoers.d"),
    "keys": _Sort("key of a declared user", "keys of declared users", "keys", "removed by an update"),
    "keysOfOthers": _Sort("key of another user", "keys of other users"),
    "rules": _Sort("firewall rule", "firewall rules", "firewall", "removed by an update"),
    "ports": _Sort("port published by a container", "ports published by containers"),
}
"""Name on the wire to what people call it, in the order in which they are told."""


def sentences(found: Mapping[str, Sequence[str]], *, exclusive: Collection[str], firewall: bool) -> Iterator[str]:
    """Yield a sentence for each sort of thing that nobody has declared.

    Args:
        found: what there is, by sort.
        exclusive: parts of the server that are to be exactly as declared.
        firewall: whether there is a firewall, which closes what nobody has declared.
    """
    for name, sort in _SORTS.items():
        things = found.get(name) or ()
        if not things:
            continue
        fate = sort.gone if sort.part in exclusive else _LEFT
        if name == "ports" and firewall:
            fate = "closed to the outside by the firewall"
        title = sort.one if len(things) == 1 else sort.many
        yield f"{len(things)} {title} not declared, {fate}: {_listed(things)}"


def _listed(things: Sequence[str]) -> str:
    more = f" and {len(things) - _NAMED} more" if len(things) > _NAMED else ""
    return ", ".join(things[:_NAMED]) + more
