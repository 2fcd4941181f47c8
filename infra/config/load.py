"""From Pulumi's flat configuration to `Settings`, or to every mistake at once."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from infra.compose import measured
from infra.compose.project import Project
from infra.compose.quantities import MiB
from infra.compose.reader import Reading
from infra.config.alert_files import AlertFiles
from infra.config.backup_rules import resolve_backups
from infra.config.certificates import OwnCertificates
from infra.config.digests import wrong_digests
from infra.config.files import NamedFiles
from infra.config.flat_config import FlatConfig
from infra.config.ingress_rules import hosts
from infra.config.maintenance import MaintenanceFile, maintenance_path, read_maintenance, unknown_products
from infra.config.mistakes import ConfigurationError, Finding, Mistake, Step, place
from infra.config.monitoring_images import EXPORTERS, MONITORING, needed
from infra.config.monitoring_rules import claimed as claimed_by_monitoring
from infra.config.monitoring_rules import resolve_monitoring
from infra.config.monitoring_settings import MonitoringSettings
from infra.config.neighbours import Neighbour, claims, read_neighbours
from infra.config.readings import read_products
from infra.config.releases import EDGE_PRODUCT, EDGE_SERVICE, ReleaseFile, read_releases, release_path
from infra.config.repository_owners import Owned, read_owners
from infra.config.repository_rules import broken_repository_rules
from infra.config.repository_settings import RepositorySettings
from infra.config.resolve import resolve_guest, resolve_registry, resolve_secrets
from infra.config.resolve_edge import (
    IsOwn,
    resolve_edge,
    resolve_ingress,
    resolve_login,
    resolve_redirects,
    resolve_streams,
)
from infra.config.resolve_repository import RepositoryResolver, resolve_github
from infra.config.resolve_server import resolve_server
from infra.config.rules import broken_rules
from infra.config.sections import Partner, Sections, read_sections
from infra.config.servers import Server
from infra.config.settings import EdgeSettings, ProductSettings, ServerSettings, Settings, TextFile
from infra.config.sharing import file_of, read_partners
from infra.config.stack_file import NAMESPACE
from infra.config.subnets import Claim


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
    stack_file = file_of(stack)
    sections = read_sections(config.values, stack_file=stack_file, encrypted=config.encrypted)
    read_partners(stack, sections, root)
    neighbours, mistakes = read_neighbours(sections, root)
    path = release_path(releases, stack)
    files = NamedFiles(root=root, stack_file=stack_file, preview=preview)
    own = sections.edge.certificates if sections.edge else ()
    loader = _Loader(
        stack=stack,
        root=root,
        stack_file=stack_file,
        sections=sections,
        files=files,
        releases=read_releases(path, shown(path, root)),
        release_file=path,
        certificates=OwnCertificates(own, files, config.secret),
        hosted={owner.stack: _Owner.of(owner, root, preview=preview) for owner in sections.owners.values()},
        readings=read_products(stack, sections.products, root),
        neighbours=neighbours,
        of_neighbours=mistakes,
        maintenance=read_maintenance(maintenance_path(releases, stack), shown(maintenance_path(releases, stack), root)),
    )
    return loader.settings()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Owner:
    """What the file of a stack names, on whose server this one is a guest."""

    files: NamedFiles
    certificates: OwnCertificates

    @classmethod
    def of(cls, owner: Partner, root: Path, *, preview: bool) -> Self:
        """Read what the owner's edge serves."""
        files = NamedFiles(root=root, stack_file=file_of(owner.stack), preview=preview)
        edge = owner.sections.edge
        # Its keys stay encrypted: which hosts a certificate is for is all that is asked.
        return cls(files=files, certificates=OwnCertificates(edge.certificates if edge else (), files, lambda _: None))


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
    certificates: OwnCertificates
    maintenance: MaintenanceFile
    hosted: dict[str, _Owner]
    """Owner of a server here → what its file names."""
    readings: dict[str, Reading]
    neighbours: list[Neighbour]
    of_neighbours: list[Mistake]

    def settings(self) -> Settings:
        sections = self.sections
        claimed = dict(claims(self.stack, sections))
        servers = {name: self._server(name, server) for name, server in sections.servers.items()}
        registries = {host: resolve_registry(host, entry, self.files) for host, entry in sections.registries.items()}
        github = resolve_github(sections.github, self.files)
        hosted = self.hosted.values()
        edge = self._edge()
        backups = resolve_backups(sections.backups, self.files) if sections.backups else None
        alerts = AlertFiles.read(sections.monitoring.rules if sections.monitoring else {}, self.files)
        monitoring = self._monitoring(alerts)
        pages = {name: self._page(name, product.maintenance_page) for name, product in sections.products.items()}
        owners = read_owners(self.root, sections.repositories)
        mistakes = [*self._mistakes(claimed), *self._placed(broken_repository_rules(sections, owners))]
        mistakes.extend(self._placed(alerts.findings))
        if mistakes:
            raise ConfigurationError(mistakes)
        return Settings(
            stack=self.stack,
            servers=servers,
            edge=edge,
            registries=registries,
            backups=backups,
            monitoring=monitoring,
            products={
                name: self._product(name, reading.project, claimed[name].subnet, pages[name])
                for name, reading in self.readings.items()
                if reading.project is not None
            },
            guests=tuple(resolve_guest(each) for each in self.neighbours if each.server not in sections.owners),
            github=github,
            repositories=self._repositories(owners),
            missing_files=tuple(sorted(set().union(self.files.missing, *(it.files.missing for it in hosted)))),
            release_file=self.release_file,
        )

    def _repositories(self, owners: Mapping[str, Owned]) -> dict[str, RepositorySettings]:
        resolver = RepositoryResolver(stack=self.stack, sections=self.sections, files=self.files)
        return {
            name: resolver.resolve(name, repository, owners.get(name))
            for name, repository in self.sections.repositories.items()
        }

    def _edge(self) -> EdgeSettings | None:
        section = self.sections.edge
        if section is None:
            return None
        image = self.releases.get(EDGE_PRODUCT, EDGE_SERVICE)
        return resolve_edge(section, image.image if image else "", self.files, self.certificates.settings)

    def _monitoring(self, alerts: AlertFiles) -> MonitoringSettings | None:
        section = self.sections.monitoring
        if section is None:
            return None
        found = {service: self.releases.get(MONITORING, service) for service in self._platform()[MONITORING]}
        images = {service: release.image for service, release in sorted(found.items()) if release}
        networks = list(claimed_by_monitoring(self.stack, self.sections))
        return resolve_monitoring(section, images, alerts, networks, self.certificates.covers)

    def _platform(self) -> dict[str, set[str]]:
        """Return what the stack has images of besides its products."""
        found = {EDGE_PRODUCT: {EDGE_SERVICE}} if "edge" in self.sections.written else {}
        section = self.sections.monitoring
        projects = (reading.project for reading in self.readings.values() if reading.project)
        databases = (kind for project in projects for kind in measured.databases(project.services).values())
        if section is not None:
            found[MONITORING] = needed(databases, grafana=section.grafana)
            # Of a product that cannot be read nobody knows which databases it has.
            found[MONITORING] |= self._unjudged() & self.releases.images.get(MONITORING, {}).keys()
        elif "monitoring" in self.sections.written:
            found[MONITORING] = set(self.releases.images.get(MONITORING, ()))
        return found

    def _unjudged(self) -> frozenset[str]:
        """Return the services of which it cannot be said whether they are needed: some product has mistakes."""
        known = {name for name, reading in self.readings.items() if reading.project is not None}
        return frozenset() if known.issuperset(self.sections.written.get("products", ())) else EXPORTERS

    def _page(self, product: str, path: str | None) -> TextFile | None:
        return None if path is None else self.files.text(("products", product, "maintenance_page"), path)

    def _server(self, name: str, server: Server) -> ServerSettings:
        owner = self.sections.owners.get(name)
        return resolve_server(name, server, self.hosted[owner.stack].files if owner else self.files, owner)

    def _covers(self, server: str) -> IsOwn:
        """Return what tells which hosts have a certificate of the stack that the server belongs to."""
        owner = self.sections.owners.get(server)
        return (self.hosted[owner.stack].certificates if owner else self.certificates).covers

    def _mistakes(self, claimed: Mapping[str, Claim]) -> Iterator[Mistake]:
        """Yield what is wrong anywhere."""
        yield from self.sections.mistakes
        yield from self.files.mistakes
        yield from self.of_neighbours
        for owner in self.hosted.values():
            yield from owner.files.mistakes
        yield from self.releases.mistakes
        yield from self.maintenance.mistakes
        for reading in self.readings.values():
            yield from reading.mistakes
        for steps, sentence in self._certificate_findings():
            yield Mistake(self.stack_file, f"{NAMESPACE}:{place(*steps)}", sentence)
        maintenance_file = shown(maintenance_path(self.release_file.parent, self.stack), self.root)
        yield from unknown_products(self.maintenance, maintenance_file, self.sections.written.get("products", ()))
        yield from self._placed(broken_rules(self.stack, self.sections, self.readings, claimed, self.neighbours))
        projects = {name: reading.project for name, reading in self.readings.items()}
        unjudged = dict.fromkeys(self.sections.written.get("products", ()))
        yield from wrong_digests(
            self.releases,
            shown(self.release_file, self.root),
            self.stack,
            {**unjudged, **projects},
            self._platform(),
        )

    def _placed(self, findings: Iterable[Finding]) -> Iterator[Mistake]:
        """Yield broken rules as mistakes of the stack file."""
        for finding in findings:
            at = f"{NAMESPACE}:{place(*finding.steps)}" if finding.steps else ""
            yield Mistake(self.stack_file, at, finding.sentence)

    def _certificate_findings(self) -> Iterator[tuple[tuple[Step, ...], str]]:
        """Yield what is wrong with the stack's own certificates."""
        yield from self.certificates.findings
        guests = [each.section for each in self.neighbours]
        names = {host for product in (*self.sections.products.values(), *guests) for _, host in hosts(product)}
        if self.sections.monitoring:
            names |= set(self.sections.monitoring.hosts.values())
        yield from self.certificates.unused(names)

    def _product(self, name: str, project: Project, subnet: str, page: TextFile | None) -> ProductSettings:
        product = self.sections.products[name]
        covers = self._covers(product.server)
        ingress = resolve_ingress(product, covers, public=self.sections.is_public(name))
        return ProductSettings(
            name=name,
            server=product.server,
            project=project,
            images={service: self.releases.images[name][service] for service in project.services},
            secrets=resolve_secrets(product),
            ingress=ingress,
            streams=resolve_streams(product),
            redirects=resolve_redirects(product, covers),
            login=resolve_login(product, ingress),
            maintenance=name in self.maintenance.products,
            maintenance_page=page,
            subnet=subnet,
            memory=MiB(product.memory),
            disposable=frozenset(product.disposable),
        )


def shown(path: Path, root: Path) -> str:
    """Return a path as a person in the folder of the stack file would write it."""
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
