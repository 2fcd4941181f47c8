"""Traefik with what Slipway renders for it, on ports of the loopback device."""

import json
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from ruamel.yaml import YAML

from infra.edge import plugin, render, shared
from infra.edge.static import StaticArgs, static
from infra.host.agent import places
from infra.ingress.rules import Listener, PublicRule, Stream
from tests.certificates import Authority
from tests.ports import free_ports

PATIENCE_SECONDS = 120
"""Of whoever waits for what comes in a moment, on a machine that may stand still."""
PREFIX = "dev-shop"
PROXY = "127.0.0.2"
"""Loopback address whose word on who the client is counts."""
LISTENERS = (
    Listener(port=8080, speaks="http"),
    Listener(port=5432, speaks="tcp"),
    Listener(port=5353, speaks="udp"),
)


@dataclass(slots=True)
class Traefik:
    """A running edge."""

    folder: Path
    ports: Mapping[str, int]
    """Entry point to its port."""
    authority: str
    """Certificate, PEM, of who signed those of this edge."""
    tls: ssl.SSLContext
    """Trusts the certificates of this edge."""
    _settling: Iterator[int] = field(default_factory=lambda: count(1))

    def serve(
        self,
        *public: PublicRule,
        name: str,
        container: str = "127.0.0.1",
        streams: tuple[Stream, ...] = (),
        **changes: Any,
    ) -> None:
        """Write the route of a service as the agent does, and wait until it is in effect at every entry point."""
        self._route(name, container=container, public=public, streams=streams, **changes)
        # The edge takes up one change after the other, and each at one entry point after the other.
        self._route("settled", container=container, ports=(next(self._settling),))

    def write(self, name: str, text: str) -> None:
        """Write a file of the dynamic configuration in one step."""
        path = self.folder / "dynamic" / name
        aside = path.with_name(f".{name}")
        aside.write_text(text, encoding="utf-8")
        aside.replace(path)

    @contextmanager
    def client(self, *, source: str = "127.0.0.1", **settings: Any) -> Iterator[httpx.Client]:
        """Give a client that comes from an address of the loopback device."""
        transport = httpx.HTTPTransport(verify=self.tls, local_address=source)
        with httpx.Client(transport=transport, timeout=PATIENCE_SECONDS, **settings) as client:
            yield client

    def ask(self, url: str, *, method: str = "GET", source: str = "127.0.0.1", **request: Any) -> httpx.Response:
        """Send one request to a host of the edge, over TLS."""
        with self.client(source=source) as client:
            return client.send(self.request(client, url, method=method, **request))

    def request(self, client: httpx.Client, url: str, *, method: str = "GET", **request: Any) -> httpx.Request:
        """Return a request for a host, addressed to the edge."""
        wanted = httpx.URL(url)
        headers = {"Host": wanted.host, **request.pop("headers", {})}
        point = "websecure" if wanted.scheme == "https" else "http-8080"
        here = wanted.copy_with(host="127.0.0.1", port=self.ports[point])
        return client.build_request(method, here, headers=headers, extensions={"sni_hostname": wanted.host}, **request)

    def logged(self, path: str) -> dict[str, Any]:
        """Return the line of the access log about a path, once it is there."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            # The last piece may be a line that is not whole yet.
            for line in (self.folder / "log").read_text(encoding="utf-8").split("\n")[:-1]:
                if line.startswith("{") and f'"{path}"' in line:
                    found: dict[str, Any] = json.loads(line)
                    return found
            time.sleep(0.05)
        message = f"{path} is not in the access log"
        raise AssertionError(message)

    def _route(self, name: str, *, container: str, public: tuple[PublicRule, ...] = (), **changes: Any) -> None:
        """Write a route, and wait until the edge confirms it."""
        rules = render.RouteRules(
            **{
                "name": f"{PREFIX}-{name}",
                "product": PREFIX,
                "aliases": (),
                "ports": tuple(rule.port for rule in public),
                "subnet": "127.0.0.0/8",
                "gateway": "127.0.0.1",
                "public": public,
                "streams": (),
                "trusted_proxies": (f"{PROXY}/32",),
                **changes,
            }
        )
        text = render.route(rules, containers=[container], release="0a1b2c3d")
        self.write(f"{rules.name}.yaml", text)
        self._await(rules.name, text.partition("\n")[0].rpartition("revision=")[2])

    def _await(self, name: str, revision: str) -> None:
        """Wait until the edge confirms a revision of a route."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        url = f"http://127.0.0.1:{self.ports['confirm']}/"
        while time.monotonic() < deadline:
            try:
                answer = httpx.get(url, headers={"Host": name}, timeout=PATIENCE_SECONDS)
            except httpx.TransportError:
                continue
            if answer.headers.get(places.REVISION_HEADER) == revision:
                return
            time.sleep(0.02)
        message = f"{name} was not confirmed:\n{(self.folder / 'log').read_text(encoding='utf-8')[-3000:]}"
        raise AssertionError(message)


@contextmanager
def running(folder: Path, authority: Authority) -> Iterator[Traefik]:
    """Start an edge whose every host under `lab.test` has a certificate; stop it in the end."""
    document = settings(folder)
    ports = dict(zip(document["entryPoints"], free_ports(len(document["entryPoints"])), strict=True))
    for name, point in document["entryPoints"].items():
        kind = point["address"].partition("/")[2]
        point["address"] = f"127.0.0.1:{ports[name]}" + (f"/{kind}" if kind else "")
    (folder / "traefik.yml").write_text(json.dumps(document), encoding="utf-8")
    _lay_out(folder, authority)
    edge = Traefik(folder, ports, authority.root, ssl.create_default_context(cadata=authority.root))
    program = shutil.which("traefik") or "traefik"
    command = [program, f"--configFile={folder / 'traefik.yml'}"]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT) as process,
    ):
        try:
            yield edge
        finally:
            process.terminate()


def settings(folder: Path) -> dict[str, Any]:
    """Return the static configuration as it is rendered, with the paths of this machine."""
    text = static(
        StaticArgs(
            email="ops@example.com",
            directory="https://127.0.0.1:9/dir",
            challenge="tls-alpn-01",
            own_authority=False,
            internal_ports=[8000],
            listeners=LISTENERS,
            trusted_proxies=(f"{PROXY}/32",),
        )
    )
    document: dict[str, Any] = YAML(typ="safe", pure=True).load(text)
    document["providers"]["file"]["directory"] = str(folder / "dynamic")
    document["certificatesResolvers"]["acme"]["acme"]["storage"] = str(folder / "acme.json")
    return document


def _lay_out(folder: Path, authority: Authority) -> None:
    """Write the files that an edge mounts."""
    own = authority.issue(["*.lab.test"])
    dynamic, code = folder / "dynamic", folder / plugin.FOLDER
    dynamic.mkdir()
    code.mkdir(parents=True)
    for name, text in plugin.files().items():
        (code / name).write_text(text, encoding="utf-8")
    (dynamic / "0-edge.yaml").write_text(shared.edge(ports=[8080], gateway="127.0.0.1"), encoding="utf-8")
    (dynamic / "0-certificates.yaml").write_text(shared.certificates([(own.chain, own.key)]), encoding="utf-8")
