"""What is seen, as metrics: containers, releases, backups, drills, certificates, drift."""

import time
from collections.abc import Iterator, Sequence

from infra.monitoring.observer import backups, certificates, drift, places, releases
from infra.monitoring.observer.containers import Container
from infra.monitoring.observer.declared import Product, Service
from infra.monitoring.observer.fleet import Fleet
from infra.monitoring.observer.metrics import Page
from infra.monitoring.observer.records import Line, Remembered, seconds
from infra.monitoring.observer.usage import usage


class Pages:
    """Makes a page of metrics of each look; what has not changed since the last one is not read again."""

    def __init__(self) -> None:
        self._counts = releases.Counts()
        self._releases = Remembered(releases.read)
        self._plans = Remembered(backups.plan)
        self._backups = Remembered(backups.newest)
        self._acme = Remembered(certificates.acme)
        self._own = Remembered(certificates.own)
        self._drift = Remembered(drift.read)
        self._since: dict[str, float] = {}

    def page(self, fleet: Fleet, products: Sequence[Product]) -> str:
        """Return all metrics of this moment."""
        page = Page()
        page.add("slipway_observed_timestamp_seconds", time.time())
        page.add("slipway_docker_up", int(fleet.answers))
        seen = fleet.containers()
        running = {each.id for each in seen if _add_container(page, each, fleet)}
        for product in products:
            for service in product.services:
                _add_service(page, service, seen, running)
                self._add_releases(page, service)
            self._add_product(page, product)
        for stack in sorted({product.stack for product in products}):
            if comparison := self._drift.of(drift.path_of(stack)):
                page.add("slipway_drift_resources", comparison.resources, {"stack": stack})
        return page.text()

    def _add_releases(self, page: Page, service: Service) -> None:
        known = self._releases.of(releases.path_of(service))
        for result, count in self._counts.of(service, known).items():
            labels = {**service.labels, "result": result}
            page.add("slipway_releases_total", count, labels)
            ends = [each["end"] for each in known if each["result"] == result]
            if ends:
                page.add("slipway_release_last_timestamp_seconds", _seconds(max(ends)), labels)

    def _add_product(self, page: Page, product: Product) -> None:
        page.add("slipway_release_running_since_timestamp_seconds", self._running_since(product), product.labels)
        known = [*self._acme.of(places.ACME), *self._own.of(places.OWN_CERTIFICATES)]
        for host in product.hosts:
            end = certificates.ending(host, known)
            if end is not None:
                page.add("slipway_certificate_not_after_timestamp_seconds", end, {**product.labels, "host": host})
        planned = self._plans.of(backups.plan_path(product))
        for target in backups.targets(planned, self._backups.of(backups.records_path(product))):
            for name, value in (*_backup(target), *_drill(target)):
                page.add(f"slipway_{name}", value, {**product.labels, "target": target.name})

    def _running_since(self, product: Product) -> float:
        """Return since when a product is being changed, to the length of a round; 0 when it is not."""
        if not releases.under_way(product):
            self._since.pop(product.prefix, None)
            return 0
        return self._since.setdefault(product.prefix, time.time())


def speaking(service: Service, seen: Sequence[Container], running: set[str]) -> Container | None:
    """Return the container that speaks for a service: the newest that runs, or else the newest."""
    own = [each for each in seen if _serves(each, service)]
    return max(own, key=lambda each: (each.id in running, each.created), default=None)


def _serves(container: Container, service: Service) -> bool:
    names = (container.stack, container.product, container.service)
    return names == (service.stack, service.product, service.name) and not container.task


def _add_container(page: Page, container: Container, fleet: Fleet) -> bool:
    """Add what is known of a container; tell whether it runs."""
    if container.task and not container.is_running:
        # It is prepared for its hour, and not missed before.
        return False
    labels = {
        "stack": container.stack,
        "product": container.product,
        "service": f"{container.service}.{container.task}" if container.task else container.service,
        "container": container.name,
    }

    def add(name: str, value: float) -> None:
        page.add(f"slipway_container_{name}", value, labels)

    used = usage(container) if container.is_running else None
    # While Docker is away the kernel knows who runs.
    is_up = container.is_running and (fleet.answers or used is not None)
    add("up", int(is_up))
    add("restarts_total", container.restarts)
    add("oom_kills_total", fleet.oom_kills(container))
    add("exit_code", container.exit_code)
    add("image_pinned", int(container.is_pinned))
    if container.started:
        add("start_timestamp_seconds", container.started)
    if is_up:
        add("healthy", int(not container.is_unhealthy))
    if container.memory_limit:
        add("memory_limit_bytes", container.memory_limit)
    if used:
        add("memory_bytes", used.memory)
        add("cpu_seconds_total", used.processor)
    return is_up


def _add_service(page: Page, service: Service, seen: Sequence[Container], running: set[str]) -> None:
    """Add that a service is to run, and that it does not where there is no container of it."""
    speaker = speaking(service, seen, running)
    labels = {**service.labels, "container": speaker.name if speaker else ""}
    if speaker is None and not service.ends:
        page.add("slipway_container_up", 0, labels)
    page.add("slipway_container_desired", int(not service.ends), labels)


def _backup(target: backups.Target) -> Iterator[tuple[str, float]]:
    yield "backup_stale_after_seconds", target.stale_after
    if target.last:
        yield "backup_last_exit_code", target.last["exit"]
    if target.freshness:
        yield "backup_fresh", int(target.freshness["exit"] == 0)
    if target.good:
        end = _seconds(target.good["end"])
        yield "backup_last_success_timestamp_seconds", end
        yield "backup_duration_seconds", end - _seconds(target.good["start"])
        yield "backup_size_bytes", target.good["size"]


def _drill(target: backups.Target) -> Iterator[tuple[str, float]]:
    if target.drill_due is not None:
        yield "drill_due_timestamp_seconds", target.drill_due
    line: Line | None = target.drill
    if line is None:
        return
    yield "drill_last_timestamp_seconds", _seconds(line["end"])
    yield "drill_success", int(line["exit"] == 0)
    for name, key in (("recovery_point", "rpo_seconds"), ("recovery_time", "rto_seconds")):
        if isinstance(line.get(key), int | float):
            yield f"drill_{name}_seconds", line[key]


def _seconds(moment: str) -> float:
    return seconds(moment) or 0.0
