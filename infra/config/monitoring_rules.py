"""Rules on monitoring that need more than its own section, and what the components get of it."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from infra.compose import measured
from infra.compose.project import Project
from infra.config.alert_files import AlertFiles
from infra.config.ingress_rules import hosts
from infra.config.mistakes import Finding, Step, did_you_mean
from infra.config.monitoring import Mail, Monitoring, Telegram
from infra.config.monitoring_images import MONITORING
from infra.config.monitoring_settings import MailSettings, MonitoringSettings, TelegramSettings
from infra.config.neighbours import Neighbour
from infra.config.resolve_edge import IsOwn
from infra.config.sections import Sections
from infra.config.subnets import Claim, is_large_enough, product_subnet
from infra.monitoring import limits


def broken_monitoring_rules(sections: Sections, neighbours: Collection[Neighbour] = ()) -> Iterator[Finding]:
    """Yield every broken rule on what watches a stack.

    Args:
        sections: what is right in the stack file.
        neighbours: products of other stacks on the same servers.
    """
    yield from _hosts_of_owners(sections)
    section = sections.monitoring
    if section is None:
        return
    if MONITORING in sections.products:
        yield Finding(("products", MONITORING), "is the name of what watches: choose another")
    own = _own(sections)
    if not own:
        text = "has no effect: every server here belongs to another stack, which watches it; remove it"
        yield Finding(("monitoring",), text)
        return
    yield from _hosts(sections, neighbours, section, own)
    disk = section.retention.disk
    if disk is not None and section.retention.size > disk // 2:
        text = f"is more than half of the disk, {disk} MiB: what products write would have no room"
        yield Finding(("monitoring", "retention", "size"), text)
    for product in section.rules:
        if product not in sections.written.get("products", ()):
            remark = did_you_mean(product, sections.products)
            yield Finding(("monitoring", "rules", product), f"names no product of this stack{remark}")
        elif product in sections.products and sections.products[product].server in sections.owners:
            text = "has no effect: the product is on a server of another stack, which watches it; remove it"
            yield Finding(("monitoring", "rules", product), text)


def secrets_in(section: Monitoring) -> Iterator[tuple[tuple[Step, ...], str]]:
    """Yield the secrets that are named, each with its place."""
    at = ("monitoring", "notifications")
    said = section.notifications
    if said.telegram:
        yield (*at, "telegram", "token", "config"), said.telegram.token.config
    if said.email and said.email.password:
        yield (*at, "email", "password", "config"), said.email.password.config
    if said.watchdog:
        yield (*at, "watchdog", "url", "config"), said.watchdog.url.config


def claimed(stack: str, sections: Sections) -> Iterator[Claim]:
    """Yield the network of what watches each server of a stack, and that of its partners' servers."""
    if sections.monitoring:
        for name in _own(sections):
            pool = sections.servers[name].container_subnets
            if is_large_enough(pool):
                yield Claim(product=MONITORING, server=name, subnet=product_subnet(pool, stack, MONITORING))
    for name, owner in sections.owners.items():
        if owner.sections.monitoring and name in sections.servers:
            pool = sections.servers[name].container_subnets
            title = f"{owner.stack}/{MONITORING}"
            yield Claim(product=title, server=name, subnet=product_subnet(pool, owner.stack, MONITORING))


def memory_of_monitoring(sections: Sections, projects: Iterable[Project]) -> int:
    """Return the MiB that may be taken by what watches a server with these products."""
    databases = (kind for project in projects for kind in measured.databases(project.services).values())
    section = sections.monitoring
    return limits.together(databases, grafana=section.grafana) if section else 0


def resolve_monitoring(
    section: Monitoring,
    images: Mapping[str, str],
    files: AlertFiles,
    networks: Collection[Claim],
    is_own: IsOwn,
) -> MonitoringSettings:
    """Return the section with the files that it names.

    Args:
        section: what the stack file says.
        images: service → image by digest.
        files: the alerts of products.
        networks: what `claimed` has found.
        is_own: tells whether a certificate of the stack's own is for a host.
    """
    said = section.notifications
    return MonitoringSettings(
        images=images,
        hosts=dict(sorted(section.hosts.items())),
        grafana=section.grafana,
        user=section.login.user,
        rotation=section.login.rotation,
        days=section.retention.days,
        size=section.retention.size,
        rules=files.texts,
        telegram=_telegram(said.telegram) if said.telegram else None,
        mail=_mail(said.email) if said.email else None,
        watchdog=said.watchdog.url.config if said.watchdog else None,
        runbooks=f"{section.runbooks.rstrip('/')}/" if section.runbooks else "",
        labels=dict(sorted(section.labels.items())),
        own_certificates=frozenset(filter(is_own, section.hosts.values())),
        subnets={claim.server: claim.subnet for claim in networks if claim.product == MONITORING},
    )


def _own(sections: Sections) -> list[str]:
    return [name for name in sections.servers if name not in sections.owners]


def _hosts(
    sections: Sections, neighbours: Collection[Neighbour], section: Monitoring, own: Collection[str]
) -> Iterator[Finding]:
    named = {each.title: each.section for each in neighbours} | sections.products
    taken = {host: name for name, product in named.items() for _, host in hosts(product)}
    if section.hosts and "edge" not in sections.written:
        yield Finding(("monitoring", "hosts"), "need the edge, which asks for the login: add `slipway:edge`")
    if section.grafana and not section.hosts:
        yield Finding(("monitoring", "grafana"), "has nowhere to show anything: add `hosts`")
    for server, host in section.hosts.items():
        at = ("monitoring", "hosts", server)
        if server not in own:
            yield Finding(at, f"names no server of this stack's own{did_you_mean(server, own)}")
        if host in taken:
            yield Finding(at, f"is a host of product {taken[host]}: choose another")
        taken[host] = MONITORING


def _hosts_of_owners(sections: Sections) -> Iterator[Finding]:
    """Yield the hosts under which the owner of a server looks at its measurements, where a guest has them, too."""
    for owner in sections.owners.values():
        monitoring = owner.sections.monitoring
        shown = set(monitoring.hosts.values()) if monitoring else set()
        for name, product in sections.products.items():
            for steps, host in hosts(product):
                if host in shown:
                    text = f"is a host of product {owner.stack}/{MONITORING}: a host leads to one product"
                    yield Finding(("products", name, *steps, "host"), text)


def _telegram(said: Telegram) -> TelegramSettings:
    return TelegramSettings(chat_id=said.chat_id, token=said.token.config, api_url=said.api_url.rstrip("/"))


def _mail(said: Mail) -> MailSettings:
    return MailSettings(
        smarthost=said.smarthost,
        sender=said.sender,
        to=tuple(said.to),
        username=said.username,
        password=said.password.config if said.password else None,
        require_tls=said.require_tls,
    )
