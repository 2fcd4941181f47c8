"""Which images are looked up in registries, and how these are reached."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Final

import typer

from infra.cli.arguments import PRODUCT_HELP, complete_product
from infra.cli.image_names import ImageName, parse_image
from infra.cli.project import Stack
from infra.cli.refusal import ExitCode, RefusalError
from infra.cli.registry import Login, Registry
from infra.config.mistakes import ConfigurationError
from infra.config.monitoring_images import DEFAULTS, MONITORING
from infra.config.releases import EDGE_PRODUCT, EDGE_SERVICE, ReleaseFile, read_releases
from infra.config.settings import ImageRelease

EDGE_IMAGE: Final = "docker.io/library/traefik:v3"
"""Where a stack's release file names no image and tag for the edge yet."""
DEFAULT_TAG: Final = "latest"

OneProduct = Annotated[
    str | None, typer.Argument(help=f"{PRODUCT_HELP} All when absent.", autocompletion=complete_product)
]
AuthorityFile = Annotated[
    Path | None,
    typer.Option("--ca-file", help="Certificate authority of a private registry, PEM.", exists=True, dir_okay=False),
]
Addresses = Annotated[
    list[str] | None,
    typer.Option(
        "--resolve", metavar="HOST:PORT:ADDRESS", help="Reach a registry at an address, as `curl --resolve` does."
    ),
]
PasswordFromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password of the one registry that wants a login.")
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """A service whose image is looked up."""

    product: str
    service: str
    image: ImageName
    former: ImageRelease | None
    """What the release file says so far."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """How registries are reached, beside what the stack file says."""

    ca_file: Path | None
    addresses: Mapping[str, str]
    """`host:port` → address."""

    def registry(self, stack: Stack, host: str, login: Login | None) -> Registry:
        """Return a registry, ready to be asked."""
        section = stack.sections.registries.get(host)
        named = stack.project.path(section.ca_file) if section and section.ca_file else None
        return Registry(host, login=login, authority=self.ca_file or named, addresses=self.addresses)


def way(ca_file: Path | None, resolve: Iterable[str] | None) -> Way:
    """Return the way that the options of a command describe.

    Raises:
        RefusalError: an address is not written as it should be.
    """
    addresses = {}
    for text in resolve or ():
        host, _, rest = text.partition(":")
        port, _, address = rest.partition(":")
        if not (host and port.isdecimal() and address):
            message = "--resolve is written HOST:PORT:ADDRESS, such as registry.lab.test:5000:127.0.0.15."
            raise RefusalError(message, ExitCode.USAGE)
        addresses[f"{host}:{port}"] = address.strip("[]")
    return Way(ca_file=ca_file, addresses=addresses)


def wanted(stack: Stack, product: str | None) -> Iterator[Wanted]:
    """Yield what is looked up: all services of all products, the edge and what watches, or one product's."""
    shown = stack.shown(stack.release_file)
    file = read_releases(stack.release_file, shown) if stack.release_file.exists() else ReleaseFile()
    if file.mistakes:
        raise ConfigurationError(file.mistakes)
    if product is not None:
        stack.require_product(product, or_monitoring=True)
    for owner in sorted(stack.sections.products):
        if product in (None, owner):
            for service, reference in stack.images(owner).items():
                former = file.get(owner, service)
                yield Wanted(
                    product=owner, service=service, image=_by_tag(parse_image(reference), former), former=former
                )
    if product in (None, EDGE_PRODUCT) and stack.sections.edge is not None:
        yield _of_platform(file, EDGE_PRODUCT, EDGE_SERVICE, EDGE_IMAGE)
    if product in (None, MONITORING):
        for service in sorted(stack.watchers()):
            yield _of_platform(file, MONITORING, service, DEFAULTS[service])


def _of_platform(file: ReleaseFile, product: str, service: str, default: str) -> Wanted:
    """Return a service that no compose file names: its image is the one of the release file, or a default."""
    former = file.get(product, service)
    written = replace(parse_image(former.image), digest=None) if former else parse_image(default)
    return Wanted(product=product, service=service, image=_by_tag(written, former), former=former)


def _by_tag(written: ImageName, former: ImageRelease | None) -> ImageName:
    """Return what to look up for an image as it is written.

    One without a tag is the product's own, which CI releases: it goes by the tag of its last release, and stays as it
    is when that has none. Only what was never released is `latest`, as Docker has it.
    """
    if written.tag or written.digest:
        return written
    if former is None:
        return replace(written, tag=DEFAULT_TAG)
    return replace(written, tag=former.tag) if former.tag else parse_image(former.image)
