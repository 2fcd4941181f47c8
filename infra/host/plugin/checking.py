"""Inputs compared with the fields of a kind: unknown, missing and mistyped properties, all at once."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, fields
from difflib import get_close_matches
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from infra.host.agent.kind import Kind, camel_case
from infra.host.plugin.errors import Failure, InvalidInputsError
from infra.host.plugin.values import UNKNOWN, Properties, contains_unknown

_NAMES = {str: "a text", bool: "true or false", int: "a whole number", float: "a number"}


def check(kind: type[Kind], inputs: Mapping[str, Any], old: Mapping[str, Any] | None = None) -> Properties:
    """Return the inputs of a kind, complete with defaults.

    Args:
        kind: the kind.
        inputs: what the program wants.
        old: the inputs of the last run; none for a new resource.

    Raises:
        InvalidInputsError: naming every property that cannot be accepted.
    """
    known = {camel_case(field.name): field for field in fields(kind)}
    types = get_type_hints(kind)
    failures = [Failure(name, _unknown(kind, name, known)) for name in inputs if name not in known]
    checked: Properties = {}
    for name, field in known.items():
        value = inputs.get(name, _default(field))
        if value is MISSING:
            failures.append(Failure(name, "is required"))
        elif value is not None:
            failures += _mistyped(name, value, types[field.name])
            checked[name] = value
    if not failures and not contains_unknown(checked):
        wanted = kind.from_wire(checked)
        reasons = [*wanted.mistakes(), *_refusals(wanted, old)]
        failures += [Failure(camel_case(name), reason) for name, reason in reasons]
    if failures:
        raise InvalidInputsError(failures)
    return checked


def _refusals(wanted: Kind, old: Mapping[str, Any] | None) -> Iterable[tuple[str, str]]:
    """Return what of a change is never made."""
    if not old or contains_unknown(old):
        return ()
    former = type(wanted).from_wire(old)
    return wanted.refusals(former) if former.identity() == wanted.identity() else ()


def _unknown(kind: type[Kind], name: str, known: Mapping[str, Any]) -> str:
    similar = get_close_matches(name, known, n=1)
    hint = f"did you mean {similar[0]}?" if similar else f"it has {', '.join(known)}"
    return f"is not a property of {kind.__name__}; {hint}"


def _default(field: "Field[Any]") -> Any:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return list(field.default) if isinstance(field.default, tuple) else field.default


def _mistyped(path: str, value: Any, wanted: Any) -> list[Failure]:
    """Return what in a value is not of the wanted type; an unknown value is of any type."""
    if value is UNKNOWN:
        return []
    if isinstance(wanted, UnionType):
        wanted = next(option for option in get_args(wanted) if option is not NoneType)
    if get_origin(wanted) is tuple:
        return _mistyped_items(path, value, list, get_args(wanted)[0])
    if get_origin(wanted) is not None:
        return _mistyped_items(path, value, dict, get_args(wanted)[1])
    fits: Callable[[Any], bool] = {
        bool: lambda item: isinstance(item, bool),
        int: lambda item: isinstance(item, int) and not isinstance(item, bool),
        float: lambda item: isinstance(item, int | float) and not isinstance(item, bool),
        str: lambda item: isinstance(item, str),
    }[wanted]
    return [] if fits(value) else [Failure(path, f"must be {_NAMES[wanted]}")]


def _mistyped_items(path: str, value: Any, container: type[Any], wanted: Any) -> list[Failure]:
    if not isinstance(value, container):
        return [Failure(path, "must be a list" if container is list else "must be a map")]
    items: Iterable[tuple[Any, Any]] = value.items() if isinstance(value, dict) else enumerate(value)
    return [failure for key, item in items for failure in _mistyped(f"{path}[{key!r}]", item, wanted)]
