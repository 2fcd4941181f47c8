"""Which images the releases of a service used, the newest first: what a rollback may need must not be removed."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.host.agent import files, places

_LOCK = ".lock"
_MODE = 0o644


def note(service: str, image: str) -> None:
    """Put an image first in the record of a service.

    Args:
        service: `<stack>-<product>/<service>`.
        image: the image by digest.
    """
    with _alone():
        images = noted(service)
        if images[:1] != [image]:
            lines = "".join(f"{each}\n" for each in [image, *(other for other in images if other != image)])
            files.write(places.RELEASES / service, lines.encode(), mode=_MODE)


def noted(service: str) -> list[str]:
    """Return the images in the record of a service, the newest first."""
    try:
        return (places.RELEASES / service).read_text().split()
    except FileNotFoundError:
        return []


@contextmanager
def _alone() -> Iterator[None]:
    """Keep others from changing a record, the timer among them that removes old images."""
    places.RELEASES.mkdir(mode=0o755, parents=True, exist_ok=True)
    with Path(places.RELEASES / _LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
