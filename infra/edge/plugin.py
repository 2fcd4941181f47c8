"""The plugin that answers with a page, as the files Traefik interprets at its start."""

from pathlib import Path

from infra.edge.document import to_yaml
from infra.edge.shared import PLUGIN

MODULE = f"slipway/{PLUGIN}"
FOLDER = f"plugins-local/src/{MODULE}"
"""Where Traefik looks for it, from the folder it is started in."""


def files() -> dict[str, str]:
    """Return the plugin's files by name."""
    manifest = {
        "displayName": "Page",
        "type": "middleware",
        "import": MODULE,
        "summary": "Answers every request with one page",
        "testData": {"status": 503, "retryAfter": 1, "body": "page"},
    }
    source = Path(__file__).with_name("page.go").read_text(encoding="utf-8")
    return {".traefik.yml": to_yaml(manifest), "go.mod": f"module {MODULE}\n", "page.go": source}
