"""An edge that reads route files, and routes for it."""

import contextlib
import re
import socket
import ssl
import subprocess
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any, Self

from infra.host.agent import places
from infra.host.agent.route import Route

NAME = "dev-shop-web"


class Edge(ThreadingHTTPServer):
    """Answers as the file says; `broken` releases answer 502, `mute` ones name none, `slow` ones are not read."""

    def __init__(self, folder: Path) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.headers["Host"] == places.EDGE_METRICS_HOST:
                    self._tell_metrics()
                    return
                path = folder / f"{self.headers['Host']}.yaml"
                first = path.read_text() if path.exists() else "release= revision="
                release, revision = re.findall(r"release=(\S*) revision=(\S*)", first)[0]
                self.send_response({"": 404, "broken": 502}.get(release, 401))
                if release not in {"", "mute"}:
                    self.send_header("X-Slipway-Release", release)
                    self.send_header("X-Slipway-Revision", "former" if release == "slow" else revision)
                self.end_headers()

            def _tell_metrics(self) -> None:
                """Tell what was counted, another number while another release serves."""
                release = (folder / f"{NAME}.yaml").read_text().partition("release=")[2].partition(" ")[0]
                path = folder / f"metrics.{release}"
                self.send_response(200 if path.exists() else 404)
                self.end_headers()
                self.wfile.write(path.read_bytes() if path.exists() else b"")

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        super().__init__(("127.0.0.1", 0), Handler)


class SecureEdge:
    """Shows every caller a certificate with a common name of its own."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._called = Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.use(name)

    def use(self, name: str) -> None:
        """Serve a certificate of this name from now on."""
        key, certificate = self._folder / "key.pem", self._folder / "certificate.pem"
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        files = ["-keyout", str(key), "-out", str(certificate)]
        subprocess.run([*command, "-subj", f"/CN={name}", *files], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._context = context

    def wait_for_a_caller(self) -> None:
        """Wait until somebody has seen the certificate."""
        assert self._called.wait(120)

    def __enter__(self) -> Self:
        """Listen."""
        Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Listen no more."""
        self._listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                plain, _ = self._listener.accept()
                with contextlib.suppress(ssl.SSLError), self._context.wrap_socket(plain, server_side=True):
                    self._called.set()


def content(release: str, rules: str = "http: {}") -> str:
    """Return the file of the route to a release."""
    revision = f"{zlib.crc32(rules.encode()):08x}"
    return f"# container=web-{release} release={release} revision={revision}\n{rules}\n"


def fields(folder: Path, release: str, **changed: Any) -> dict[str, Any]:
    """Return the fields of the route to a release."""
    wanted: dict[str, Any] = {
        "name": NAME,
        "product": "dev-shop",
        "container": f"web-{release}",
        "release": release,
        "content": content(release),
        "path": str(folder / f"{NAME}.yaml"),
        "confirm_address": "edge",
        "drain": 0,
        "timeout": 0.3 if release in {"mute", "broken", "slow"} else 60,
    }
    return wanted | changed


def route(folder: Path, release: str, **changed: Any) -> Route:
    """Return the route to a release."""
    return Route(**fields(folder, release, **changed))
