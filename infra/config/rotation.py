"""The numbers in a stack file by which people ask for new values of secrets."""

import re
from io import StringIO
from pathlib import Path

from infra.config.releases import replace_file, round_trip

_FLUSH_LIST = re.compile(r"^( *)[^\s#-][^\n]*:\n\1- ", re.MULTILINE)
"""A list whose items begin where the key above them does."""


def rotate(path: Path, product: str, secret: str) -> int:
    """Count the rotation of a product's secret up, and keep comments and order of all the rest.

    Args:
        path: the stack file, without mistakes.
        product: one of its products.
        secret: one of the product's secrets.

    Returns:
        The new number.
    """
    text = path.read_text(encoding="utf-8")
    editor = round_trip()
    flush = bool(_FLUSH_LIST.search(text))
    editor.indent(mapping=2, sequence=2 if flush else 4, offset=0 if flush else 2)
    document = editor.load(text)
    source = document["config"]["slipway:products"][product]["secrets"][secret]
    source["rotation"] = int(source.get("rotation", 1)) + 1
    output = StringIO()
    editor.dump(document, output)
    replace_file(path, output.getvalue())
    return int(source["rotation"])
