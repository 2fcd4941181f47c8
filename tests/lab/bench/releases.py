"""Previews, updates and releases: what people wait for, and what users of the product notice of it."""

import statistics
import subprocess
import time
from collections import Counter
from collections.abc import Iterator

from tests.lab.bench.rows import Row, row, timed
from tests.lab.callers import calls
from tests.lab.conftest import Workshop
from tests.lab.load import traffic
from tests.lab.shop import Shop
from tests.lab.stack import CUT_OFF, ROOT

REQUESTS = 4000
RATE = 200


IN_A_ROW = 20
MANY_REQUESTS = 40_000
NEIGHBOURS_RATE = 100


def rows(dev: Workshop) -> Iterator[Row]:
    """Measure updates, then releases under load."""
    yield row("make up, tools and lab there", 60, lambda: command("make", "up"))
    yield row("preview of dev, network cut", 10, lambda: offline(dev))
    yield row("up of dev with nothing to do, servers read", 10, lambda: dev.stack.up().expect_success())
    for before, after in (("v1", "v2"), ("v2", "v1"), ("v1", "v2")):
        yield release(dev, before, after)
    yield from broken(dev)
    yield beside(dev)


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


def many(workshop: Workshop) -> Iterator[Row]:
    """Release many times in a row, under load from outside and from a neighbour at once."""
    shop = Shop(workshop.stack.name)
    workshop.release("web", "v1")
    workshop.stack.up().expect_success()
    neighbour = calls(shop, image=workshop.images["web"]["v1"], rate=NEIGHBOURS_RATE)
    with traffic(shop.target, rate=RATE) as load, neighbour as inside:
        seconds = [_released(workshop, ("v2", "v1")[number % 2]) for number in range(IN_A_ROW)]
        while load.report.sent < MANY_REQUESTS:
            time.sleep(0.1)
    outside = load.report
    for name, report in ((f"{RATE}/s over TLS", outside), (f"{NEIGHBOURS_RATE}/s from a neighbour", inside)):
        about = f"{IN_A_ROW} releases in a row, {report.sent} requests at {name}"
        failed = {"unit": "failed", "bar": 0, "median": report.failed, "why": sorted(Counter(report.failures))[:9]}
        yield {"name": about, **failed}
        yield {"name": f"{about}: by the former one, later than 0.1 s", "unit": "", "bar": 0, "median": report.stale}
    yield {"name": "one of them, as `up` takes", "unit": "s", "bar": None, "median": statistics.median(seconds)}


def _released(workshop: Workshop, release: str) -> float:
    workshop.release("web", release)
    return timed(lambda: workshop.stack.up().expect_success())


def beside(workshop: Workshop) -> Row:
    """Add a product to a server that serves, and take it away again."""
    shop = Shop(workshop.stack.name)
    with traffic(shop.target, rate=RATE) as load:
        workshop.with_second_product()
        workshop.stack.up().expect_success()
        workshop.settle()
    return {
        "name": f"a product comes and goes beside {load.report.sent} requests at {RATE}/s",
        "unit": "failed",
        "bar": 0,
        "median": load.report.failed,
    }
