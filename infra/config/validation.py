"""Judging one part of a file by its model, with every complaint in our own words."""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from infra.config.mistakes import Step, did_you_mean, listed

_SENTENCES = {
    "missing": "is missing",
    "string_type": "must be a text; put it in quotes if it looks like a number",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "int_from_float": "must be a whole number",
    "bool_type": "must be `true` or `false`",
    "list_type": "must be a list",
    "dict_type": "must be a map",
    "model_type": "must be a map{remedy}",
    "model_attributes_type": "must be a map{remedy}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "too_short": "must not be empty",
    "literal_error": "must be {expected}",
    "value_error": "{error}",
}

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with a place of the part."""

    steps: tuple[Step, ...]
    """The place, counted from the part."""
    sentence: str
    unknown_key: bool = False


def judge(kind: type[Part], value: object) -> tuple[Part | None, list[Complaint]]:
    """Return a part as its model, or what is wrong with it.

    Args:
        kind: the model.
        value: plain data as YAML or JSON gives it.
    """
    try:
        return TypeAdapter(kind).validate_python(value), []
    except ValidationError as error:
        return None, [_complaint(kind, details) for details in error.errors(include_input=False, include_url=False)]


def judge_on(kind: type[Part], value: object) -> tuple[Part | None, list[Complaint]]:
    """Judge a part and, where that will do, return it without what is wrong: the rules after this have more to say.

    Args:
        kind: the model.
        value: plain data as YAML or JSON gives it.
    """
    part, complaints = judge(kind, value)
    spared = {_dispensable(kind, complaint) for complaint in complaints}
    if part is None and None not in spared:
        rest = copy.deepcopy(value)
        # What lies deeper goes first: it may lie in something that goes as well.
        for steps in sorted(filter(None, spared), key=len, reverse=True):
            _remove(rest, steps)
        part, _ = judge(kind, rest)
    return part, complaints


def keys_at(kind: object, steps: Sequence[Step]) -> tuple[str, ...]:
    """Return the keys a model knows at a place inside it."""
    return tuple(field.alias or name for part in _models_at(kind, steps) for name, field in part.model_fields.items())


def _models_at(kind: object, steps: Sequence[Step]) -> list[type[BaseModel]]:
    """Return what may be at a place, as far as it is a model."""
    kinds = list(parts(kind))
    for step in steps:
        kinds = [inner for outer in kinds for inner in _step(outer, step)]
    return [part for part in kinds if isinstance(part, type) and issubclass(part, BaseModel)]


def _complaint(kind: object, details: ErrorDetails) -> Complaint:
    steps = tuple(step for step in details["loc"] if step != "[key]")
    if details["type"] == "extra_forbidden":
        known = keys_at(kind, steps[:-1])
        remark = did_you_mean(str(steps[-1]), known) or f"; known are {listed(known)}"
        return Complaint(steps, f"is not a key here{remark}", unknown_key=True)
    sentence = _SENTENCES.get(details["type"], "is not what belongs here")
    remedies = [remedy for model in _models_at(kind, steps) if (remedy := getattr(model, "REMEDY", ""))]
    remedy = f": {remedies[0]}" if remedies else ""
    return Complaint(steps, sentence.format(remedy=remedy, **details.get("ctx", {})))


def _dispensable(kind: object, complaint: Complaint) -> tuple[Step, ...] | None:
    """Return what can be left out for the rest to be judged without what is complained of, or nothing."""
    if complaint.unknown_key:
        return complaint.steps
    for place in getattr(kind, "DISPENSABLE", ()):
        head = complaint.steps[: len(place)]
        if len(head) == len(place) and all(name in {"*", step} for name, step in zip(place, head, strict=True)):
            return head
    return None


def _remove(value: Any, steps: Sequence[Step]) -> None:
    for step in steps[:-1]:
        value = value[step]
    del value[steps[-1]]


def parts(kind: object) -> Iterator[Any]:
    """Yield what a type may be, without its annotations."""
    if get_origin(kind) is Annotated:
        yield from parts(get_args(kind)[0])
    elif get_origin(kind) in (Union, UnionType):
        for part in get_args(kind):
            yield from parts(part)
    elif kind is not NoneType:
        yield kind


def _step(kind: object, step: Step) -> Iterator[Any]:
    """Yield the types of what is found by one key or index."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        for name, field in kind.model_fields.items():
            if (field.alias or name) == step:
                yield from parts(field.annotation)
    elif get_args(kind):
        yield from parts(get_args(kind)[-1])
