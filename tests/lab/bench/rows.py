"""A row of the bench: what was measured, how often, and what it must reach."""

import statistics
import sys
import time
from collections.abc import Callable, Iterable, Mapping

from rich.console import Console
from rich.table import Table

RUNS = 3
"""Runs of each row; the median is reported."""
LINEAR = 1.5
"""Most that one more may cost among many, as a multiple of what it costs among few."""

Row = Mapping[str, object]


def row(name: str, bar: float | None, work: Callable[[], object], *, runs: int = RUNS) -> Row:
    """Time a piece of work several times."""
    seconds = [timed(work) for _ in range(runs)]
    return {"name": name, "unit": "s", "bar": bar, "median": round(statistics.median(seconds), 1), "runs": seconds}


def ratio(name: str, bar: float, seconds: float, others: float) -> Row:
    """Compare how long something takes with how long it takes others."""
    return {"name": name, "unit": "times", "bar": bar, "median": round(seconds / others, 2)}


def growth(name: str, measured: Mapping[int, Row]) -> Row:
    """Compare what one more costs among many with what it costs among few.

    Args:
        name: of the row.
        measured: three timed rows by the count of what was timed, the smallest first.
    """
    few, some, many = measured
    least, middle, most = map(median, measured.values())
    return ratio(name, LINEAR, (most - middle) / (many - some), (middle - least) / (some - few))


def median(measured: Row) -> float:
    """Return what a timed row came to, in seconds."""
    return float(str(measured["median"]))


def timed(work: Callable[[], object]) -> float:
    """Return how many seconds a piece of work took."""
    start = time.monotonic()
    work()
    return round(time.monotonic() - start, 2)


def show(rows: Iterable[Row]) -> None:
    """Print the rows as a table."""
    table = Table("measure", "bar", "reached", "unit")
    for each in rows:
        table.add_row(str(each["name"]), str(each["bar"]), str(each["median"]), str(each["unit"]))
    Console(file=sys.stdout).print(table)
