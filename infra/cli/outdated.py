"""`slipway outdated`: list images that there are newer ones of."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Final

import typer
from rich.console import Console

from infra.cli.arguments import AsJson, StackName
from infra.cli.image_names import ImageName
from infra.cli.logins import logins
from infra.cli.lookup import Addresses, AuthorityFile, OneProduct, PasswordFromStdin, Wanted, Way, wanted, way
from infra.cli.project import Stack, find_project, read_stack
from infra.cli.refusal import say
from infra.cli.registry import Registry, RegistryError
from infra.cli.tables import show
from infra.cli.tags import in_same_line, newer
from infra.cli.verdict import Verdict, refusing_as_unknown

COLUMNS: Final = ("product", "service", "image", "same tag", "same major version", "newest")


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What a registry has for an image."""

    digest: str
    """What its tag stands for now."""
    same_line: str | None
    """Newest later tag with the same first number."""
    newest: str | None
    """Newest later tag of all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Age:
    """How far a service is behind."""

    product: str
    service: str
    image: str
    """As it is looked up, by tag."""
    runs: str | None
    """Image by digest that the release file names."""
    rebuilt: bool
    """Whether its tag stands for another digest by now."""
    same_line: str | None
    newest: str | None

    @property
    def is_outdated(self) -> bool:
        """Whether there is anything newer."""
        return self.rebuilt or self.newest is not None


def outdated(
    stack: StackName,
    product: OneProduct = None,
    ca_file: AuthorityFile = None,
    resolve: Addresses = None,
    *,
    password_stdin: PasswordFromStdin = False,
    as_json: AsJson = False,
) -> None:
    """List images that there are newer ones of.

    Asks the registries for two things: whether the tag of an image stands for another digest by now, as after a
    security fix of its base, which `slipway pin` takes over; and for later versions among its tags, which are a change
    of the compose file. Changes nothing. Logins are those of `slipway:registries`, as for `slipway pin`.

    Exit codes: 0 nothing is newer; 2 something is; 1 nothing is, as far as could be told.

    **Examples**

    - `slipway outdated dev`
    - `slipway outdated dev shop --json | jq '.[] | select(.rebuilt)'`
    """
    with refusing_as_unknown():
        chosen = read_stack(find_project(), stack)
        password = sys.stdin.readline().rstrip("\n") if password_stdin else None
        services = list(wanted(chosen, product))
        found = _look_up(chosen, services, way(ca_file, resolve), password)
    ages = list(_ages(services, found))
    if as_json:
        typer.echo(json.dumps([asdict(age) for age in ages], indent=2))
    else:
        _show(chosen, ages)
    behind = any(age.is_outdated for age in ages)
    raise typer.Exit(Verdict.DIFFERENT if behind else Verdict.SAME if len(ages) == len(services) else Verdict.UNKNOWN)


def _look_up(stack: Stack, services: Sequence[Wanted], reached: Way, password: str | None) -> Mapping[ImageName, Found]:
    """Return what the registries have; of an image that cannot be told, say why."""
    images = sorted({one.image for one in services}, key=str)
    for image in images:
        if image.tag is None:
            say(f"could not tell: {image} is named by digest alone, which has no newer one.")
    tagged = [replace(image, digest=None) for image in images if image.tag is not None]
    signing_in = logins(stack, {image.registry for image in tagged}, password, command="outdated")
    found = {}
    with Console(stderr=True).status("Asking") as status:
        for host in sorted({image.registry for image in tagged}):
            with _saying_what_could_not_be_told(), reached.registry(stack, host, signing_in.get(host)) as registry:
                for image in (image for image in tagged if image.registry == host):
                    status.update(f"Asking {host} for {image}")
                    with _saying_what_could_not_be_told():
                        found[image] = _find(registry, image)
    return found


@contextmanager
def _saying_what_could_not_be_told() -> Iterator[None]:
    """Go on with what else there is: another image, or another registry."""
    try:
        yield
    except RegistryError as error:
        say(f"could not tell: {error}")


def _find(registry: Registry, image: ImageName) -> Found:
    later = newer(image.tag or "", registry.tags(image))
    same_line = in_same_line(image.tag or "", later)
    return Found(
        digest=registry.digest(image),
        same_line=same_line[-1].tag if same_line else None,
        newest=later[-1].tag if later else None,
    )


def _ages(services: Sequence[Wanted], found: Mapping[ImageName, Found]) -> Iterator[Age]:
    """Yield how far each service is behind whose image was found."""
    for one in services:
        known = found.get(replace(one.image, digest=None))
        if known is None:
            continue
        runs = one.former.image if one.former else None
        yield Age(
            product=one.product,
            service=one.service,
            image=str(one.image),
            runs=runs,
            rebuilt=runs is not None and runs.partition("@")[2] != known.digest,
            same_line=known.same_line,
            newest=known.newest,
        )


def _show(stack: Stack, ages: Sequence[Age]) -> None:
    behind = [age for age in ages if age.is_outdated]
    if behind:
        show(COLUMNS, map(_row, behind))
        typer.echo(
            f"Same tag, rebuilt: `slipway pin {stack.name}`. A later version: its tag in the compose file, then pin."
        )
    elif ages:
        typer.echo(f"Nothing newer: {len(ages)} images are what their tags stand for, and there are no later versions.")


def _row(age: Age) -> tuple[str, ...]:
    same_tag = "rebuilt" if age.rebuilt else "same"
    return age.product, age.service, age.image, same_tag, age.same_line or "", age.newest or ""
