"""What fires, by the Alertmanager of this server: its container has no port that is published."""

import json
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException
from typing import Any, Final

from infra.monitoring.observer.containers import Container

_PROGRAM: Final = "alertmanager"
_PORT: Final = 9093
_SECONDS: Final = 3
_LONGEST: Final = 300
_PATHS: Final = ("/alertmanager/api/v2/alerts", "/api/v2/alerts")
"""With what the edge leads there by, and without."""
_WANTED: Final = "active=true&silenced=false&inhibited=false"
_OK: Final = 200
_WATCHDOG: Final = "Watchdog"
"""Fires always: it tells others that alerts get through."""


def alerts(seen: Sequence[Container]) -> dict[str, Any] | None:
    """Return what fires and what is wrong with asking for it, or nothing when this server has no Alertmanager.

    Args:
        seen: the containers of the server.
    """
    found = [each for each in seen if _PROGRAM in (each.service, each.name) or each.name.endswith(f"-{_PROGRAM}")]
    if not found:
        return None
    reason = "Alertmanager does not run"
    for container in found:
        for address in container.addresses if container.is_running else ():
            try:
                return {"firing": _firing(address), "trouble": _mute(seen)}
            except (OSError, ValueError, KeyError, TypeError, HTTPException) as error:
                reason = f"Alertmanager does not answer ({type(error).__name__})"
    return {"firing": [], "trouble": reason}


def _firing(address: str) -> list[dict[str, str]]:
    for path in _PATHS:
        connection = HTTPConnection(address, _PORT, timeout=_SECONDS)
        try:
            connection.request("GET", f"{path}?{_WANTED}")
            answer = connection.getresponse()
            if answer.status == _OK:
                told = json.loads(answer.read())
                return [_shortened(each) for each in told if each["labels"].get("alertname") != _WATCHDOG]
        finally:
            connection.close()
    raise ConnectionError


def _shortened(alert: dict[str, Any]) -> dict[str, str]:
    labels, annotations = alert["labels"], alert.get("annotations") or {}
    said = {
        "name": labels.get("alertname"),
        "severity": labels.get("severity"),
        "product": labels.get("product"),
        "summary": annotations.get("summary"),
        "since": alert.get("startsAt"),
    }
    return {name: str(text or "")[:_LONGEST] for name, text in said.items()}


def _mute(seen: Sequence[Container]) -> str:
    """Say that nobody judges, where that is so: then nothing fires, whatever happens."""
    judges = [each for each in seen if each.service == "prometheus" or each.name.endswith("-prometheus")]
    return "" if any(each.is_running for each in judges) else "Prometheus does not run: nothing new can fire"
