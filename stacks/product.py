"""Products on their servers."""

from collections.abc import Mapping

import pulumi
import pulumi_random as random

from infra.compose.placeholders import placeholders
from infra.config import secrets
from infra.config.settings import GeneratedSecret, IngressSettings, ProductSettings, Settings
from infra.edge.render import PublicRule
from infra.services import Ingress, Product, ProductArgs, Secret
from stacks.platform import Platform


def products(settings: Settings, platforms: Mapping[str, Platform]) -> None:
    """Declare every product of a stack."""
    generator = random.Provider("random")
    for product in settings.products.values():
        _product(settings.stack, product, platforms[product.server], generator)


def _product(stack: str, product: ProductSettings, platform: Platform, generator: random.Provider) -> None:
    _announce(product)
    Product(
        product.name,
        ProductArgs(
            stack=stack,
            project=product.project,
            images={service: release.image for service, release in product.images.items()},
            secrets={name: _secret(product, name, generator) for name in product.secrets},
            ingress=[_ingress(ingress) for ingress in product.ingress],
            subnet=product.subnet,
            server=platform.server,
            edge=platform.edge,
            memory=product.memory,
            disposable=product.disposable,
            tags={service: release.tag for service, release in product.images.items() if release.tag},
        ),
    )


def _announce(product: ProductSettings) -> None:
    """Say at the head of a preview what a reviewer would otherwise have to look for."""
    for name, profiles in product.project.left_out.items():
        pulumi.log.info(f"{product.name}/{name} does not run: none of its profiles is on ({', '.join(profiles)}).")
    for service in product.project.services.values():
        if service.strategy == "stop-first":
            pulumi.log.info(
                f"{product.name}/{service.name} is stop-first: a new release of it starts after the old one."
            )
        in_environment = sorted({name for text in service.environment.values() for name in placeholders(text)})
        if in_environment:
            pulumi.log.info(
                f"{product.name}/{service.name} has {', '.join(in_environment)} in its environment, "
                "which `docker inspect` shows."
            )


def _secret(product: ProductSettings, name: str, generator: random.Provider) -> Secret:
    source = product.secrets[name]
    if not isinstance(source, GeneratedSecret):
        return Secret(value=secrets.value(source), version=secrets.version(source))
    password = random.RandomPassword(
        f"{product.name}-{name}",
        length=source.length,
        # Letters and digits only: it is composed into URLs and files that would need escaping.
        special=False,
        keepers={"rotation": str(source.rotation)},
        # A database whose data is kept knows this password alone.
        opts=pulumi.ResourceOptions(provider=generator, protect=True),
    )
    return Secret(value=password.result, version=secrets.version(source))


def _ingress(ingress: IngressSettings) -> Ingress:
    limit = ingress.rate_limit
    return Ingress(
        service=ingress.service,
        rule=PublicRule(
            host=ingress.host,
            path=ingress.path,
            port=ingress.port,
            average=limit.average if limit else None,
            burst=limit.burst if limit else None,
        ),
    )
