"""Rules on which images run."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pulumi_policy import Severity

from .rules import rule
from .types import CONTAINER, HOST_IMAGE, REMOTE_IMAGE

BY_DIGEST: Final = re.compile(r"(?:[^@\s]+@)?sha256:[0-9a-f]{64}")
"""`repository@sha256:…`, or the bare id that Docker gives an image it already has."""
REFERENCES: Final = ("image", "name", "reference")
"""The input that names the image: of a container, a remote image and a host image."""


@rule(
    on=(CONTAINER, REMOTE_IMAGE, HOST_IMAGE),
    severity=Severity.HIGH,
    remedy="Name the image `repository@sha256:…`: `slipway pin <stack>` writes the digests into the release file.",
)
def image_is_named_by_digest(resource: Mapping[str, Any]) -> Iterator[str]:
    """Images are named by digest.

    A tag can be moved: what was reviewed is then not what runs, and a rollback brings back something else (CIS Docker
    5.28).
    """
    place = next((name for name in REFERENCES if name in resource), "image")
    if not BY_DIGEST.fullmatch(resource.get(place) or ""):
        yield f"`{place}` holds no `sha256` digest."
