"""What Grafana is given: Prometheus, and the dashboards that come with Slipway."""

from importlib.resources import files

from infra.edge.document import to_yaml
from infra.monitoring.containers import PROVISIONING

_DASHBOARDS = files("infra.monitoring") / "dashboards"


def datasources(prefix: str, server: str) -> dict[str, str]:
    """Return the file that names Prometheus, as the dashboards let people choose it by its server.

    Args:
        prefix: `<stack>-monitoring`.
        server: what the stack calls the server.
    """
    source = {
        "name": server,
        "uid": server,
        "type": "prometheus",
        "url": f"http://{prefix}-prometheus:9090",
        "isDefault": True,
        "editable": False,
        "jsonData": {"timeInterval": "10s"},
    }
    return {"prometheus.yaml": to_yaml({"apiVersion": 1, "datasources": [source]})}


def dashboards() -> dict[str, str]:
    """Return the dashboards, and the file by which Grafana finds them and reads a changed one within ten seconds."""
    provider = {
        "name": "slipway",
        "type": "file",
        "allowUiUpdates": False,
        "updateIntervalSeconds": 10,
        "options": {"path": f"{PROVISIONING}/dashboards"},
    }
    found = _DASHBOARDS.iterdir() if _DASHBOARDS.is_dir() else ()
    pages = {each.name: each.read_text(encoding="utf-8") for each in found if each.name.endswith(".json")}
    return {"slipway.yaml": to_yaml({"apiVersion": 1, "providers": [provider]}), **dict(sorted(pages.items()))}
