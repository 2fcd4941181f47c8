"""Backups of what the products keep."""

import functools
from collections.abc import Mapping

import pulumi
import pulumi_random as random

from infra.backups.backups import Backups, BackupsArgs
from infra.backups.server import BackupServer, BackupServerArgs
from infra.config import secrets
from infra.config.backup_rules import secret_names
from infra.config.backup_settings import BackupSettings
from infra.config.settings import ConfigSecret, GeneratedSecret, Settings
from infra.services import Product
from stacks.platform import Platform
from stacks.seeds import LENGTH, seed

SEED = "backups-passphrases"


def backups(
    settings: Settings, platforms: Mapping[str, Platform], products: Mapping[str, Product]
) -> list[pulumi.Resource]:
    """Declare the backups of every product, where the stack file asks for them."""
    declared = settings.backups
    if declared is None:
        return []
    servers = {name: _server(name, declared, platforms[name]) for name in settings.servers}
    made = seed(SEED, random.Provider("backups-random"))
    known = {name: secrets.value(ConfigSecret(name=name)) for name in secret_names(declared)}
    return [
        Backups(
            f"{name}-backups",
            BackupsArgs(
                prefix=f"{settings.stack}-{name}",
                contents=products[name].contents,
                settings=declared,
                passphrase=made.apply(functools.partial(_passphrase, name)),
                secrets=known,
                provider=platforms[product.server].server.host_provider,
                after=servers[product.server],
            ),
            pulumi.ResourceOptions(depends_on=[products[name]]),
        )
        for name, product in settings.products.items()
    ]


def _server(name: str, declared: BackupSettings, platform: Platform) -> pulumi.Resource:
    """Declare what a server needs; one of another stack has it from there."""
    if not platform.parts:
        return platform.ready
    return BackupServer(
        f"{name}-backups",
        BackupServerArgs(
            provider=platform.server.host_provider, targets=tuple(declared.targets.values()), ready=platform.ready
        ),
    )


def _passphrase(product: str, text: str) -> str:
    """Return the passphrase of a product: whoever has one server's reads nothing of another's."""
    return secrets.derived(GeneratedSecret(length=LENGTH), f"backups/{product}", text)
