"""`slipway pin`: look up the digests of tags and write them into the release file."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import typer
from rich.console import Console

from infra.cli.arguments import AsJson, StackName
from infra.cli.image_names import shown_digest
from infra.cli.logins import logins
from infra.cli.lookup import Addresses, AuthorityFile, OneProduct, PasswordFromStdin, Wanted, Way, wanted, way
from infra.cli.project import Stack, find_project, read_stack
from infra.cli.refusal import RefusalError
from infra.cli.registry import RegistryError
from infra.cli.tables import show
from infra.config.releases import set_images
from infra.config.settings import ImageRelease


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
    pins = _look_up(chosen, list(wanted(chosen, product)), way(ca_file, resolve), password)
    set_images(chosen.release_file, {(one.wanted.product, one.wanted.service): one.release for one in pins})
    if as_json:
        typer.echo(json.dumps([one.as_data() for one in pins], indent=2))
    else:
        _show(chosen, pins)


def _look_up(stack: Stack, services: Sequence[Wanted], reached: Way, password: str | None) -> list[Pin]:
    """Return the digest of every image; one that cannot be found is a refusal."""
    images = {one.image for one in services}
    found = {image: image.digest for image in images if image.digest}
    asked = sorted(images - found.keys(), key=str)
    signing_in = logins(stack, {image.registry for image in asked}, password, command="pin")
    progress = Console(stderr=True)
    try:
        for host in sorted({image.registry for image in asked}):
            with reached.registry(stack, host, signing_in.get(host)) as registry:
                for image in (image for image in asked if image.registry == host):
                    with progress.status(f"Asking {host} for {image}"):
                        found[image] = registry.digest(image)
    except RegistryError as error:
        text = f"{error} Nothing was written."
        raise RefusalError(text) from None
    return [Pin(wanted=one, digest=found[one.image]) for one in services]


def _show(stack: Stack, pins: Sequence[Pin]) -> None:
    rows = (
        (
            one.wanted.product,
            one.wanted.service,
            str(one.wanted.image),
            shown_digest(one.digest),
            "changed" if one.changed else "same",
        )
        for one in pins
    )
    show(("product", "service", "tag", "digest", ""), rows)
    changed = sum(one.changed for one in pins)
    if changed:
        file = stack.shown(stack.release_file)
        typer.echo(f"{changed} written to {file}. Next: `pulumi preview --stack {stack.name}`, then commit the file.")
    else:
        typer.echo("All digests are the same.")
