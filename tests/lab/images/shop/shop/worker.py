"""The shop's worker: processes orders as they come."""

import logging
import signal
import tempfile
import threading
import time
from pathlib import Path

from psycopg import Error as DatabaseError
from psycopg_pool import PoolTimeout
from redis.exceptions import RedisError

from shop.orders import Orders
from shop.queue import Queue
from shop.settings import RELEASE, setting

ALIVE = Path(tempfile.gettempdir()) / "worker-alive"
"""Touched after every round that worked; the health check looks at its age."""
SWEEP_SECONDS = 5
"""How often, and after which time, orders are looked for whose place in the queue was lost."""

logger = logging.getLogger("shop.worker")


def serve(orders: Orders, queue: Queue, ended: threading.Event) -> None:
    """Process orders until the end is asked for."""
    next_sweep = 0.0
    while not ended.is_set():
        try:
            if time.monotonic() >= next_sweep:
                finish(orders, list(orders.forgotten(SWEEP_SECONDS)))
                next_sweep = time.monotonic() + SWEEP_SECONDS
            finish(orders, queue.take(1))
            ALIVE.touch()
        except (DatabaseError, PoolTimeout, RedisError) as error:
            logger.warning("will try again: %s", error)
            ended.wait(1)


def finish(orders: Orders, identities: list[str]) -> None:
    """Process some orders."""
    if identities:
        orders.mark_processed(identities)
        logger.info("processed %d orders", len(identities))


def main() -> None:
    """Work until SIGTERM; the round under way is finished."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    orders = Orders(setting("DATABASE_URL"))
    orders.create_table()
    logger.info("release %s works", RELEASE)
    serve(orders, Queue(setting("REDIS_URL")), ended)
    orders.close()
    logger.info("release %s ended", RELEASE)


if __name__ == "__main__":
    main()
