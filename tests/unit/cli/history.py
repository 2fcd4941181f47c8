"""Records of releases."""

from typing import Any

from infra.host.agent.release_record import Record


def image(service: str, number: int) -> str:
    """Return the image of a release."""
    repository = {"web": "registry.test/shop/web", "db": "registry.test/postgres"}[service]
    return f"{repository}@sha256:{number:064x}"


def record(run: int, service: str, number: int, **changes: Any) -> Record:
    """Return the record of a release in a run; its end tells the order of runs."""
    fields: dict[str, Any] = {
        "id": f"run{run}",
        "service": f"dev-shop/{service}",
        "release": f"{service}{number}",
        "image": image(service, number),
        "tag": f"v{number}",
        "revision": f"{number:040x}",
        "config": "c0",
        "strategy": "rolling",
        "container": f"{service}{number}",
        "actor": "octocat",
        "start": f"2026-11-21T10:{run:02}:00+00:00",
        "end": f"2026-11-21T10:{run:02}:30+00:00",
        "result": "good",
    }
    return Record(**{**fields, **changes})


def failed(run: int, service: str, number: int) -> Record:
    """Return the record of a release that its gate stopped."""
    return record(run, service, number, result="failed", gate="gate", reason="expected healthy within 60 s")
