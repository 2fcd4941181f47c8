"""Labels: a list of pairs in a program, a mapping in the Docker Engine API."""

from collections.abc import Iterable, Mapping

from tests.lab.plugins.schema import Field, Kind, Many

LABELS = Field(
    kind=Kind.OBJECT,
    many=Many.SET,
    replaces=True,
    fields={"label": Field(required=True), "value": Field(required=True)},
)
"""Replaces the resource where it is a top-level input."""


def labels_by_name(labels: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    """Return labels as the Docker Engine API takes them."""
    return {label["label"]: label["value"] for label in labels or ()}


def label_pairs(labels: Mapping[str, str] | None) -> list[dict[str, str]]:
    """Return labels as the vendor keeps them in the state."""
    return [{"label": name, "value": value} for name, value in sorted((labels or {}).items())]
