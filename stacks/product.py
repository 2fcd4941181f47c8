"""Products on their servers."""

import functools
from collections.abc import Mapping

import pulumi
import pulumi_random as random

from infra.compose.placeholders import placeholders
from infra.config import passwords, secrets
from infra.config.settings import GeneratedSecret, ProductSettings, Settings
from infra.services import DatabaseAccess, Ingress, Login, Origin, Product, ProductArgs, PublishedPort, Secret
from stacks.impact import foretell
from stacks.platform import Platform
from stacks.seeds import seed

_LOGIN_LENGTH = 24


def products(settings: Settings, platforms: Mapping[str, Platform]) -> list[Product]:
    """Declare every product of a stack."""
    generator = random.Provider("random")
    logins = {name: _password(product, generator) for name, product in settings.products.items()}
    made = [
        _product(settings.stack, product, platforms[product.server], generator, logins[name])
        for name, product in settings.products.items()
    ]
    results = {name: password.result for name, password in logins.items() if password}
    if results:
        pulumi.export("logins", pulumi.Output.secret(results))
    return made


def _product(
    stack: str,
    product: ProductSettings,
    platform: Platform,
    generator: random.Provider,
    password: random.RandomPassword | None,
) -> Product:
    _announce(product)
    page = product.maintenance_page
    made = Product(
        product.name,
        ProductArgs(
            stack=stack,
            project=product.project,
            images={service: release.image for service, release in product.images.items()},
            origins={
                service: Origin(tag=release.tag, revision=release.revision)
                for service, release in product.images.items()
            },
            secrets={name: _secret(product, name, generator) for name in product.secrets},
            ingress=[Ingress(service=way.service, rule=way.rule) for way in product.ingress],
            subnet=product.subnet,
            server=platform.server,
            ready=platform.ready,
            edge=platform.edge,
            memory=product.memory,
            disposable=product.disposable,
            published=[PublishedPort(service=way.service, stream=way.stream) for way in product.streams],
            redirects=product.redirects,
            login=Login(user=product.login.user, password_hash=password.bcrypt_hash)
            if product.login and password
            else None,
            maintenance=product.maintenance,
            maintenance_page=page.content if page else None,
        ),
    )
    foretell(product.name, made)
    return made


def _announce(product: ProductSettings) -> None:
    """Say at the head of a preview what a reviewer would otherwise have to look for."""
    for name, profiles in product.project.left_out.items():
        pulumi.log.info(f"{product.name}/{name} does not run: none of its profiles is on ({', '.join(profiles)}).")
    if product.maintenance:
        pulumi.log.info(f"{product.name} is in maintenance: its visitors see the maintenance page.")
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
    made = seed(passwords.resource_name(product.name, name), generator)
    value = made.apply(functools.partial(secrets.derived, source, name))
    return Secret(value=value, version=secrets.version(source), access=_access(source))


def _access(source: GeneratedSecret) -> DatabaseAccess | None:
    """Return the database user whose password a secret is."""
    if source.database is None:
        return None
    database = source.database
    return DatabaseAccess(
        service=database.service,
        role=database.role,
        database=database.database or database.role,
        user=database.user(source.rotation),
    )


def _password(product: ProductSettings, generator: random.Provider) -> random.RandomPassword | None:
    """Make what a product's visitors sign in with, where an ingress asks for it."""
    if product.login is None:
        return None
    return random.RandomPassword(
        passwords.resource_name(product.name, passwords.LOGIN),
        length=_LOGIN_LENGTH,
        special=False,
        keepers={"rotation": str(product.login.rotation)},
        opts=pulumi.ResourceOptions(provider=generator),
    )
