"""`python -m tests.lab.bench [--only <part>]`: measure on the lab as it stands and write `bench.json`."""

import argparse
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tests.lab import paths
from tests.lab.bench import drift, edge, hardening, products, releases, served
from tests.lab.bench.rows import Row, show
from tests.lab.conftest import Workshop
from tests.lab.stack import ROOT

PARTS: Mapping[str, Callable[[Workshop], Iterator[Row]]] = {
    "releases": releases.rows,
    "many releases": releases.many,
    "edge": lambda _: edge.rows(),
    "drift": drift.rows,
    "hardening": hardening.rows,
    "products": products.rows,
    "served products": served.rows,
}


def main() -> None:
    """Measure the parts that were asked for, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab.bench", description="How fast things are on the lab.")
    parser.add_argument("--only", action="append", choices=PARTS, help="what to measure; again for another")
    wanted = parser.parse_args().only or PARTS
    images = json.loads(paths.IMAGES.read_text())
    found: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        dev = Workshop("dev", Path(folder), images)
        dev.stack.up().expect_success()
        try:
            for part in wanted:
                found.extend(PARTS[part](dev))
        finally:
            # What was measured before a failure took long enough.
            (ROOT / "bench.json").write_text(json.dumps({"cpus": os.cpu_count(), "rows": found}, indent=2) + "\n")
            show(found)
            dev.settle()


if __name__ == "__main__":
    main()
