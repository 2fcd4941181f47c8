"""From Pulumi's flat configuration to `Settings`, or to every mistake at once."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from infra.compose.binary import ComposeMissingError
from infra.compose.project import Project
from infra.compose.quantities import MiB
from infra.compose.reader import Reading, read_project
from infra.config.digests import wrong_digests
from infra.config.files import NamedFiles
from infra.config.mistakes import ConfigurationError, Mistake, place
from infra.config.releases import EDGE_PRODUCT, EDGE_SERVICE, ReleaseFile, read_releases, release_path
from infra.config.resolve import resolve_acme, resolve_ingress, resolve_registry, resolve_secrets
from infra.config.resolve_server import resolve_server
from infra.config.rules import broken_rules
from infra.config.sections import Sections, read_sections
from infra.config.settings import EdgeSettings, ProductSettings, Settings
from infra.config.stack_file import NAMESPACE
from infra.config.subnets import Claim, is_large_enough, product_subnet


@dataclass(frozen=True, kw_only=True, slots=True)
class FlatConfig:
    """A stack file's `config:` as Pulumi hands it to a program."""

    values: Mapping[str, str]
    """Key with namespace → text, or JSON where the stack file has a map."""
    encrypted: Collection[str]
    """Keys whose values are encrypted in the stack file."""


def load(config: FlatConfig, *, stack: str, root: Path, releases: Path, preview: bool) -> Settings:
    """Return the settings of a stack; reads the files that the stack file names, and nothing else.

    Args:
        config: what the stack file says.
        stack: name of the stack.
        root: folder of the stack file; paths in it are relative to this.
        releases: folder of the release files.
        preview: keys and certificates need not exist yet.

    Raises:
        ConfigurationError: all mistakes of the stack file, the compose files and the release file.
    """
    stack_file = f"Pulumi.{stack}.yaml"
    sections = read_sections(config.values, stack_file=stack_file, encrypted=config.encrypted)
    path = release_path(releases, stack)
    loader = _Loader(
        stack=stack,
        root=root,
        stack_file=stack_file,
        sections=sections,
        files=NamedFiles(root=root, stack_file=stack_file, preview=preview),
        releases=read_releases(path, shown(path, root)),
        release_file=path,
    )
    return loader.settings()


@dataclass(kw_only=True)
class _Loader:
    """What is known of a stack while it is judged."""

    stack: str
    root: Path
    stack_file: str
    sections: Sections
    files: NamedFiles
    releases: ReleaseFile
    release_file: Path
    readings: dict[str, Reading] = field(default_factory=dict)

    def settings(self) -> Settings:
        self._read_compose_files()
        sections = self.sections
        claims = dict(self._claims())
        servers = {name: resolve_server(name, server, self.files) for name, server in sections.servers.items()}
        registries = {host: resolve_registry(host, entry, self.files) for host, entry in sections.registries.items()}
        acme = resolve_acme(sections.edge.acme, self.files) if sections.edge else None
        mistakes = list(self._mistakes(claims))
        if mistakes:
            raise ConfigurationError(mistakes)
        edge_image = self.releases.get(EDGE_PRODUCT, EDGE_SERVICE)
        return Settings(
            stack=self.stack,
            servers=servers,
            edge=EdgeSettings(image=edge_image.image, acme=acme) if acme and edge_image else None,
            registries=registries,
            products={
                name: self._product(name, reading.project, claims[name].subnet)
                for name, reading in self.readings.items()
                if reading.project is not None
            },
            missing_files=tuple(sorted(self.files.missing)),
            release_file=self.release_file,
        )

    def _read_compose_files(self) -> None:
        for name, product in self.sections.products.items():
            project_name = f"{self.stack}-{name}"
            try:
                self.readings[name] = read_project(
                    product.compose,
                    root=self.root,
                    variables=product.env,
                    name=project_name,
                    profiles=product.profiles,
                )
            except ComposeMissingError as error:
                raise ConfigurationError([Mistake("", "", str(error))]) from None

    def _claims(self) -> Iterator[tuple[str, Claim]]:
        for name, product in self.sections.products.items():
            server = self.sections.servers.get(product.server)
            if server is not None and is_large_enough(server.container_subnets):
                subnet = product.subnet or product_subnet(server.container_subnets, self.stack, name)
                yield name, Claim(product=name, server=product.server, subnet=subnet)

    def _mistakes(self, claims: Mapping[str, Claim]) -> Iterator[Mistake]:
        """Yield what is wrong anywhere."""
        yield from self.sections.mistakes
        yield from self.files.mistakes
        yield from self.releases.mistakes
        for reading in self.readings.values():
            yield from reading.mistakes
        for finding in broken_rules(self.stack, self.sections, self.readings, claims):
            at = f"{NAMESPACE}:{place(*finding.steps)}" if finding.steps else ""
            yield Mistake(self.stack_file, at, finding.sentence)
        projects = {name: reading.project for name, reading in self.readings.items()}
        unjudged = dict.fromkeys(self.sections.written.get("products", ()))
        yield from wrong_digests(
            self.releases,
            shown(self.release_file, self.root),
            self.stack,
            {**unjudged, **projects},
            edge="edge" in self.sections.written,
        )

    def _product(self, name: str, project: Project, subnet: str) -> ProductSettings:
        product = self.sections.products[name]
        return ProductSettings(
            name=name,
            server=product.server,
            project=project,
            images={service: self.releases.images[name][service] for service in project.services},
            secrets=resolve_secrets(product),
            ingress=resolve_ingress(product),
            subnet=subnet,
            memory=MiB(product.memory),
            disposable=frozenset(product.disposable),
        )


def shown(path: Path, root: Path) -> str:
    """Return a path as a person in the folder of the stack file would write it."""
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
