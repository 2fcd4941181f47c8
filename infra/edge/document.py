"""Data as the YAML that Traefik reads: its static configuration, and the files of its dynamic one."""

import io
from collections.abc import Mapping
from typing import Any, Final

from ruamel.yaml import YAML

_ACTION: Final = "{{"
_LITERAL: Final = "{{`{{`}}"
"""What a Go template writes as `{{`; without a quote of YAML's, so that it stands in any scalar."""


def to_yaml(document: Mapping[str, Any]) -> str:
    """Return a document as YAML 1.2: by 1.1 the release 449580e5 would go unquoted, and be read as a number."""
    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = False
    writer.width = 1000
    text = io.StringIO()
    writer.dump(dict(document), text)
    return text.getvalue()


def to_template(document: Mapping[str, Any]) -> str:
    """Return a document as a file of the dynamic configuration, which Traefik executes as a Go template first.

    One that is no template, such as a page with `{{ title }}`, would take all files of the folder with it.
    """
    return to_yaml(document).replace(_ACTION, _LITERAL)
