"""One thing at a time with the data of a product."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from infra.backups.program import places
from infra.backups.program.trouble import TroubleError


@contextmanager
def alone(product: str) -> Iterator[None]:
    """Hold the lock of a product's backups.

    Raises:
        TroubleError: a backup, a drill or a restore of the product is under way.
    """
    places.LOCKS.mkdir(parents=True, exist_ok=True)
    with (places.LOCKS / f"backups-{product}").open("w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            text = f"a backup, a drill or a restore of {product} is under way: try again when it has ended"
            raise TroubleError(text) from None
        yield
