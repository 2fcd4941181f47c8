"""Calls from inside a product: one container more on its network that asks a service by its name."""

import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lab import load
from tests.lab.load import Report
from tests.lab.shop import Shop

_SCRIPT = "/tmp/slipway-lab-load.py"
_CLOSING_SECONDS = 120


@contextmanager
def calls(shop: Shop, *, image: str, rate: int) -> Iterator[Report]:
    """Keep requests coming from a neighbour while the body runs; the report is complete afterwards.

    Args:
        shop: the product, whose service `web` is called.
        image: by digest; it has Python.
        rate: requests a second; half of them over new connections.
    """
    network = f"--network={shop.stack}-{shop.product}"
    subprocess.run(
        ["docker", "exec", "--interactive", shop.server.container, "tee", _SCRIPT],
        input=Path(load.__file__).read_bytes(),
        stdout=subprocess.DEVNULL,
        check=True,
    )
    command = ["docker", "run", "--rm", "--interactive", network, f"--volume={_SCRIPT}:/load.py:ro"]
    words = [*command, "--entrypoint=python3", image, "/load.py", "web", "8000", str(rate)]
    report = Report()
    with subprocess.Popen(
        ["docker", "exec", "--interactive", shop.server.container, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield report
        finally:
            said, _ = process.communicate(timeout=_CLOSING_SECONDS)
            told = json.loads(said)
            report.sent, report.failed, report.stale = told["sent"], told["failed"], told["stale"]
            report.releases, report.failures = Counter(told["releases"]), told["failures"]
