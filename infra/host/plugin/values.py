"""Wire values of the provider protocol as Python values, with secrets and unknowns kept apart from data."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from google.protobuf import struct_pb2

Properties = dict[str, Any]
"""A property bag: camelCase names to `None`, `bool`, `int`, `float`, `str`, lists, dicts, `Secret` or `UNKNOWN`."""

# Signatures and sentinels of Pulumi's wire format: sdk/go/common/resource/sig/sig.go and plugin/rpc.go.
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SEALED_VALUE = "1b47061264138c4ac30d75fd1eb44270"
_OUTPUT_VALUE = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_UNKNOWN_OF_ANY_TYPE = frozenset(
    {
        _UNKNOWN_STRING,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    },
)
_SHORTEST_REDACTED = 4
"""Shorter secrets are left in messages: replacing every `a` would hide the message and not the secret."""


class Unknown(Enum):
    """The type of `UNKNOWN`."""

    VALUE = "unknown"


UNKNOWN = Unknown.VALUE
"""A value that is not known before another resource exists; seen in previews only."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that must leave the provider wrapped as it came in."""

    value: Any = field(repr=False)
    """The value itself; never another `Secret`."""


def decode(struct: struct_pb2.Struct) -> Properties:
    """Return the properties of a request, with `Secret` and `UNKNOWN` in place."""
    return {name: _decode_value(value) for name, value in struct.fields.items()}


def encode(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """Return the wire form of a property bag."""
    struct = struct_pb2.Struct()
    for name, value in properties.items():
        struct.fields[name].CopyFrom(_encode_value(value))
    return struct


def plain(value: Any) -> Any:
    """Return `value` without any `Secret` around or inside it."""
    if isinstance(value, Secret):
        return plain(value.value)
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def rewrap(answer: Any, reference: Any) -> Any:
    """Wrap in `answer` every value whose counterpart in `reference` is a secret.

    Where the shapes differ and the reference holds a secret anywhere, the whole value is wrapped.
    """
    if isinstance(answer, Secret) or not contains_secret(reference):
        return answer
    if isinstance(answer, Mapping) and isinstance(reference, Mapping):
        return {name: rewrap(item, reference.get(name)) for name, item in answer.items()}
    if isinstance(answer, list) and isinstance(reference, list) and len(answer) == len(reference):
        return [rewrap(item, before) for item, before in zip(answer, reference, strict=True)]
    return Secret(plain(answer))


def contains_secret(value: Any) -> bool:
    """Tell whether a `Secret` is `value` or somewhere inside it."""
    return isinstance(value, Secret) or any(contains_secret(item) for item in _children(value))


def contains_unknown(value: Any) -> bool:
    """Tell whether `UNKNOWN` is `value` or somewhere inside it."""
    if isinstance(value, Secret):
        return contains_unknown(value.value)
    return value is UNKNOWN or any(contains_unknown(item) for item in _children(value))


def redact(message: str, *references: Any) -> str:
    """Return `message` with every text that is a secret in `references` replaced."""
    texts = {text for reference in references for text in _secret_texts(reference)}
    for text in sorted(texts, key=len, reverse=True):
        message = message.replace(text, "[secret]")
    return message


def _secret_texts(value: Any, *, inside: bool = False) -> Iterator[str]:
    """Yield every string inside a secret, whole and line by line: a message may quote one line of a key."""
    if isinstance(value, Secret):
        yield from _secret_texts(value.value, inside=True)
    elif isinstance(value, str) and inside:
        for text in {value, value.strip(), *(line.strip() for line in value.splitlines())}:
            if len(text) >= _SHORTEST_REDACTED:
                yield text
    for item in _children(value):
        yield from _secret_texts(item, inside=inside)


def _children(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _decode_value(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return _decode_struct(value.struct_value)
    if kind == "list_value":
        return [_decode_value(item) for item in value.list_value.values]
    if kind == "string_value":
        return UNKNOWN if value.string_value in _UNKNOWN_OF_ANY_TYPE else value.string_value
    if kind == "number_value":
        return int(value.number_value) if value.number_value.is_integer() else value.number_value
    return value.bool_value if kind == "bool_value" else None


def _decode_struct(struct: struct_pb2.Struct) -> Any:
    signature = struct.fields[_SIGNATURE].string_value if _SIGNATURE in struct.fields else ""
    if signature == _SEALED_VALUE:
        return Secret(plain(_decode_value(struct.fields["value"])))
    if signature == _OUTPUT_VALUE:
        value = _decode_value(struct.fields["value"]) if "value" in struct.fields else UNKNOWN
        secret = "secret" in struct.fields and struct.fields["secret"].bool_value
        return Secret(plain(value)) if secret else value
    return decode(struct)


def _encode_value(value: Any) -> struct_pb2.Value:
    if isinstance(value, Secret):
        return _encode_value({_SIGNATURE: _SEALED_VALUE, "value": value.value})
    if isinstance(value, Mapping):
        return struct_pb2.Value(struct_value=encode(value))
    if isinstance(value, list | tuple):
        return struct_pb2.Value(list_value=struct_pb2.ListValue(values=[_encode_value(item) for item in value]))
    if value is UNKNOWN:
        return struct_pb2.Value(string_value=_UNKNOWN_STRING)
    return _encode_scalar(value)


def _encode_scalar(value: Any) -> struct_pb2.Value:
    match value:
        case None:
            return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
        case bool():
            return struct_pb2.Value(bool_value=value)
        case int() | float():
            return struct_pb2.Value(number_value=value)
        case str():
            return struct_pb2.Value(string_value=value)
        case _:
            message = f"a value of type {type(value).__name__} cannot be sent"
            raise TypeError(message)
