"""Names of images, read as Docker reads them."""

from dataclasses import dataclass
from typing import Final

_SHOWN_DIGEST: Final = len("sha256:") + 12
DOCKER_HUB: Final = "docker.io"
DOCKER_HUB_API: Final = "registry-1.docker.io"
"""Where Docker Hub's registry answers; its web site is at the name that images have."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageName:
    """An image by tag."""

    written: str
    """Repository as people wrote it, without tag and digest; a digest is added to this."""
    registry: str
    """Host, with a port where one is written."""
    path: str
    """Repository inside the registry."""
    tag: str | None = None
    """When one is written."""
    digest: str | None = None
    """When one is written; the tag is then no more than a remark."""

    def __str__(self) -> str:
        """Return repository and tag; with a digest, the tag only when one is written."""
        return self.written if self.tag is None else f"{self.written}:{self.tag}"


def shown_digest(digest: str) -> str:
    """Return the beginning of a digest, by which people tell it from others."""
    return digest[:_SHOWN_DIGEST]


def parse_image(reference: str) -> ImageName:
    """Return the parts of `[host[:port]/]path[:tag][@digest]`."""
    name, _, digest = reference.partition("@")
    written, _, tag = name.rpartition(":")
    if not written or "/" in tag:
        written, tag = name, ""
    registry, slash, path = written.partition("/")
    if not slash or not (registry == "localhost" or set(registry) & set(".:")):
        registry, path = DOCKER_HUB, written
    if registry == DOCKER_HUB and "/" not in path:
        path = f"library/{path}"
    return ImageName(written=written, registry=registry, path=path, tag=tag or None, digest=digest or None)
