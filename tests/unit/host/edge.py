"""An edge that reads route files, and routes for it."""

import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from infra.host.agent.route import Route

NAME = "dev-shop-web"


class Edge(ThreadingHTTPServer):
    """Answers as the release that the route file names; `broken` releases answer 502, `mute` ones name none."""

    def __init__(self, folder: Path) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = folder / f"{self.headers['Host']}.yaml"
                release = re.findall(r"release=(\S+)", path.read_text())[0] if path.exists() else ""
                self.send_response({"": 404, "broken": 502}.get(release, 401))
                if release not in {"", "mute"}:
                    self.send_header("X-Slipway-Release", release)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        super().__init__(("127.0.0.1", 0), Handler)


def fields(folder: Path, release: str, **changed: Any) -> dict[str, Any]:
    """Return the fields of the route to a release."""
    container = f"web-{release}"
    wanted: dict[str, Any] = {
        "name": NAME,
        "product": "dev-shop",
        "container": container,
        "release": release,
        "content": f"# container={container} release={release}\nhttp: {{}}\n",
        "path": str(folder / f"{NAME}.yaml"),
        "confirm_address": "edge",
        "drain": 0,
        "timeout": 0.3 if release in {"mute", "broken"} else 60,
    }
    return wanted | changed


def route(folder: Path, release: str, **changed: Any) -> Route:
    """Return the route to a release."""
    return Route(**fields(folder, release, **changed))
