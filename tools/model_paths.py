"""The keys of a model as paths, and documents without one of them."""

import copy
from collections.abc import Iterator
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from infra.config.validation import parts

KeyPath = tuple[str, ...]
"""Keys from the top of a model; `*` is any name, `[]` any item."""
ANY = frozenset({"*", "[]"})


def key_paths(model: type[BaseModel], at: KeyPath = ()) -> Iterator[KeyPath]:
    """Yield every key that a model knows, in the order of its fields."""
    for name, field in model.model_fields.items():
        here = (*at, field.alias or name)
        yield here
        yield from _inside(field.annotation, here)


def without(document: Any, path: KeyPath) -> Any:
    """Return a document without a key, or nothing when it does not have it."""
    rest = copy.deepcopy(document)
    return rest if _remove(rest, path) else None


def written(path: KeyPath) -> str:
    """Return a path as people write it: `networks.<name>.aliases`, `volumes[].target`."""
    return ".".join(path).replace(".[]", "[]").replace("*", "<name>")


def _inside(annotation: object, at: KeyPath) -> Iterator[KeyPath]:
    for part in parts(annotation):
        if isinstance(part, type) and issubclass(part, BaseModel):
            yield from key_paths(part, at)
        elif get_origin(part) is list:
            yield from _inside(get_args(part)[0], (*at, "[]"))
        elif get_origin(part) is dict:
            yield from _inside(get_args(part)[1], (*at, "*"))


def _remove(document: Any, path: KeyPath) -> bool:
    first, *rest = path
    if first in ANY:
        items = document.values() if isinstance(document, dict) else document if isinstance(document, list) else ()
        removed = [_remove(item, tuple(rest)) for item in items]
        return any(removed)
    if not isinstance(document, dict) or first not in document:
        return False
    if rest:
        return _remove(document[first], tuple(rest))
    del document[first]
    return True
