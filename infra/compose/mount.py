"""A named volume or a folder of the server, as a service sees it."""

import posixpath
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True, slots=True)
class Mount:
    """A named volume or a folder of the server, seen inside the container."""

    kind: Literal["volume", "bind"]
    source: str
    """Volume name in the compose file, or absolute path on the server."""
    target: str
    read_only: bool = False
    propagation: str | None = None
    """How mounts made later inside a folder of the server are seen, such as `rslave`."""
    made: bool = True
    """Whether a folder of the server is made when it is missing."""

    @property
    def keeps_data(self) -> bool:
        """Whether the product's data are in it: a folder of the server that is only read has somebody else's."""
        return self.kind == "volume" or not self.read_only

    @property
    def place(self) -> str:
        """Volume name, or path of the folder without detours, by which mounts of the same data are known."""
        return self.source if self.kind == "volume" else posixpath.normpath(self.source)


def on_server(place: str, prefix: str) -> str:
    """Return a place as Docker names it.

    Args:
        place: volume name in the compose file, or absolute path on the server.
        prefix: `<stack>-<product>`.
    """
    return place if place.startswith("/") else f"{prefix}-{place}"


def own_folder(prefix: str) -> str:
    """Return the folder of the server that those of a product lie in; it has `<stack>-<product>` for its name."""
    return f"/srv/{prefix}"
