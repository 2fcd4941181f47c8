"""`make bench`: the speed of what people wait for, and what users of the product notice of it."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.lab import paths
from tests.lab.conftest import Workshop
from tests.lab.load import traffic
from tests.lab.shop import Shop
from tests.lab.stack import CUT_OFF, ROOT

RUNS = 3
"""Runs of each row; the median is reported."""
REQUESTS = 4000
RATE = 200

Row = Mapping[str, object]


def main() -> None:
    """Measure every row on the lab as it stands and write `bench.json`."""
    images = json.loads(paths.IMAGES.read_text())
    with tempfile.TemporaryDirectory() as folder:
        dev = Workshop("dev", Path(folder), images)
        dev.stack.up().expect_success()
        rows = [
            row("make up, tools and lab there", 60, lambda: command("make", "up")),
            row("preview of dev, network cut", 10, lambda: offline(dev)),
            row("up of dev with nothing to do, servers read", 10, lambda: dev.stack.up().expect_success()),
            *(release(dev, before, after) for before, after in (("v1", "v2"), ("v2", "v1"), ("v1", "v2"))),
            *broken(dev),
        ]
        dev.settle()
    (ROOT / "bench.json").write_text(json.dumps({"cpus": os.cpu_count(), "rows": rows}, indent=2) + "\n")
    show(rows)


def row(name: str, bar: float, work: Callable[[], object]) -> Row:
    """Time a piece of work several times."""
    seconds = [timed(work) for _ in range(RUNS)]
    return {"name": name, "unit": "s", "bar": bar, "median": round(statistics.median(seconds), 1), "runs": seconds}


def timed(work: Callable[[], object]) -> float:
    """Return how many seconds a piece of work took."""
    start = time.monotonic()
    work()
    return round(time.monotonic() - start, 2)


def command(*words: str) -> None:
    """Run a command of the project to a good end."""
    subprocess.run(words, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def offline(workshop: Workshop) -> None:
    """Preview where no network is."""
    words = [*CUT_OFF, "pulumi", "preview", "--refresh=false", "--stack", workshop.stack.name]
    subprocess.run(
        [*words, "--non-interactive", "--policy-pack", "policies/run"],
        cwd=ROOT,
        check=True,
        env=workshop.stack.environment(),
        stdout=subprocess.DEVNULL,
    )


def release(workshop: Workshop, before: str, after: str) -> Row:
    """Release under load: the bar is on failed requests."""
    workshop.release("web", before)
    workshop.stack.up().expect_success()
    workshop.release("web", after)
    shop = Shop(workshop.stack.name)
    with traffic(shop.target, rate=RATE, count=REQUESTS) as load:
        seconds = timed(lambda: workshop.stack.up().expect_success())
        while load.report.sent < REQUESTS:
            time.sleep(0.1)
    report = load.report
    return {
        "name": f"release {before} → {after}, {report.sent} requests at {RATE}/s over TLS",
        "unit": "failed",
        "bar": 0,
        "median": report.failed,
        "seconds": seconds,
        "outcomes": dict(report.outcomes),
        "releases": dict(report.releases),
    }


def broken(workshop: Workshop) -> list[Row]:
    """Release what never gets healthy, then go back."""
    shop = Shop(workshop.stack.name)
    serving = shop.ask("/").release
    workshop.release("web", "broken")
    with traffic(shop.target, rate=RATE) as load:
        failed = timed(workshop.stack.up)
        workshop.release("web", serving)
        healed = timed(lambda: workshop.stack.up().expect_success())
    return [
        {"name": "a release that never gets healthy", "unit": "failed", "bar": 0, "median": load.report.failed},
        {"name": "until `up` reports it", "unit": "s", "bar": None, "median": failed},
        {"name": "the former digest and `up`", "unit": "s", "bar": 10, "median": healed},
    ]


def show(rows: list[Row]) -> None:
    """Print the rows as a table."""
    table = Table("measure", "bar", "reached", "unit")
    for each in rows:
        table.add_row(str(each["name"]), str(each["bar"]), str(each["median"]), str(each["unit"]))
    Console(file=sys.stdout).print(table)


if __name__ == "__main__":
    main()
