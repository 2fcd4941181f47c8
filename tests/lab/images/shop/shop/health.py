"""The health checks of the shop's containers: `python3 -m shop.health web|worker`."""

import http.client
import sys
import time
from http import HTTPStatus
from pathlib import Path
from tempfile import gettempdir

OLDEST_SECONDS = 15.0
"""Age of the worker's last good round after which it counts as stuck."""


def web_is_healthy() -> bool:
    """Ask the web service of this container."""
    connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=4)
    try:
        connection.request("GET", "/healthz", headers={"Connection": "close"})
        return connection.getresponse().status == HTTPStatus.OK
    except OSError:
        return False


def worker_is_healthy() -> bool:
    """Look when the worker of this container last finished a round."""
    try:
        last = (Path(gettempdir()) / "worker-alive").stat().st_mtime
    except FileNotFoundError:
        return False
    return time.time() - last < OLDEST_SECONDS


CHECKS = {"web": web_is_healthy, "worker": worker_is_healthy}

if __name__ == "__main__":
    sys.exit(0 if CHECKS[sys.argv[1]]() else 1)
