"""The inputs of a vendor's resource as data: what may be written, what it defaults to, what is the same."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from typing import Any

from infra.host.plugin.errors import InvalidInputsError
from infra.host.plugin.values import UNKNOWN, Properties

Rule = Callable[[Any], str]
"""Returns what is wrong with a value, or an empty string; never repeats the value, which may be a secret."""


class Kind(Enum):
    """What one value is; the text completes `must be …`."""

    TEXT = "a string"
    INTEGER = "a whole number"
    FLAG = "true or false"
    OBJECT = "an object"


class Many(Enum):
    """How many values an input has; a set is written as a list whose order says nothing."""

    ONE = "one"
    LIST = "list"
    SET = "set"
    MAP = "map"


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One input."""

    kind: Kind = Kind.TEXT
    many: Many = Many.ONE
    fields: Mapping[str, "Field"] = field(default_factory=dict)
    """What an object holds."""
    required: bool = False
    default: Any = None
    replaces: bool = False
    """Whether a change replaces the resource; told of top-level inputs only."""
    computed: bool = False
    """Whether the server chooses a value where the program gives none."""
    lenient: bool = False
    """Whether an unset input accepts whatever the server has, though the server chose nothing."""
    rule: Rule | None = None


Schema = Mapping[str, Field]


def checked(schema: Schema, inputs: Properties) -> Properties:
    """Return the inputs with defaults.

    Raises:
        InvalidInputsError: naming every input that is missing, unknown, of another type or against its rule.
    """
    failures = list(_object_failures("", schema, inputs))
    if failures:
        raise InvalidInputsError(failures)
    return _completed(schema, inputs)


def replacing(schema: Schema) -> frozenset[str]:
    """Return the inputs that cannot change in place."""
    return frozenset(name for name, item in schema.items() if item.replaces)


def found_inputs(schema: Schema, inputs: Properties, outputs: Properties) -> Properties:
    """Return the inputs that would lead to what was found on the server.

    An input that says the same as the output stays as it is written. One that the program does not set appears where
    the server has a value it did not choose itself, so that the next comparison shows the drift.
    """
    found = dict(inputs)
    for name, item in schema.items():
        actual = outputs.get(name)
        if same(item, inputs.get(name), actual) or (name not in inputs and item.lenient):
            continue
        found[name] = actual
    return {name: value for name, value in found.items() if value is not None}


def same(item: Field, wanted: Any, found: Any) -> bool:
    """Tell whether a wanted value and a found one mean the same: null, zero and empty do, and so do orders of a set."""
    if wanted is UNKNOWN or is_blank(wanted) or is_blank(found):
        return (wanted is None and item.computed) or (is_blank(wanted) and is_blank(found))
    match item.many:
        case Many.ONE:
            return _same_one(item, wanted, found)
        case Many.MAP:
            return bool(wanted == found)
        case Many.LIST:
            return len(wanted) == len(found) and all(map(partial(_same_one, item), wanted, found))
        case Many.SET:
            return len(wanted) == len(found) and _same_set(item, wanted, found)


def comparable(schema: Schema, outputs: Properties, new: Properties) -> Properties:
    """Return the state as it is to be compared with new inputs: what means the same is written the same.

    The vendor compares with what is on the server, not with what an earlier program has written.
    """
    found = {}
    for name, item in schema.items():
        wanted, actual = new.get(name), outputs.get(name)
        settled = same(item, wanted, actual) or (is_blank(wanted) and item.lenient)
        found[name] = wanted if settled else actual
    return found


def is_blank(value: Any) -> bool:
    """Tell whether a value counts as not given; the vendor's framework cannot tell zero from unset."""
    return value is None or (value is not UNKNOWN and not value)


def matching(pattern: Callable[[str], object], reason: str) -> Rule:
    """Return the rule that a text matches a pattern, given as the pattern's own match function."""
    return lambda value: "" if pattern(value) else reason


def at_least(least: int) -> Rule:
    """Return the rule that a number is not lower than another one."""
    return lambda value: "" if value >= least else f"cannot be lower than {least}"


def _same_one(item: Field, wanted: Any, found: Any) -> bool:
    if item.kind is not Kind.OBJECT or wanted is UNKNOWN:
        return bool(wanted == found)
    return all(same(nested, wanted.get(name), found.get(name)) for name, nested in item.fields.items())


def _same_set(item: Field, wanted: list[Any], found: list[Any]) -> bool:
    rest = list(found)
    for value in wanted:
        match = next((other for other in rest if _same_one(item, value, other)), None)
        if match is None:
            return False
        rest.remove(match)
    return True


def _completed(schema: Schema, inputs: Properties) -> Properties:
    """Return the inputs with defaults, in nested objects too."""
    defaults = {name: item.default for name, item in schema.items() if item.default is not None}
    given = {name: _completed_value(schema[name], value) for name, value in inputs.items() if value is not None}
    return {**defaults, **given}


def _completed_value(item: Field, value: Any) -> Any:
    if item.kind is not Kind.OBJECT or value is UNKNOWN:
        return value
    if item.many is Many.ONE:
        return _completed(item.fields, value)
    return [one if one is UNKNOWN else _completed(item.fields, one) for one in value]


def _object_failures(path: str, schema: Schema, value: Properties) -> Iterator[tuple[str, str]]:
    for name in sorted({*schema, *value}):
        here = f"{path}.{name}" if path else name
        given = value.get(name)
        if name not in schema:
            yield here, "there is no such input, or this stand-in does not support it"
        elif given is not None:
            yield from _failures(here, schema[name], given)
        elif schema[name].required:
            yield here, "must be given"


def _failures(path: str, item: Field, value: Any) -> Iterator[tuple[str, str]]:
    if value is UNKNOWN:
        return
    if item.many is Many.ONE:
        yield from _one_failures(path, item, value)
    elif item.many is Many.MAP:
        if not isinstance(value, Mapping):
            yield path, "must be an object"
            return
        for name, one in value.items():
            yield from _one_failures(f"{path}.{name}", item, one)
    elif not isinstance(value, list):
        yield path, "must be a list"
    else:
        for index, one in enumerate(value):
            yield from _one_failures(f"{path}[{index}]", item, one)


def _one_failures(path: str, item: Field, value: Any) -> Iterator[tuple[str, str]]:
    if value is UNKNOWN:
        return
    if not _is_a(item.kind, value):
        yield path, f"must be {item.kind.value}"
    elif item.kind is Kind.OBJECT:
        yield from _object_failures(path, item.fields, value)
    elif item.rule and (reason := item.rule(value)):
        yield path, reason


def _is_a(kind: Kind, value: Any) -> bool:
    match kind:
        case Kind.TEXT:
            return isinstance(value, str)
        case Kind.INTEGER:
            return isinstance(value, int) and not isinstance(value, bool)
        case Kind.FLAG:
            return isinstance(value, bool)
        case Kind.OBJECT:
            return isinstance(value, Mapping)
