"""`slipway rollback`: put the images of a former release back into the release file."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from infra.cli.arguments import AsJson, ProductName, StackName
from infra.cli.history import moment, require_history, shown_image
from infra.cli.project import Stack, find_project, read_stack
from infra.cli.refusal import RefusalError
from infra.cli.release_records import read_migrations, read_records
from infra.cli.servers import remotes
from infra.cli.snapshots import Snapshot, before, named, snapshots
from infra.cli.tables import show
from infra.compose.cost import longest_gap
from infra.compose.project import Service
from infra.config.digests import repository
from infra.config.mistakes import ConfigurationError
from infra.config.releases import read_releases, set_images
from infra.config.settings import ImageRelease
from infra.host.agent.impact import ROLLING, stop_first
from infra.host.agent.migration_record import Release, judge, refusal
from infra.host.agent.migration_record import Step as Migration
from infra.host.agent.release_record import Record
from infra.host.remote import RemoteError

To = Annotated[
    str | None,
    typer.Option(
        "--to",
        metavar="RELEASE",
        help="Release that `slipway history` shows, or the end of a container's name. The last good one when absent.",
    ),
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A service whose image goes back."""

    service: str
    former: ImageRelease | None
    """What the release file says so far."""
    record: Record
    how: str
    """What the next `up` does with it."""
    reconfigured: bool
    """Whether it has been released with another configuration since."""

    @property
    def release(self) -> ImageRelease:
        """What the release file gets."""
        return ImageRelease(image=self.record.image, tag=self.record.tag or None, revision=self.record.revision or None)

    def as_data(self) -> Mapping[str, Any]:
        """Return it for programs."""
        former = self.former.image if self.former else None
        image = {"service": self.service, "former": former, "image": self.record.image}
        return {**image, "impact": self.how, "reconfigured": self.reconfigured}


def rollback(stack: StackName, product: ProductName, to: To = None, *, as_json: AsJson = False) -> None:
    """Put the images of a former release back into the release file.

    Goes back to how the product was before its images of today first ran, all services together, by what its server
    has written down; a release that failed is never gone back to. Only the file changes: the next `up` releases it, as
    any other release, with all its gates. Configuration, secrets and data stay as they are. An image that its database
    is ahead of, by a migration that took something away, is refused with the moment before that.

    **Examples**

    - `slipway rollback dev shop && slipway up dev --product shop`
    - `slipway rollback dev shop --to 9c1e44d0`
    """
    chosen = read_stack(find_project(), stack)
    require_history(chosen, product)
    services, images = chosen.services(product), _released(chosen, product)
    known, migrations = _asked(chosen, product)
    records = [record for record in known if record.name in services]
    target = _target(snapshots(records), {name: release.image for name, release in images.items()}, product, to)
    steps = list(_steps(services, images, records, target))
    _require_fitting(services, steps)
    _require_way_back(steps, records, migrations)
    set_images(chosen.release_file, {(product, step.service): step.release for step in steps})
    if as_json:
        data = {"stack": stack, "product": product, "release": target.id, "changed": bool(steps)}
        typer.echo(json.dumps({**data, "services": [step.as_data() for step in steps]}, indent=2))
    else:
        _show(chosen, product, target, steps)


def _asked(stack: Stack, product: str) -> tuple[list[Record], list[Migration]]:
    """Return the releases and the migrations that the server of a product has written down."""
    (server,) = remotes(stack, stack.sections.products[product].server)
    try:
        return read_records(server, stack.name, [product]), read_migrations(server, stack.name, product)
    except RemoteError as error:
        text = (
            f"the releases of {product} are written down on {server.name}, which cannot be asked: {error}. Without "
            f"it: `git revert` the commit of {stack.shown(stack.release_file)}, or `slipway release` by digest."
        )
        raise RefusalError(text) from None


def _released(stack: Stack, product: str) -> Mapping[str, ImageRelease]:
    file = read_releases(stack.release_file, stack.shown(stack.release_file))
    if file.mistakes:
        raise ConfigurationError(file.mistakes)
    return file.images.get(product, {})


def _target(taken: Sequence[Snapshot], images: Mapping[str, str], product: str, name: str | None) -> Snapshot:
    """Return what is gone back to, or refuse."""
    target = before(taken, images) if name is None else named(taken, name)
    if target is None:
        known = ", ".join(snapshot.id for snapshot in reversed(taken)) or "none"
        wanted = "from before the images of today" if name is None else f"called {name}"
        text = f"{product} has no good release {wanted}: there is {known}."
        raise RefusalError(text)
    return target


def _steps(
    services: Mapping[str, Service],
    images: Mapping[str, ImageRelease],
    records: Sequence[Record],
    target: Snapshot,
) -> list[Step]:
    """Return the services whose image changes, by name."""
    return [
        _step(services[name], images.get(name), record, [each for each in records if each.name == name])
        for name, record in sorted(target.serving.items())
        if name not in images or images[name].image != record.image
    ]


def _step(service: Service, former: ImageRelease | None, record: Record, known: Sequence[Record]) -> Step:
    measured = [each.down for each in known if each.is_good and each.down is not None]
    gap = stop_first(measured[-1] if measured else None, longest_gap(service))
    return Step(
        service=service.name,
        former=former,
        record=record,
        how=ROLLING if service.strategy == "rolling" else gap,
        reconfigured=any(each.config != record.config for each in known[known.index(record) :] if each.config),
    )


def _require_fitting(services: Mapping[str, Service], steps: Sequence[Step]) -> None:
    """Refuse an image that the compose files of today do not name: the next preview would, too."""
    for step in steps:
        written = services[step.service].image
        if repository(written) != repository(step.record.image):
            text = (
                f"{step.service} ran {repository(step.record.image)} then, and its compose file names {written} now: "
                "`git revert` brings both back. Nothing was written."
            )
            raise RefusalError(text)


def _require_way_back(steps: Sequence[Step], records: Sequence[Record], migrations: Sequence[Migration]) -> None:
    """Refuse an image that the database is ahead of by a contract migration: the next preview would, too."""
    for step in steps:
        mine = [each for each in migrations if each.service == step.record.service]
        released = [
            Release(each.image, each.start) for each in records if each.is_good and each.service == step.record.service
        ]
        obstacle = judge(step.record.image, "", mine, released).obstacle
        if obstacle:
            text = f"{refusal(step.record.service, step.record.image, obstacle)}. Nothing was written."
            raise RefusalError(text)


def _show(stack: Stack, product: str, target: Snapshot, steps: Sequence[Step]) -> None:
    then = f"{target.id} of {moment(target.end)} UTC by {target.actor}"
    if not steps:
        typer.echo(f"{product} in {stack.name}: the release file says {then} already.")
        return
    typer.echo(f"{product} in {stack.name} goes back to {then}:")
    show(("service", "from", "to", "how"), map(_row, steps))
    changed = [step.service for step in steps if step.reconfigured]
    if changed:
        typer.echo(
            f"Configured otherwise since then: {', '.join(changed)}. Only images go back; `git revert` does more."
        )
    typer.echo(
        f"Written to {stack.shown(stack.release_file)}. Next: `slipway up {stack.name} --product {product}`, which "
        "judges it by the policy pack and gates it as any release, then commit the file; or commit it and leave `up` "
        "to CI."
    )


def _row(step: Step) -> tuple[str, ...]:
    former = shown_image(step.former.tag, step.former.image.partition("@")[2]) if step.former else "none"
    return step.service, former, shown_image(step.record.tag, step.record.digest), step.how
