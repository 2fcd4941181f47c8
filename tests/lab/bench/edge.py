"""The edge against Traefik alone and against nginx: the same service behind each, over TLS, on loopback."""

import json
import re
import shutil
import ssl
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

import httpx

from infra.edge import shared
from infra.ingress.rules import PublicRule, RateLimit
from tests.certificates import Authority, Pair
from tests.edge.traefik import Traefik, running, settings
from tests.lab.bench.rows import RUNS, Row
from tests.ports import free_ports

HOST = "localhost"
"""wrk says in TLS which host it wants by the name in the URL alone, and this one resolves everywhere."""
CONNECTIONS = 50
SECONDS = 8
PATIENCE_SECONDS = 30
SHARE = 0.95
_PROGRAMS = ("traefik", "nginx", "wrk")
_FIGURE = re.compile(r"Requests/sec:\s+([0-9.]+)")
_TAIL = re.compile(r"99%\s+([0-9.]+)(us|ms|s)")
_MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


class Figure(NamedTuple):
    """What a load came to."""

    rate: float
    """Requests a second."""
    tail: float
    """Latency that 99 % stay below, in milliseconds."""


def rows() -> Iterator[Row]:
    """Measure the three in turn, several times, and compare the medians."""
    missing = [program for program in _PROGRAMS if shutil.which(program) is None]
    if missing:
        yield {
            "name": f"edge: not measured, {' and '.join(missing)} not installed",
            "unit": "",
            "bar": "",
            "median": "",
        }
        return
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        places = _started(Path(folder), stack)
        figures: dict[str, list[Figure]] = {name: [] for name in places}
        for _ in range(RUNS):
            for name, port in places.items():
                figures[name].append(_load(port))
    rates = {name: statistics.median(each.rate for each in found) for name, found in figures.items()}
    for name, found in figures.items():
        tail = statistics.median(each.tail for each in found)
        yield {"name": f"{name}, {CONNECTIONS} connections: 99 % below", "unit": "ms", "bar": None, "median": tail}
        yield {"name": f"{name}, requests", "unit": "1/s", "bar": None, "median": round(rates[name])}
    for name in figures.keys() - {"the edge"}:
        share = round(rates["the edge"] / rates[name], 2)
        bar = SHARE if name.startswith("Traefik") else None
        yield {"name": f"requests of the edge to those of {name}", "unit": "times", "bar": bar, "median": share}


def _started(folder: Path, stack: ExitStack) -> Mapping[str, int]:
    """Start a service and what is to stand before it; return the TLS port of each."""
    authority = Authority()
    own = authority.issue([HOST])
    service, nginx = free_ports(2)
    stack.enter_context(_nginx(folder, service, nginx, own))
    (folder / "edge").mkdir()
    edge = stack.enter_context(running(folder / "edge", authority))
    _serve(edge, service, own)
    watched = {name: settings(folder)[name] for name in ("accessLog", "metrics", "tracing")}
    found = {
        "the edge": edge.ports["websecure"],
        "Traefik alone": stack.enter_context(_traefik(folder / "alone", service, own, {})),
        "Traefik that logs as the edge does": stack.enter_context(_traefik(folder / "logs", service, own, watched)),
        "nginx": nginx,
    }
    for port in found.values():
        _await(port, edge.tls)
    return found


def _serve(edge: Traefik, port: int, own: Pair) -> None:
    """Lead the host to the service with all that a product gets, under a limit that is never reached."""
    edge.write("bench-certificate.yaml", shared.certificates([(own.chain, own.key)]))
    limit = RateLimit(average=1_000_000, burst=1_000_000)
    edge.serve(PublicRule(host=HOST, port=port, own_certificate=True, rate_limit=limit), name="bench")


@contextmanager
def _traefik(folder: Path, service: int, own: Pair, watched: Mapping[str, Any]) -> Iterator[int]:
    """Start Traefik with one router and no middleware; give its port."""
    (port,) = free_ports(1)
    folder.mkdir()
    (folder / "own.crt").write_text(own.chain, encoding="utf-8")
    (folder / "own.key").write_text(own.key, encoding="utf-8")
    certificate = {"certFile": str(folder / "own.crt"), "keyFile": str(folder / "own.key")}
    router = {"rule": f"Host(`{HOST}`)", "service": "web", "tls": {}}
    dynamic = {
        "tls": {"certificates": [certificate]},
        "http": {
            "routers": {"web": router},
            "services": {"web": {"loadBalancer": {"servers": [{"url": f"http://127.0.0.1:{service}"}]}}},
        },
    }
    (folder / "dynamic.yml").write_text(json.dumps(dynamic), encoding="utf-8")
    static = {
        "entryPoints": {"websecure": {"address": f"127.0.0.1:{port}"}},
        "providers": {"file": {"filename": str(folder / "dynamic.yml")}},
        **watched,
    }
    (folder / "traefik.yml").write_text(json.dumps(static), encoding="utf-8")
    with (folder / "log").open("wb") as log, _process(["traefik", f"--configFile={folder / 'traefik.yml'}"], log):
        yield port


@contextmanager
def _nginx(folder: Path, service: int, port: int, own: Pair) -> Iterator[None]:
    """Start nginx as the service, which answers with 1 KiB, and as a proxy before it."""
    (folder / "nginx.crt").write_text(own.chain, encoding="utf-8")
    (folder / "nginx.key").write_text(own.key, encoding="utf-8")
    text = f"""
        daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log; worker_processes auto;
        events {{ worker_connections 1024; }}
        http {{
          access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
          fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
          upstream service {{ server 127.0.0.1:{service}; keepalive 64; }}
          server {{ listen 127.0.0.1:{service}; keepalive_requests 1000000; return 200 "{"x" * 1024}"; }}
          server {{
            listen 127.0.0.1:{port} ssl http2; keepalive_requests 1000000;
            ssl_certificate {folder}/nginx.crt; ssl_certificate_key {folder}/nginx.key;
            location / {{ proxy_pass http://service; proxy_http_version 1.1; proxy_set_header Connection ""; }}
          }}
        }}
    """
    (folder / "nginx.conf").write_text(text, encoding="utf-8")
    with (folder / "nginx-log").open("wb") as log, _process(["nginx", "-c", str(folder / "nginx.conf")], log):
        yield


@contextmanager
def _process(command: list[str], log: IO[bytes]) -> Iterator[None]:
    """Run a program as long as the body does."""
    with subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            yield
        finally:
            process.terminate()


def _await(port: int, tls: ssl.SSLContext) -> None:
    """Wait until a host answers."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"https://{HOST}:{port}/", verify=tls).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    message = f"nothing answers on port {port}"
    raise TimeoutError(message)


def _load(port: int) -> Figure:
    """Ask as fast as it goes."""
    command = ["wrk", "--threads=1", f"--connections={CONNECTIONS}", f"--duration={SECONDS}s", "--latency"]
    said = subprocess.run([*command, f"https://{HOST}:{port}/"], check=True, capture_output=True, text=True).stdout
    rate, tail = _FIGURE.search(said), _TAIL.search(said)
    if rate is None or tail is None or "Non-2xx" in said:
        message = f"the load failed: {said}"
        raise ValueError(message)
    return Figure(float(rate[1]), float(tail[1]) * _MILLISECONDS[tail[2]])
