"""One section's model with the files it names → its part of `Settings`."""

from infra.config.edge import Acme
from infra.config.files import NamedFiles
from infra.config.mistakes import Step
from infra.config.products import Product
from infra.config.registries import Registry
from infra.config.settings import (
    AcmeSettings,
    ConfigSecret,
    FileSecret,
    GeneratedSecret,
    IngressSettings,
    RateLimit,
    RegistrySettings,
)

_LETS_ENCRYPT = {
    "letsencrypt": "https://acme-v02.api.letsencrypt.org/directory",
    "letsencrypt-staging": "https://acme-staging-v02.api.letsencrypt.org/directory",
}


def resolve_acme(acme: Acme, files: NamedFiles) -> AcmeSettings:
    """Return where certificates come from."""
    return AcmeSettings(
        email=acme.email,
        directory=_LETS_ENCRYPT.get(acme.directory, acme.directory),
        challenge=acme.challenge,
        ca=files.text(("edge", "acme", "ca_file"), acme.ca_file) if acme.ca_file else None,
    )


def resolve_registry(host: str, registry: Registry, files: NamedFiles) -> RegistrySettings:
    """Return a registry's login."""
    at = ("registries", host)
    return RegistrySettings(
        host=host,
        username=registry.username,
        password=_password((*at, "password"), registry, files),
        ca=files.text((*at, "ca_file"), registry.ca_file) if registry.ca_file else None,
    )


def resolve_secrets(product: Product) -> dict[str, ConfigSecret | GeneratedSecret]:
    """Return where each secret of a product comes from."""
    return {
        name: ConfigSecret(name=source.config, rotation=source.rotation)
        if source.config is not None
        else GeneratedSecret(length=source.generate or 0, rotation=source.rotation)
        for name, source in sorted(product.secrets.items())
    }


def resolve_ingress(product: Product) -> tuple[IngressSettings, ...]:
    """Return the ways into a product."""
    return tuple(
        IngressSettings(
            host=ingress.host,
            path=ingress.path,
            service=ingress.service,
            port=ingress.port,
            rate_limit=RateLimit(average=ingress.rate_limit.average, burst=ingress.rate_limit.burst)
            if ingress.rate_limit
            else None,
        )
        for ingress in product.ingress
    )


def _password(at: tuple[Step, ...], registry: Registry, files: NamedFiles) -> ConfigSecret | FileSecret:
    password = registry.password
    if password.file is not None:
        return files.secret((*at, "file"), password.file)
    return ConfigSecret(name=password.config or "")
