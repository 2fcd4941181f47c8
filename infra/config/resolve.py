"""One section's model with the files it names → its part of `Settings`."""

from infra.config.files import NamedFiles
from infra.config.mistakes import Step
from infra.config.neighbours import Neighbour
from infra.config.products import Product
from infra.config.registries import Registry
from infra.config.resolve_edge import resolve_ingress, resolve_streams
from infra.config.settings import ConfigSecret, FileSecret, GeneratedSecret, GuestSettings, RegistrySettings


def resolve_registry(host: str, registry: Registry, files: NamedFiles) -> RegistrySettings:
    """Return a registry's login."""
    at = ("registries", host)
    return RegistrySettings(
        host=host,
        username=registry.username,
        password=_password((*at, "password"), registry, files),
        ca=files.text((*at, "ca_file"), registry.ca_file) if registry.ca_file else None,
    )


def resolve_guest(neighbour: Neighbour) -> GuestSettings:
    """Return what a server has to know of a product of another stack."""
    return GuestSettings(
        name=neighbour.title,
        server=neighbour.server,
        project=neighbour.project,
        # Its routes are its own stack's: here count the ports alone.
        ingress=resolve_ingress(neighbour.section, lambda _: False, public=True),
        streams=resolve_streams(neighbour.section),
    )


def resolve_secrets(product: Product) -> dict[str, ConfigSecret | GeneratedSecret]:
    """Return where each secret of a product comes from."""
    return {
        name: ConfigSecret(name=source.config, rotation=source.rotation)
        if source.config is not None
        else GeneratedSecret(length=source.generate or 0, rotation=source.rotation, database=source.database)
        for name, source in sorted(product.secrets.items())
    }


def _password(at: tuple[Step, ...], registry: Registry, files: NamedFiles) -> ConfigSecret | FileSecret:
    password = registry.password
    if password.file is not None:
        return files.secret((*at, "file"), password.file)
    return ConfigSecret(name=password.config or "")
