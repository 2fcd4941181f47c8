"""What a preview finds out about a server that somebody has set up: each resource compared, then all of them in sum."""

from collections.abc import Iterator
from dataclasses import MISSING, Field, fields
from threading import Lock
from types import UnionType
from typing import Any, cast, get_args, get_origin, get_type_hints

from infra.host.agent.kind import Kind, camel_case
from infra.host.plugin.comparing import compared
from infra.host.plugin.errors import ProviderError, SignInError
from infra.host.plugin.server import Server
from infra.host.plugin.values import Properties, contains_unknown, plain, redact

_NOT_COMPARED = "not compared"
_LISTED = 40
"""Remarks that are listed; alike ones about several resources count once."""
_Named = dict[tuple[str, str], list[str]]
"""Kind and remark to the names of the resources."""
_STAND_INS = {str: "", bool: False, int: 0, float: 0.0, tuple: []}
"""What the agent is given for a value that is not known yet, so that it can read the rest."""


class Takeover:
    """The resources of one server that a preview would make.

    Args:
        server: is read and not changed; where it cannot be signed in to at once, nothing is compared.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._counting = Lock()
        self._unseen = ""
        self._same = 0
        self._new = 0
        self._changes: _Named = {}
        self._unread: _Named = {}

    def compare(self, kind: type[Kind], name: str, inputs: Properties) -> str:
        """Return the remark about a resource, and count it; nothing where the server cannot be seen at all.

        Args:
            kind: its kind.
            name: its name in the program.
            inputs: the checked ones; values may be `UNKNOWN` or `Secret`.
        """
        try:
            found = self.look(kind, inputs)
        except SignInError:
            return ""
        except ProviderError as error:
            reason = f"{_NOT_COMPARED}: {redact(str(error), inputs)}"
            with self._counting:
                self._unread.setdefault((kind.__name__, reason), []).append(name)
            return reason
        verdict = compared(inputs, found)
        with self._counting:
            self._same += verdict.is_there and not verdict.changes
            self._new += not verdict.is_there
            if verdict.changes:
                self._changes.setdefault((kind.__name__, ", ".join(verdict.changes)), []).append(name)
        return verdict.remark

    def look(self, kind: type[Kind], inputs: Properties) -> Properties | None:
        """Return what is there, by name on the wire, or nothing.

        Raises:
            SignInError: the server cannot be signed in to at once.
            ProviderError: it could not be read.
        """
        try:
            found = self._server.look(kind.__name__, _askable(kind, inputs))
        except SignInError as error:
            self._unseen = str(error)
            raise
        return None if found is None else {camel_case(name): value for name, value in found.items()}

    def summary(self, server: str) -> list[str]:
        """Return what was found out, and forget it: one line in sum, then what changes and what could not be read.

        Args:
            server: what people call it.
        """
        with self._counting:
            if self._unseen:
                return [f"{server}: {_NOT_COMPARED} with what is there: {self._unseen}"]
            counts = {
                "already so": self._same,
                "to change": sum(map(len, self._changes.values())),
                "new": self._new,
                _NOT_COMPARED: sum(map(len, self._unread.values())),
            }
            details = [*_listed(self._changes), *_listed(self._unread)]
            self._same = self._new = 0
            self._changes, self._unread = {}, {}
        total = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
        return [f"{server}: {total}", *details] if total else []


def _listed(named: _Named) -> Iterator[str]:
    """Yield a line for each remark, with the first resource it is about, as far as people read on."""
    for (kind, remark), names in sorted(named.items())[:_LISTED]:
        yield f"  {kind} {min(names)}{_more(len(names) - 1)}: {remark}"
    if len(named) > _LISTED:
        yield f" {_more(len(named) - _LISTED)}: `pulumi preview --non-interactive` shows each at its resource"


def _more(count: int) -> str:
    return f" and {count} more" if count else ""


def _askable(kind: type[Kind], inputs: Properties) -> Properties:
    """Return inputs that the agent can read by.

    Raises:
        ProviderError: it is not known yet which resource they mean.
    """
    types, want = get_type_hints(kind), plain(inputs)
    for field in fields(kind):
        name = camel_case(field.name)
        if not contains_unknown(want.get(name)):
            continue
        if field.name in kind.IDENTITY:
            message = f"its {name} is not known yet"
            raise ProviderError(message)
        del want[name]
        if _is_required(field):
            want[name] = _stand_in(types[field.name])
    return cast("Properties", want)


def _is_required(field: "Field[Any]") -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _stand_in(wanted: Any) -> Any:
    if isinstance(wanted, UnionType):
        wanted = get_args(wanted)[0]
    return _STAND_INS.get(get_origin(wanted) or wanted, {})
