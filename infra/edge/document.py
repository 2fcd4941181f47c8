"""Data as the YAML that Traefik reads."""

import io
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML


def to_yaml(document: Mapping[str, Any]) -> str:
    """Return a document as YAML 1.2: by 1.1 the release 449580e5 would go unquoted, and be read as a number."""
    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = False
    writer.width = 1000
    text = io.StringIO()
    writer.dump(dict(document), text)
    return text.getvalue()
