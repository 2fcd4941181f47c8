"""How rules read the inputs of a resource: secrets opened but marked, values not known before `up` guarded.

The policy SDK's own reader drops which values are secret, and reads each resource three times over.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf import struct_pb2
from pulumi_policy import proxy
from pulumi_policy.deserialize import SPECIAL_SECRET_SIG, SPECIAL_SIG_KEY
from pulumi_policy.proxy import UnknownValueError
from typing_extensions import override

UNKNOWNS: Final = frozenset(value for name, value in vars(proxy).items() if name.startswith("UNKNOWN_"))
"""What the engine sends in the place of a value that only `up` will know."""


@dataclass(frozen=True, slots=True)
class NotKnown:
    """An input that a rule wanted and that only `up` will know."""

    place: str


Sentence = str | NotKnown
"""What is wrong and where, without a value; or what could not be judged."""


@dataclass(frozen=True, slots=True)
class _Hidden:
    """A value that is a secret."""

    value: Any


class Fields(Mapping[str, Any]):
    """A mapping among the inputs; using a value that is not known yet raises `UnknownValueError`."""

    __slots__ = ("_place", "_values")

    def __init__(self, values: Mapping[str, Any], place: tuple[str, ...]) -> None:
        self._values = values
        self._place = place

    @override
    def __getitem__(self, name: str) -> Any:
        return _opened(self._values[name], self._place, name)

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    @override
    def __len__(self) -> int:
        return len(self._values)

    def is_secret(self, name: str) -> bool:
        """Tell whether an input is encrypted in the state; known even where its value is not."""
        return isinstance(self._values.get(name), _Hidden)


class Elements(Sequence[Any]):
    """A list among the inputs; using an element that is not known yet raises `UnknownValueError`."""

    __slots__ = ("_place", "_values")

    def __init__(self, values: Sequence[Any], place: tuple[str, ...]) -> None:
        self._values = values
        self._place = place

    @override
    def __getitem__(self, index: Any) -> Any:
        return _opened(self._values[index], self._place, str(index))

    @override
    def __len__(self) -> int:
        return len(self._values)

    def is_secret(self, index: int) -> bool:
        """Tell whether an element is encrypted in the state; known even where its value is not."""
        return isinstance(self._values[index], _Hidden)


def decode(properties: struct_pb2.Struct) -> Fields:
    """Return the inputs that the engine sends."""
    return Fields(_fields(properties, (), hidden=False), ())


def each(
    owner: Mapping[str, Any], name: str, judge: Callable[[str, Any], Iterator[Sentence]], *, inside: str = ""
) -> Iterator[Sentence]:
    """Judge the elements of a list input one by one, each with its place, so that an unknown one hides no other."""
    elements: Sequence[Any] = owner.get(name) or ()
    for index in range(len(elements)):
        try:
            yield from judge(f"{inside}{name}[{index}]", elements[index])
        except UnknownValueError as unknown:
            yield not_known(unknown)


def not_known(unknown: UnknownValueError) -> NotKnown:
    """Return which input cannot be judged yet."""
    steps = (f"[{step}]" if step.isdecimal() else f".{step}" for step in unknown.props[1:])
    return NotKnown(unknown.props[0] + "".join(steps))


def whole(value: object) -> bool:
    """Tell whether a number is one: numbers come as floats, and switches must not count as numbers."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _opened(value: Any, place: tuple[str, ...], step: str) -> Any:
    opened = value.value if isinstance(value, _Hidden) else value
    if isinstance(opened, str) and opened in UNKNOWNS:
        raise UnknownValueError(opened, [*place, step])
    return opened


def _fields(struct: struct_pb2.Struct, place: tuple[str, ...], *, hidden: bool) -> dict[str, Any]:
    return {name: _value(value, (*place, name), hidden=hidden) for name, value in struct.fields.items()}


def _value(value: struct_pb2.Value, place: tuple[str, ...], *, hidden: bool) -> Any:
    match value.WhichOneof("kind"):
        case "struct_value":
            struct = value.struct_value
            if SPECIAL_SIG_KEY in struct.fields and struct.fields[SPECIAL_SIG_KEY].string_value == SPECIAL_SECRET_SIG:
                return _value(struct.fields["value"], place, hidden=True)
            read: Any = Fields(_fields(struct, place, hidden=hidden), place)
        case "list_value":
            items = enumerate(value.list_value.values)
            read = Elements([_value(item, (*place, str(index)), hidden=hidden) for index, item in items], place)
        case "string_value":
            read = value.string_value
        case "number_value":
            read = value.number_value
        case "bool_value":
            read = value.bool_value
        case _:
            read = None
    return _Hidden(read) if hidden else read
