"""How rules read the inputs of a resource: secrets opened, values not known before `up` guarded."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from google.protobuf import json_format, struct_pb2
from pulumi_policy.deserialize import deserialize_properties
from pulumi_policy.proxy import UnknownValueError, unknown_checking_proxy


def decode(properties: struct_pb2.Struct) -> Mapping[str, Any]:
    """Return inputs as the policy SDK gives them: using a value that is not known yet raises `UnknownValueError`."""
    return unknown_checking_proxy(deserialize_properties(json_format.MessageToDict(properties)))


def each(
    owner: Mapping[str, Any], name: str, judge: Callable[[str, Any], Iterator[str]], *, inside: str = ""
) -> Iterator[str]:
    """Judge the elements of a list input one by one, each with its place, so that an unknown one hides no other."""
    elements: Sequence[Any] = owner.get(name) or ()
    for index in range(len(elements)):
        try:
            yield from judge(f"{inside}{name}[{index}]", elements[index])
        except UnknownValueError as unknown:
            yield not_known(unknown)


def not_known(unknown: UnknownValueError) -> str:
    """Say which input cannot be judged yet.

    That is a violation: a rule that waits for `up` passes the pull request and stops the release half-way.
    """
    place = unknown.props[0] + "".join(f"[{part}]" if part.isdecimal() else f".{part}" for part in unknown.props[1:])
    return f"`{place}` is not known before `up` and cannot be judged: write it as a plain value."
