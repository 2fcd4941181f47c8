"""What a preview finds out about a server that somebody has set up: each resource compared, then all of them in sum."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, fields
from threading import Lock
from types import UnionType
from typing import Any, cast, get_args, get_origin, get_type_hints

from infra.host.agent.kind import Kind, camel_case
from infra.host.plugin.comparing import compared
from infra.host.plugin.errors import ProviderError, SignInError
from infra.host.plugin.server import Server
from infra.host.plugin.values import Properties, contains_unknown, plain

_NOT_COMPARED = "not compared"
_LISTED = 40
"""Changes that are listed; alike ones of several resources count once."""
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
        self._unread = 0
        self._changes: dict[tuple[str, str], list[str]] = {}

    def compare(self, kind: type[Kind], name: str, inputs: Properties) -> str:
        """Return the remark about a resource, and count it.

        Args:
            kind: its kind.
            name: its name in the program.
            inputs: the checked ones; values may be `UNKNOWN` or `Secret`.
        """
        try:
            found = self.look(kind, inputs)
        except SignInError:
            return _NOT_COMPARED
        except ProviderError as error:
            with self._counting:
                self._unread += 1
            return f"{_NOT_COMPARED}: {error}"
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
        """Return what was found out so far, and forget it: one line in sum, and one for each resource that changes.

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
                _NOT_COMPARED: self._unread,
            }
            changes = list(_listed(self._changes))
            self._same = self._new = self._unread = 0
            self._changes = {}
        total = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
        return [f"{server}: {total}", *changes] if total else []


def _listed(changes: Mapping[tuple[str, str], Sequence[str]]) -> Iterator[str]:
    """Yield a line for each change, with the first resource that makes it, as far as people read on."""
    for (kind, change), names in sorted(changes.items())[:_LISTED]:
        yield f"  {kind} {min(names)}{_more(len(names) - 1)}: {change}"
    if len(changes) > _LISTED:
        yield f" {_more(len(changes) - _LISTED)} changes: `pulumi preview --non-interactive` shows each at its resource"


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
