"""`slipway release`: say which image a service runs."""

import json
from collections.abc import Mapping
from typing import Annotated

import typer

from infra.cli.arguments import AsJson, ProductName, ServiceName, StackName
from infra.cli.project import Stack, find_project, read_stack
from infra.cli.refusal import ExitCode, RefusalError, require_known
from infra.config.digests import repository
from infra.config.mistakes import ConfigurationError
from infra.config.monitoring_images import MONITORING
from infra.config.releases import EDGE_PRODUCT, EDGE_SERVICE, ReleaseFile, read_releases, set_image
from infra.config.section import DIGEST_REFERENCE
from infra.config.settings import ImageRelease

Reference = Annotated[
    str, typer.Argument(metavar="REF@DIGEST", help="Image by digest, `repository@sha256:…`.", show_default=False)
]
Tag = Annotated[str | None, typer.Option(help="Tag that the digest was pushed under, for people.")]
Revision = Annotated[str | None, typer.Option(help="Commit that the image was built from, for people.")]


def release(
    stack: StackName,
    product: ProductName,
    service: ServiceName,
    reference: Reference,
    tag: Tag = None,
    revision: Revision = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Write into the release file which image a service runs.

    The next `slipway up` releases it. CI calls this after a build; promotion is the same digest written for the next
    stack; rollback is a revert of the commit.

    **Examples**

    - `slipway release dev shop web registry.example.com/shop/web@sha256:4f…`
    - `slipway release prod shop web "$IMAGE" --tag 1.8.2 --revision "$(git rev-parse HEAD)"`
    - `slipway release dev edge traefik docker.io/library/traefik@sha256:0c…`
    """
    chosen = read_stack(find_project(), stack)
    _require_fitting(reference, service, _image_as_written(chosen, product, service))
    former = _set(chosen, product, service, ImageRelease(image=reference, tag=tag, revision=revision))
    if as_json:
        data = {"stack": stack, "product": product, "service": service, "former": former, "image": reference}
        typer.echo(json.dumps({**data, "changed": former != reference, "file": str(chosen.release_file)}))
    else:
        typer.echo(f"{product}/{service} in {stack}:\n  old  {former or 'none'}\n  new  {reference}")
        typer.echo("That is what the release file says already." if former == reference else _next_step(chosen))


def _image_as_written(stack: Stack, product: str, service: str) -> str | None:
    """Return the image that the compose files name; refuse a product or service that is not there."""
    services = _services(stack, product)
    require_known(product, "service", service, services)
    return services[service]


def _services(stack: Stack, product: str) -> Mapping[str, str | None]:
    """Return the services of a product, of the edge or of what watches, with what the compose files name."""
    stack.require_product(product, or_monitoring=True)
    if product == MONITORING:
        return dict.fromkeys(stack.watchers())
    return {EDGE_SERVICE: None} if product == EDGE_PRODUCT else stack.images(product)


def _require_fitting(reference: str, service: str, written: str | None) -> None:
    """Refuse a reference that has no digest, or is another image than the compose files name."""
    try:
        DIGEST_REFERENCE.check(reference)
    except ValueError as error:
        text = f"the image {error}; `slipway pin` looks a tag's digest up."
        raise RefusalError(text, ExitCode.USAGE) from None
    if written is not None and repository(written) != repository(reference):
        text = f"the compose files name another image for {service}, {written}: is it the right service?"
        raise RefusalError(text, ExitCode.USAGE)


def _set(stack: Stack, product: str, service: str, release: ImageRelease) -> str | None:
    """Write the image and return the former one; the same image again keeps what is said of it."""
    path = stack.release_file
    file = read_releases(path, stack.shown(path)) if path.exists() else ReleaseFile()
    if file.mistakes:
        raise ConfigurationError(file.mistakes)
    former = file.get(product, service)
    if former is None or former.image != release.image or release.tag or release.revision:
        path.parent.mkdir(parents=True, exist_ok=True)
        set_image(path, product, service, release)
    return former.image if former else None


def _next_step(stack: Stack) -> str:
    return (
        f"Written to {stack.shown(stack.release_file)}. Next: `pulumi preview --stack {stack.name}`, then commit the "
        f"file and `slipway up {stack.name}`, or leave both to CI. A revert is the rollback."
    )
