"""Rules between sections: what each of them cannot know alone."""

from collections.abc import Collection, Iterator, Mapping

from infra.compose.project import Project
from infra.compose.quantities import MiB
from infra.compose.reader import Reading
from infra.config.backup_rules import broken_backup_rules, secrets_in
from infra.config.database import broken_access, unknown_users
from infra.config.ingress_rules import broken_ingress_rules
from infra.config.mistakes import Finding, Step, did_you_mean
from infra.config.monitoring_rules import broken_monitoring_rules, claimed, memory_of_monitoring
from infra.config.monitoring_rules import secrets_in as secrets_of_monitoring
from infra.config.names import broken_names
from infra.config.neighbours import Neighbour, taken
from infra.config.passwords import broken_passwords
from infra.config.poolers import broken_poolers
from infra.config.product_rules import broken_product_rules
from infra.config.products import Product
from infra.config.quotas import Resident, overbooked
from infra.config.sections import Sections
from infra.config.server_rules import broken_server_rules
from infra.config.stack_file import SECRET_PREFIX
from infra.config.subnets import Claim, broken_claims, is_large_enough


def broken_rules(
    stack: str,
    sections: Sections,
    readings: Mapping[str, Reading],
    claims: Mapping[str, Claim],
    neighbours: Collection[Neighbour],
) -> Iterator[Finding]:
    """Yield every broken rule of a stack file.

    Args:
        stack: name of the stack.
        sections: what is right in the stack file.
        readings: product → what became of its compose files.
        claims: product → its network, for those on a known server.
        neighbours: products of other stacks on the same servers.
    """
    projects = {name: reading.project for name, reading in readings.items()}
    for steps, sentence in broken_names(stack, projects, neighbours):
        yield Finding(steps, sentence)
    yield from _servers(sections)
    for name, product in sections.products.items():
        yield from _product(sections, name, product, readings[name])
    for steps, sentence in broken_product_rules(sections, readings, claims, neighbours):
        yield Finding(("products", *steps), sentence)
    for steps, sentence in broken_ingress_rules(sections, projects, neighbours):
        yield Finding(steps, sentence)
    yield from _registry_passwords(sections)
    yield from broken_backup_rules(stack, sections)
    for at, secret in secrets_in(sections.backups) if sections.backups else ():
        yield from _is_set(sections, at, secret)
    yield from broken_monitoring_rules(sections, neighbours)
    for at, secret in secrets_of_monitoring(sections.monitoring) if sections.monitoring else ():
        yield from _is_set(sections, at, secret)
    yield from _certificate_keys(sections)
    for steps, sentence in broken_passwords(sections.products, sections.is_public):
        yield Finding(steps, sentence)
    pools = {name: server.container_subnets for name, server in sections.servers.items()}
    for name, sentence in broken_claims(claims, pools, [*taken(sections, neighbours), *claimed(stack, sections)]):
        yield Finding(("products", name, "subnet"), sentence)
    yield from _without_effect(sections)
    yield from _quotas(sections, projects, neighbours)


def _servers(sections: Sections) -> Iterator[Finding]:
    for name, server in sections.servers.items():
        if name in sections.owners:
            continue
        if not is_large_enough(server.container_subnets):
            yield Finding(("servers", name, "container_subnets"), "must be a /23 or larger: it is dealt out by /24")
        for place, sentence in broken_server_rules(server):
            yield Finding(("servers", name, *place), sentence)


def _without_effect(sections: Sections) -> Iterator[Finding]:
    """Yield sections that say something of servers, where all servers are another stack's."""
    if sections.owners.keys() != set(sections.written.get("servers", ())):
        return
    for section in ("edge", "registries"):
        if section in sections.written:
            text = "has no effect: every server here belongs to another stack, whose file says this; remove it"
            yield Finding((section,), text)


def _quotas(
    sections: Sections, projects: Mapping[str, Project | None], neighbours: Collection[Neighbour]
) -> Iterator[Finding]:
    """Yield servers whose containers are promised more than there is."""
    for name, server in sections.servers.items():
        if server.capacity is None:
            continue
        own = [
            Resident(title=product, project=project, memory=MiB(sections.products[product].memory))
            for product, project in projects.items()
            if project is not None and sections.products[product].server == name
        ]
        others = [
            Resident(title=each.title, project=each.project, memory=MiB(each.section.memory))
            for each in neighbours
            if each.server == name
        ]
        owner = sections.owners.get(name)
        watchers = 0 if owner else memory_of_monitoring(sections, (each.project for each in own))
        residents, edge = [*own, *others], sections.has_edge(name)
        for key, sentence in overbooked(server.capacity, residents, edge=edge, watchers=watchers):
            at = ("servers", name) if owner else ("servers", name, "capacity", key)
            where = f"`capacity.{key}` of server {owner.server} of stack {owner.stack} " if owner else ""
            yield Finding(at, f"{where}{sentence}")


def _product(sections: Sections, name: str, product: Product, reading: Reading) -> Iterator[Finding]:
    at = ("products", name)
    servers = sections.written.get("servers", ())
    if product.server not in servers:
        yield Finding((*at, "server"), f"names no server of this stack{did_you_mean(product.server, servers)}")
    for variable in reading.unused_variables:
        yield Finding((*at, "env", variable), "no compose file of the product asks for it: remove it, or use it there")
    for secret, source in product.secrets.items():
        if source.config is not None:
            yield from _is_set(sections, (*at, "secrets", secret, "config"), source.config)
    for variable, sentence in unknown_users(product.env, product.users):
        yield Finding((*at, "env", variable), sentence)
    if reading.project is not None:
        accesses = {secret: source.database for secret, source in product.secrets.items() if source.database}
        for place, sentence in broken_access(accesses, reading.project):
            yield Finding((*at, "secrets", *place), sentence)
        for place, sentence in broken_poolers(accesses, reading.project):
            yield Finding((*at, *place), sentence)
        yield from _engine(at, sections, product, reading.project)
        yield from _secrets(at, product, reading.project)


def _engine(at: tuple[Step, ...], sections: Sections, product: Product, project: Project) -> Iterator[Finding]:
    """Yield what the Docker Engine of the server refuses: of two releases of Debian the older knows less."""
    server = sections.servers.get(product.server)
    if server is None or server.suite == "trixie":
        return
    has_old_one = server.suite == "bookworm"
    where = f"that of Debian 12 on server {product.server} is older" if has_old_one else "Debian 12 has an older one"
    other_way = "" if has_old_one else f", or write `suite: trixie` for server {product.server} if it is Debian 13"
    for service in project.services.values():
        if service.healthcheck is not None and service.healthcheck.start_interval is not None:
            yield Finding(
                (*at, "compose"),
                f"services.{service.name}.healthcheck.start_interval needs Docker Engine 25, and {where}: "
                f"remove it and shorten `interval`{other_way}",
            )


def _is_set(sections: Sections, at: tuple[Step, ...], secret: str) -> Iterator[Finding]:
    if secret not in sections.secrets:
        remark = did_you_mean(secret, sections.secrets)
        yield Finding(at, f"is not set: `pulumi config set --secret {SECRET_PREFIX}{secret}`{remark}")


def _registry_passwords(sections: Sections) -> Iterator[Finding]:
    for host, registry in sections.registries.items():
        if registry.password.config is not None:
            yield from _is_set(sections, ("registries", host, "password", "config"), registry.password.config)


def _certificate_keys(sections: Sections) -> Iterator[Finding]:
    for index, certificate in enumerate(sections.edge.certificates if sections.edge else ()):
        if certificate.key.config is not None:
            yield from _is_set(sections, ("edge", "certificates", index, "key", "config"), certificate.key.config)


def _secrets(at: tuple[Step, ...], product: Product, project: Project) -> Iterator[Finding]:
    users = {secret: service.name for service in project.services.values() for secret in service.secret_names}
    for secret in sorted(users.keys() - product.secrets.keys()):
        remark = did_you_mean(secret, product.secrets)
        yield Finding((*at, "secrets"), f"secret {secret}, which service {users[secret]} uses, is missing{remark}")
    for secret in sorted(product.secrets.keys() - users.keys()):
        yield Finding((*at, "secrets", secret), "no service uses it: remove it")
