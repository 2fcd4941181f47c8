"""The alerts that come with Slipway: one file of Prometheus's own rules a subject, in `alerts/`."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

from ruamel.yaml import YAML

SEVERITIES: Final = ("critical", "warning", "info")
"""By which people are told: at once, soon, and when there is time."""
_FOLDER = files("infra.monitoring") / "alerts"


@cache
def texts() -> Mapping[str, str]:
    """Return the files of rules by name."""
    found = sorted((each for each in _FOLDER.iterdir() if each.name.endswith(".yaml")), key=lambda each: each.name)
    return {each.name: each.read_text(encoding="utf-8") for each in found}


@cache
def rules() -> tuple[Mapping[str, Any], ...]:
    """Return all rules; an alert may have one for each severity."""
    reader = YAML(typ="safe", pure=True)
    documents = [reader.load(text) for text in texts().values()]
    return tuple(rule for each in documents for group in each["groups"] for rule in group["rules"])


def names() -> set[str]:
    """Return the names of the alerts."""
    return {rule["alert"] for rule in rules()}
