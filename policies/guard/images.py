"""Rules on which images run."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pulumi_policy import Severity

from .inputs import Sentence
from .resource import Resource
from .rules import rule
from .settings import Setting
from .types import CONTAINER, HOST_IMAGE, REGISTRY_IMAGE, REMOTE_IMAGE, SERVICE

BY_DIGEST: Final = re.compile(r"(?:[^@\s]+@)?sha256:[0-9a-f]{64}")
"""`repository@sha256:…`, or the bare id that Docker gives an image it already has."""
REFERENCES: Final[Mapping[str, tuple[str, ...]]] = {
    CONTAINER: ("image",),
    REMOTE_IMAGE: ("name",),
    REGISTRY_IMAGE: ("name",),
    HOST_IMAGE: ("reference",),
    SERVICE: ("taskSpec", "containerSpec", "image"),
}
"""Where each type names its image."""
MOVING_TAGS: Final = frozenset({"", "latest", "main", "master", "edge", "nightly", "stable", "dev"})
DOCKER_HUB: Final = "docker.io"
REGISTRIES: Final = (
    DOCKER_HUB,
    "gcr.io",
    "ghcr.io",
    "mcr.microsoft.com",
    "public.ecr.aws",
    "quay.io",
    "registry.gitlab.com",
    "registry.k8s.io",
)


@rule(
    "D27",
    on=(CONTAINER, SERVICE, REMOTE_IMAGE, HOST_IMAGE),
    severity=Severity.HIGH,
    remedy="Name the image `repository@sha256:…`: `slipway pin <stack>` writes the digests into the release file.",
    sources=("CIS Docker 5.28", "CL-0004", "CL-0019", "DL3007", "CKV_DOCKER_7"),
)
def image_is_named_by_digest(resource: Resource) -> Iterator[Sentence]:
    """Images are named by digest.

    A tag can be moved: what was reviewed is then not what runs, and a rollback brings back something else.
    """
    place, reference = _reference(resource)
    if not BY_DIGEST.fullmatch(reference):
        yield f"`{place}` holds no `sha256` digest."


@rule(
    "D27",
    on=REGISTRY_IMAGE,
    severity=Severity.HIGH,
    remedy="Push under a tag of its own, such as the commit's.",
    sources=("DL3007", "CKV_DOCKER_7"),
)
def pushed_image_has_a_tag_of_its_own(image: Resource) -> Iterator[Sentence]:
    """Images are pushed under a tag that no other push takes over.

    Nobody can tell afterwards which build was behind a tag that has moved on.
    """
    place, reference = _reference(image)
    if "@" not in reference and reference.rpartition("/")[2].partition(":")[2] in MOVING_TAGS:
        yield f"`{place}` has a tag that moves."


@rule(
    "D28",
    on=(CONTAINER, SERVICE, REMOTE_IMAGE, REGISTRY_IMAGE, HOST_IMAGE),
    severity=Severity.HIGH,
    remedy="Take the image from a registry that is listed, or list its host, beside the others that you use, in "
    "`policies/levels/<stack>.json` under `image_comes_from_a_known_registry`, `registries`.",
    sources=("CIS Docker 2.5", "CIS Docker 4.2"),
    settings={"registries": Setting(description="Hosts of registries that images come from.", default=REGISTRIES)},
)
def image_comes_from_a_known_registry(resource: Resource) -> Iterator[Sentence]:
    """Images come from registries that somebody has decided to trust.

    A mistyped host is enough to run a stranger's image; one without TLS serves whatever is on the way.
    """
    place, reference = _reference(resource)
    host = registry(reference)
    if host and host not in resource.settings["registries"]:
        yield f"`{place}` names a registry that is not listed."
    if resource.kind == REGISTRY_IMAGE and resource.get("insecureSkipVerify"):
        yield "`insecureSkipVerify` trusts whoever answers."


def registry(reference: str) -> str:
    """Return the host of the registry in an image's reference; nothing for an id."""
    if not reference or reference.startswith("sha256:"):
        return ""
    first, slash, _ = reference.partition("/")
    named = slash and ("." in first or ":" in first or first == "localhost")
    return first if named else DOCKER_HUB


def _reference(resource: Resource) -> tuple[str, str]:
    path = REFERENCES[resource.kind]
    owner: Mapping[str, Any] | None = resource
    for step in path[:-1]:
        owner = (owner or {}).get(step)
    return ".".join(path), str((owner or {}).get(path[-1]) or "")
