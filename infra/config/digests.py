"""Whether the release file has exactly the images that the stack runs."""

from collections.abc import Collection, Iterator, Mapping

from infra.compose.project import Project
from infra.config.mistakes import Mistake, did_you_mean, place
from infra.config.releases import ReleaseFile

_HUB = "docker.io"


def wrong_digests(
    releases: ReleaseFile,
    shown: str,
    stack: str,
    projects: Mapping[str, Project | None],
    platform: Mapping[str, Collection[str]],
) -> Iterator[Mistake]:
    """Yield images that are missing in the release file, and those that belong to nothing.

    Args:
        releases: the release file.
        shown: its path as people should read it.
        stack: name of the stack.
        projects: product → its project; None for one that has mistakes of its own.
        platform: what the stack has besides, in the place of a product: its services.
    """
    if releases.unreadable:
        return
    wanted = {name: set(project.services) for name, project in projects.items() if project is not None}
    wanted |= {name: set(services) for name, services in platform.items()}
    for product, services in wanted.items():
        for service in sorted(services - releases.images.get(product, {}).keys()):
            remedy = f"`slipway release {stack} {product} {service} <image>@sha256:…`, or `slipway pin {stack}`"
            yield Mistake(shown, place(product, service), f"has no digest: {remedy}")
    for product, entries in releases.images.items():
        if product not in {*wanted, *projects}:
            remark = did_you_mean(product, {*projects, *wanted}) or ": remove it"
            yield Mistake(shown, place(product), f"the stack has no such product{remark}")
        for service in sorted(entries.keys() - wanted.get(product, entries.keys())):
            remark = did_you_mean(service, wanted[product]) or ": remove it"
            yield Mistake(shown, place(product, service), f"the product has no such service{remark}")
    yield from _other_images(releases, shown, projects)


def _other_images(releases: ReleaseFile, shown: str, projects: Mapping[str, Project | None]) -> Iterator[Mistake]:
    """A digest put under the wrong service would start a database where the web server was."""
    for product, project in projects.items():
        for service in project.services.values() if project else ():
            release = releases.get(product, service.name)
            if release is not None and release.image and repository(release.image) != repository(service.image):
                text = "is another image than the compose file names: change one of them"
                yield Mistake(shown, place(product, service.name, "image"), text)


def repository(image: str) -> str:
    """Return registry and name of an image, without tag and digest, Docker Hub's short names written out."""
    name, _, _ = image.partition("@")
    path, _, last = name.rpartition("/")
    name = f"{path}/{last.partition(':')[0]}" if path else last.partition(":")[0]
    first, slash, _ = name.partition("/")
    if not slash:
        return f"{_HUB}/library/{name}"
    return name if "." in first or ":" in first or first == "localhost" else f"{_HUB}/{name}"
