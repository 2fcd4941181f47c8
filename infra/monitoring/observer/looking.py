"""One look at a server for people, as data: what `slipway status` shows."""

import time
from collections.abc import Sequence
from typing import Any

from infra.monitoring.observer import backups, certificates, containers, drift, places, releases
from infra.monitoring.observer.alerts import alerts
from infra.monitoring.observer.containers import Container
from infra.monitoring.observer.declared import Product, Service
from infra.monitoring.observer.engine import AwayError
from infra.monitoring.observer.machine import machine
from infra.monitoring.observer.pages import speaking
from infra.monitoring.observer.records import Line

_SHOWN = ("id", "image", "tag", "revision", "actor", "start", "end", "result", "gate", "reason")


def look(products: Sequence[Product]) -> dict[str, Any]:
    """Return what is there of some products, and of the server."""
    try:
        known = [each for each in map(containers.described, containers.every()) if each]
        trouble = ""
    except AwayError as error:
        known, trouble = [], str(error)
    return {
        "now": time.time(),
        "machine": machine(),
        "docker": trouble,
        "alerts": alerts(known),
        "drift": _drift(products),
        "products": [_product(product, known) for product in products],
    }


def _drift(products: Sequence[Product]) -> dict[str, Any]:
    found = {stack: drift.read(drift.path_of(stack)) for stack in sorted({product.stack for product in products})}
    return {stack: each._asdict() for stack, each in found.items() if each}


def _product(product: Product, known: Sequence[Container]) -> dict[str, Any]:
    stored = [*certificates.acme(places.ACME), *certificates.own(places.OWN_CERTIFICATES)]
    planned = backups.plan(backups.plan_path(product))
    return {
        **product.labels,
        "under_way": releases.under_way(product),
        "services": [_service(service, known) for service in product.services],
        "certificates": {host: certificates.ending(host, stored) for host in product.hosts},
        "backups": [each._asdict() for each in backups.targets(planned, backups.newest(backups.records_path(product)))],
    }


def _service(service: Service, known: Sequence[Container]) -> dict[str, Any]:
    found = releases.read(releases.path_of(service))
    good = [each for each in found if each["result"] == releases.RESULTS[0]]
    speaker = speaking(service, known, {each.id for each in known if each.is_running})
    return {
        "service": service.name,
        "ends": service.ends,
        "container": _container(speaker) if speaker else None,
        "released": _shortened(good[-1]) if good else None,
        "last": _shortened(found[-1]) if found else None,
    }


def _container(container: Container) -> dict[str, Any]:
    return {
        "name": container.name,
        "status": container.status,
        "health": container.health,
        "restarts": container.restarts,
        "exit_code": container.exit_code,
        "oom_killed": container.oom_killed,
        "started": container.started,
        "image": container.image,
        "release": container.release,
    }


def _shortened(release: Line) -> Line:
    return {name: release.get(name, "") for name in _SHOWN}
