"""What the lab tells others: its images, the first release files, and where the products answer."""

import json
import re
from collections.abc import Mapping

from tests.lab.keys import write
from tests.lab.paths import ACME_ROOT, IMAGES, READY, RELEASES
from tests.lab.registry import digest_of
from tests.lab.topology import REGISTRY, SERVERS, domain
from tools.progress import say

Catalogue = Mapping[str, Mapping[str, str]]
"""Image, then release, then reference by digest."""

FIRST_RELEASES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "shop": {"web": ("web", "v1"), "worker": ("worker", "v1"), "db": ("postgres", "17"), "cache": ("redis", "8")},
    "edge": {"traefik": ("traefik", "3")},
}
"""Product, then service, then the image and release that it begins with."""
REFERENCE = re.compile(rf"{re.escape(REGISTRY)}/([^@\s]+)@(sha256:[0-9a-f]+)")


def write_catalogue(images: Catalogue) -> None:
    """Write `images.json` and `ready.json`, and the release files where there are none that can be released."""
    write(IMAGES, json.dumps(images, indent=2) + "\n")
    ready = [
        {
            "product": "shop",
            "stack": server.stack,
            "url": f"https://{domain('shop', server.stack)}",
            "address": server.address,
            "ca": str(ACME_ROOT),
        }
        for server in SERVERS
    ]
    write(READY, json.dumps(ready, indent=2) + "\n")
    for server in SERVERS:
        _write_releases(server.stack, images)


def _write_releases(stack: str, images: Catalogue) -> None:
    path = RELEASES / f"{stack}.yaml"
    if path.exists():
        found: list[tuple[str, str]] = REFERENCE.findall(path.read_text(encoding="utf-8"))
        lost = [repository for repository, digest in found if digest_of(repository, digest) is None]
        if not lost:
            return
        say(f"The registry no longer has {', '.join(lost)} of {path.name}: begun anew")
    write(path, first_releases(stack, images))


def first_releases(stack: str, images: Catalogue) -> str:
    """Return the release file that a stack of the lab begins with."""
    lines = [f"# Releases of the lab's stack {stack}; `slipway release {stack} …` edits this file."]
    for product, services in FIRST_RELEASES.items():
        lines.append(f"{product}:")
        for service, (image, release) in services.items():
            lines += [f"  {service}:", f"    image: {images[image][release]}", f'    tag: "{release}"']
    return "\n".join(lines) + "\n"
