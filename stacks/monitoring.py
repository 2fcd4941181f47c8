"""What watches servers and products."""

import functools
from collections.abc import Mapping, Sequence

import bcrypt
import pulumi
import pulumi_random as random

from infra.config import secrets
from infra.config.monitoring_images import MONITORING
from infra.config.monitoring_settings import MonitoringSettings
from infra.config.settings import ConfigSecret, GeneratedSecret, Settings
from infra.monitoring import targets
from infra.monitoring.arguments import MonitoringArgs
from infra.monitoring.monitoring import Monitoring
from infra.monitoring.targets import WatchedProduct
from infra.services import Product
from stacks.observers import observers
from stacks.platform import Platform
from stacks.seeds import seed

SEED = "monitoring-passwords"
_LOGIN_LENGTH = 24
_PASSWORD_LENGTH = 32
_SALT_LENGTH = 21
"""What bcrypt takes but for the last letter, which has two bits: 16 bytes, six bits a letter."""


def monitoring(
    settings: Settings, platforms: Mapping[str, Platform], products: Mapping[str, Product]
) -> list[pulumi.Resource]:
    """Declare what watches every server of this stack, where the stack file asks for it.

    On a server of another stack it is that one's business: it is told what this one has there, in any case.
    """
    declared = settings.monitoring
    if declared is None:
        return [*observers(settings, platforms, {}).values()]
    made = seed(SEED, random.Provider("monitoring-random"))
    password_hash = _login(declared, made)
    known = {name: secrets.value(ConfigSecret(name=name)) for name in _secret_names(declared)}
    watched = {name: _watched(settings, name) for name in declared.subnets}
    watchers = {name: _watchers(declared, name, found) for name, found in watched.items()}
    seen = observers(settings, platforms, watchers)
    found: list[pulumi.Resource] = [*seen.values()]
    for name in declared.subnets:
        platform = platforms[name]
        found.append(
            Monitoring(
                f"{name}-monitoring",
                MonitoringArgs(
                    stack=settings.stack,
                    server_name=name,
                    server=platform.server,
                    # Node exporter reads the folder that the observer makes.
                    ready=seen[name],
                    edge=platform.edge,
                    settings=declared,
                    products=watched[name],
                    serving=products,
                    passwords=_passwords(declared, watched[name], made),
                    secrets=known,
                    password_hash=password_hash,
                ),
            )
        )
    return found


def _watched(settings: Settings, server: str) -> list[WatchedProduct]:
    """Return the products of this stack on a server."""
    return [
        WatchedProduct(
            name=name,
            stack=settings.stack,
            project=product.project,
            public=tuple(way.rule for way in product.ingress),
            maintenance=product.maintenance,
        )
        for name, product in settings.products.items()
        if product.server == server
    ]


def _watchers(declared: MonitoringSettings, server: str, watched: Sequence[WatchedProduct]) -> list[str]:
    """Return the services that watch a server."""
    services = {each.name: each.project.services for each in watched}
    return targets.watchers(services, grafana=declared.grafana and server in declared.hosts)


def _login(declared: MonitoringSettings, made: pulumi.Output[str]) -> pulumi.Output[str]:
    """Return the hash of the password by which people look at the measurements, and show them that password."""
    password = made.apply(functools.partial(_derived, "login", declared.rotation, _LOGIN_LENGTH))
    if declared.hosts:
        pulumi.export(MONITORING, pulumi.Output.secret({"user": declared.user, "password": password}))
    salt = made.apply(functools.partial(_derived, "salt", declared.rotation, _SALT_LENGTH))
    return pulumi.Output.all(password, salt).apply(lambda known: _hashed(*known))


def _hashed(password: str, salt: str) -> str:
    """Return a password by bcrypt, the same in every run."""
    return bcrypt.hashpw(password.encode(), f"$2b$10${salt}.".encode()).decode()


def _passwords(
    declared: MonitoringSettings, watched: Sequence[WatchedProduct], made: pulumi.Output[str]
) -> dict[tuple[str, str], pulumi.Output[str]]:
    """Return the password of who measures each PostgreSQL server."""
    return {
        (each.product, each.service): made.apply(
            functools.partial(_derived, f"{each.product}/{each.service}", declared.rotation, _PASSWORD_LENGTH)
        )
        for each in targets.databases(watched)
    }


def _derived(name: str, rotation: int, length: int, text: str) -> str:
    return secrets.derived(GeneratedSecret(length=length, rotation=rotation), f"{MONITORING}/{name}", text)


def _secret_names(declared: MonitoringSettings) -> set[str]:
    """Return the secrets of the stack that the channels name."""
    telegram = declared.telegram.token if declared.telegram else None
    mail = declared.mail.password if declared.mail else None
    return {name for name in (telegram, mail, declared.watchdog) if name}
