"""What `slipway status --json` prints; the screen shows the same."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from infra.cli import status_judging as judging
from infra.cli.status_reading import Reading, Seen

Data = dict[str, Any]


def as_data(reading: Reading) -> Data:
    """Return everything that was found; `wrong` has a sentence for each thing that is not as it should be."""
    data: Data = {
        "stacks": list(reading.stacks),
        "servers": [_server(seen) for seen in reading.servers],
        "services": [each for seen in reading.servers for each in _services(seen)],
        "alerts": [each for seen in reading.servers for each in _alerts(seen)],
        "backups": [each for seen in reading.servers for each in _backups(seen)],
        "certificates": [each for seen in reading.servers for each in _certificates(seen)],
        "drift": [each for seen in reading.servers for each in _drift(seen)],
        "backed_up": list(reading.backed_up),
    }
    return {**data, "wrong": [*reading.unread, *_wrong(data)]}


def _server(seen: Seen) -> Data:
    found = seen.found or {}
    machine = found.get("machine")
    return {
        "server": seen.name,
        "host": seen.remote.connection.host,
        "stacks": sorted(seen.stacks),
        "reachable": seen.found is not None,
        "uptime_seconds": machine["uptime_seconds"] if machine else None,
        "memory": machine["memory"] if machine else None,
        "disks": machine["disks"] if machine else [],
        "reboot_required": machine["reboot_required"] if machine else None,
        "has_alertmanager": found.get("alerts") is not None if seen.found else None,
        "troubles": list(judging.server_troubles(seen)),
    }


def _products(seen: Seen) -> Iterator[Data]:
    yield from (seen.found or {}).get("products", ())


def _services(seen: Seen) -> Iterator[Data]:
    """Yield each service that is declared, also of a server that could not be asked."""
    for product in _products(seen):
        for each in product["services"]:
            known = each["container"] or {}
            yield {
                **_of(seen, product),
                "service": each["service"],
                "state": judging.state(each),
                "wrong": judging.is_wrong(each),
                "restarts": known.get("restarts"),
                "image": known.get("image"),
                "release": known.get("release"),
                "under_way": product["under_way"],
                "released": each["released"],
                "last": each["last"],
            }
    if seen.found is None:
        for stack, said in seen.stacks.items():
            for product, services in said["products"].items():
                for service in services["services"]:
                    yield _unknown({"stack": stack, "product": product, "server": seen.name, "service": service})


def _unknown(place: Data) -> Data:
    nothing = dict.fromkeys(("restarts", "image", "release", "under_way", "released", "last"))
    # The server is what is wrong.
    return {**place, "state": "not known", "wrong": False, **nothing}


def _alerts(seen: Seen) -> Iterator[Data]:
    for alert in ((seen.found or {}).get("alerts") or {}).get("firing", ()):
        yield {"server": seen.name, **alert}


def _backups(seen: Seen) -> Iterator[Data]:
    now = seen.found["now"] if seen.found else 0.0
    for product in _products(seen):
        for target in product["backups"]:
            place = {**_of(seen, product), "target": target["name"]}
            rest = {name: target[name] for name in ("stale_after", "last", "good", "drill", "freshness")}
            good = target["good"]
            seconds = judging.age(good["end"], now) if good else None
            yield {**place, "age_seconds": seconds, **rest, "trouble": judging.backup_trouble(target, now)}


def _certificates(seen: Seen) -> Iterator[Data]:
    now = seen.found["now"] if seen.found else 0.0
    for product in _products(seen):
        for host, end in sorted(product["certificates"].items()):
            yield {
                **_of(seen, product),
                "host": host,
                "not_after": datetime.fromtimestamp(end, UTC).isoformat(timespec="seconds") if end else None,
                "days_left": round((end - now) / judging.DAY, 1) if end else None,
                "trouble": judging.certificate_trouble(end, now),
            }


def _drift(seen: Seen) -> Iterator[Data]:
    known = (seen.found or {}).get("drift", {})
    for stack in sorted(seen.stacks):
        place = {"stack": stack, "server": seen.name}
        yield {**place, **(known.get(stack) or {"looked": None, "resources": None})}


def _of(seen: Seen, product: Data) -> Data:
    return {"stack": product["stack"], "product": product["product"], "server": seen.name}


def _wrong(data: Data) -> Iterator[str]:
    for server in data["servers"]:
        yield from (f"server {server['server']}: {trouble}" for trouble in server["troubles"])
    for service in data["services"]:
        if service["wrong"]:
            yield f"service {service['product']}/{service['service']} of {service['stack']}: {service['state']}"
    for alert in filter(judging.is_serious, data["alerts"]):
        yield f"alert {alert['name']} on {alert['server']}: {alert['summary'] or alert['severity']}"
    yield from _late(data)


def _late(data: Data) -> Iterator[str]:
    """Yield what is wrong and hurts nobody yet."""
    for each in data["backups"]:
        if each["trouble"]:
            yield f"backup of {each['product']} of {each['stack']} at {each['target']}: {each['trouble']}"
    for each in data["certificates"]:
        if each["trouble"]:
            yield f"certificate of {each['host']}: {each['trouble']}"
    for each in data["drift"]:
        if each["resources"]:
            yield f"drift of {each['stack']} on {each['server']}: {each['resources']} as of {each['looked']}"
