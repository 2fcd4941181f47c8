"""The numbers in a stack file by which people ask for new values of secrets."""

import functools
import operator
import re
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

from ruamel.yaml.comments import CommentedMap

from infra.config.releases import replace_file, round_trip

_FLUSH_LIST = re.compile(r"^( *)[^\s#-][^\n]*:\n\1- ", re.MULTILINE)
"""A list whose items begin where the key above them does."""


def rotate(path: Path, at: Sequence[str]) -> int:
    """Count a rotation up, and keep comments and order of all the rest.

    Args:
        path: the stack file, without mistakes.
        at: keys of the sections that lead to what is rotated: a map, or a word that stands for one, as `deploy: ssh`.

    Returns:
        The new number.
    """
    text = path.read_text(encoding="utf-8")
    editor = round_trip()
    flush = bool(_FLUSH_LIST.search(text))
    editor.indent(mapping=2, sequence=2 if flush else 4, offset=0 if flush else 2)
    document = editor.load(text)
    *way, last = at
    parent = functools.reduce(operator.getitem, way, document["config"])
    if isinstance(parent[last], str):
        parent[last] = CommentedMap(by=parent[last])
        parent[last].fa.set_flow_style()
    source = parent[last]
    source["rotation"] = int(source.get("rotation", 1)) + 1
    output = StringIO()
    editor.dump(document, output)
    replace_file(path, output.getvalue())
    return int(source["rotation"])
