"""`slipway pin`: look up the digests of tags and write them into the release file."""

import json
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from infra.cli.arguments import PRODUCT_HELP, AsJson, StackName, complete_product
from infra.cli.image_names import ImageName, parse_image
from infra.cli.logins import logins
from infra.cli.project import Stack, find_project, read_stack
from infra.cli.refusal import ExitCode, RefusalError
from infra.cli.registry import Registry, RegistryError
from infra.config.mistakes import ConfigurationError
from infra.config.releases import EDGE_PRODUCT, EDGE_SERVICE, ReleaseFile, read_releases, set_image
from infra.config.settings import ImageRelease

EDGE_IMAGE: Final = "docker.io/library/traefik:v3"
"""Where a stack's release file names no image and tag for the edge yet."""
DEFAULT_TAG: Final = "latest"
WIDE: Final = 240
SHOWN_DIGEST: Final = len("sha256:") + 12

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
class Pin:
    """What was found for one service."""

    wanted: Wanted
    digest: str

    @property
    def release(self) -> ImageRelease:
        """What the release file gets; a digest that was there keeps the commit it was built from."""
        reference = f"{self.wanted.image.written}@{self.digest}"
        former = self.wanted.former
        revision = former.revision if former and former.image == reference else None
        return ImageRelease(image=reference, tag=self.wanted.image.tag, revision=revision)

    @property
    def changed(self) -> bool:
        """Whether another image runs after the next `up`."""
        return self.wanted.former is None or self.wanted.former.image != self.release.image

    def as_data(self) -> Mapping[str, str | bool | None]:
        """Return it for programs."""
        return {
            "product": self.wanted.product,
            "service": self.wanted.service,
            "tag": str(self.wanted.image),
            "former": self.wanted.former.image if self.wanted.former else None,
            "image": self.release.image,
            "changed": self.changed,
        }


def pin(
    stack: StackName,
    product: OneProduct = None,
    ca_file: AuthorityFile = None,
    resolve: Addresses = None,
    *,
    password_stdin: PasswordFromStdin = False,
    as_json: AsJson = False,
) -> None:
    """Look up the digests of tags and write them into the release file.

    Asks the registries for every service's image, as its compose files name it, and the edge's. All are found, or
    nothing is written. Logins are those of `slipway:registries`; an encrypted password stays so: give it on stdin.

    **Examples**

    - `slipway pin dev`
    - `slipway pin dev shop`
    - `pulumi config get slipway:secret-registry --stack dev | slipway pin dev --password-stdin`
    - `slipway pin dev --resolve registry.lab.test:5000:127.0.0.15`
    """
    chosen = read_stack(find_project(), stack)
    password = sys.stdin.readline().rstrip("\n") if password_stdin else None
    pins = _look_up(chosen, list(_wanted(chosen, product)), ca_file, _addresses(resolve or ()), password)
    _write(chosen.release_file, pins)
    if as_json:
        typer.echo(json.dumps([one.as_data() for one in pins], indent=2))
    else:
        _show(chosen, pins)


def _wanted(stack: Stack, product: str | None) -> Iterator[Wanted]:
    """Yield what is looked up: all services of all products and the edge, or one product's."""
    shown = stack.shown(stack.release_file)
    file = read_releases(stack.release_file, shown) if stack.release_file.exists() else ReleaseFile()
    if file.mistakes:
        raise ConfigurationError(file.mistakes)
    if product is not None:
        stack.require_product(product)
    for owner in sorted(stack.sections.products):
        if product in (None, owner):
            for service, reference in stack.images(owner).items():
                former = file.get(owner, service)
                yield Wanted(
                    product=owner, service=service, image=_by_tag(parse_image(reference), former), former=former
                )
    if product in (None, EDGE_PRODUCT) and stack.sections.edge is not None:
        former = file.get(EDGE_PRODUCT, EDGE_SERVICE)
        written = replace(parse_image(former.image), digest=None) if former else parse_image(EDGE_IMAGE)
        yield Wanted(product=EDGE_PRODUCT, service=EDGE_SERVICE, image=_by_tag(written, former), former=former)


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


def _look_up(
    stack: Stack, wanted: Sequence[Wanted], ca_file: Path | None, addresses: Mapping[str, str], password: str | None
) -> list[Pin]:
    """Return the digest of every image; one that cannot be found is a refusal."""
    images = {one.image for one in wanted}
    found = {image: image.digest for image in images if image.digest}
    asked = sorted(images - found.keys(), key=str)
    signing_in = logins(stack, {image.registry for image in asked}, password)
    progress = Console(stderr=True)
    try:
        for host in sorted({image.registry for image in asked}):
            section = stack.sections.registries.get(host)
            named = stack.project.path(section.ca_file) if section and section.ca_file else None
            login = signing_in.get(host)
            with Registry(host, login=login, authority=ca_file or named, addresses=addresses) as registry:
                for image in (image for image in asked if image.registry == host):
                    with progress.status(f"Asking {host} for {image}"):
                        found[image] = registry.digest(image)
    except RegistryError as error:
        text = f"{error} Nothing was written."
        raise RefusalError(text) from None
    return [Pin(wanted=one, digest=found[one.image]) for one in wanted]


def _addresses(resolve: Iterable[str]) -> Mapping[str, str]:
    """Return `host:port` to address."""
    addresses = {}
    for text in resolve:
        host, _, rest = text.partition(":")
        port, _, address = rest.partition(":")
        if not (host and port.isdecimal() and address):
            message = "--resolve is written HOST:PORT:ADDRESS, such as registry.lab.test:5000:127.0.0.15."
            raise RefusalError(message, ExitCode.USAGE)
        addresses[f"{host}:{port}"] = address.strip("[]")
    return addresses


def _write(path: Path, pins: Sequence[Pin]) -> None:
    """Write all digests in one step, so that whoever reads the file sees all or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        draft = Path(folder) / path.name
        if path.exists():
            shutil.copy2(path, draft)
        for one in pins:
            set_image(draft, one.wanted.product, one.wanted.service, one.release)
        if pins:
            draft.replace(path)


def _show(stack: Stack, pins: Sequence[Pin]) -> None:
    table = Table(box=None, pad_edge=False)
    for column in ("product", "service", "tag", "digest", ""):
        table.add_column(column, overflow="fold")
    for one in pins:
        change = "changed" if one.changed else "same"
        table.add_row(one.wanted.product, one.wanted.service, str(one.wanted.image), one.digest[:SHOWN_DIGEST], change)
    # A pipe or a CI log has no width that a reference should be broken at.
    Console(width=None if sys.stdout.isatty() else WIDE, markup=False, highlight=False).print(table)
    changed = sum(one.changed for one in pins)
    if changed:
        file = stack.shown(stack.release_file)
        typer.echo(f"{changed} written to {file}. Next: `pulumi preview --stack {stack.name}`, then commit the file.")
    else:
        typer.echo("All digests are the same.")
