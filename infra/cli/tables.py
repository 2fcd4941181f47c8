"""Tables for people, on a terminal or in a log."""

import sys
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

WIDE = 240
"""A pipe or a CI log has no width that a path should be broken at."""


def show(columns: Sequence[str], rows: Iterable[Sequence[str | Text]]) -> None:
    """Print a table on standard output, its texts as they are: names of files hold square brackets."""
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    Console(width=None if sys.stdout.isatty() else WIDE, markup=False, highlight=False).print(table)
