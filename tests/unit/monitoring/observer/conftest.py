"""A server that is none: a Docker Engine, records, and a kernel's account, all below one folder."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.monitoring.observer import places
from tests.unit.host.docker_engine import DockerEngine

DIGEST = "registry.test/shop/web@sha256:" + "0123456789abcdef" * 4
START = "2026-11-22T10:00:00.123456789Z"
END = "2026-11-22T10:00:00+00:00"
END_SECONDS = 1795341600.0
DECLARED = {
    "stack": "dev",
    "products": {
        "shop": {"services": {"web": {"ends": False}, "db": {"ends": False}}, "hosts": ["shop.test"]},
    },
}


class Server:
    """What a test puts on the server."""

    def __init__(self, root: Path, engine: DockerEngine) -> None:
        self.root = root
        self.engine = engine
        self._containers: list[dict[str, str]] = []

    def declare(self, data: Any) -> None:
        """Have a stack declared."""
        self.write(places.DECLARED / f"{data['stack']}.json", json.dumps(data))

    def write(self, path: Path, text: str) -> None:
        """Write a file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def record(self, path: Path, *lines: dict[str, Any]) -> None:
        """Write a record, a line of JSON each."""
        self.write(path, "".join(f"{json.dumps(line)}\n" for line in lines))

    def container(self, name: str, *, service: str = "web", release: str = "", **changes: Any) -> str:
        """Have a container; return its id."""
        labels = {"slipway.stack": "dev", "slipway.product": "shop", "slipway.service": service}
        labels |= {"slipway.release": release} if release else {}
        state = {"Status": "running", "ExitCode": 0, "StartedAt": START, "Pid": 0, **changes.pop("state", {})}
        identity = f"{name}-id"
        described = {
            "Id": identity,
            "Name": f"/{name}",
            "Created": START,
            "Config": {"Image": DIGEST, "Labels": labels},
            "State": state,
            "HostConfig": {"Memory": 128 << 20},
            "RestartCount": 0,
            **changes,
        }
        if ("GET", f"/containers/{identity}/json") not in self.engine.replies:
            self._containers.append({"Id": identity})
        self.engine.replies["GET", f"/containers/{identity}/json"] = described
        self.engine.replies["GET", "/containers/json"] = self._containers
        return identity

    def gone(self, identity: str) -> None:
        """Have a container removed."""
        self._containers.remove({"Id": identity})
        del self.engine.replies["GET", f"/containers/{identity}/json"]

    def account(self, pid: int, identity: str, *, version: int) -> None:
        """Have the kernel account for a container, by the first or the second version of its groups."""
        path = f"system.slice/docker-{identity}.scope"
        if version == 1:
            self.write(places.PROC / str(pid) / "cgroup", f"5:memory:/{path}\n4:cpu,cpuacct:/{path}\n0::/\n")
            memory, processor = places.CGROUPS / "memory" / path, places.CGROUPS / "cpuacct" / path
            self.write(memory / "memory.usage_in_bytes", "5000\n")
            self.write(memory / "memory.stat", "cache 9\ninactive_file 1\ntotal_inactive_file 1000\n")
            self.write(processor / "cpuacct.usage", "2500000000\n")
            return
        self.write(places.PROC / str(pid) / "cgroup", f"0::/{path}\n")
        group = places.CGROUPS / path
        self.write(group / "memory.current", "5000\n")
        self.write(group / "memory.stat", "anon 1\ninactive_file 1000\n")
        self.write(group / "cpu.stat", "usage_usec 2500000\nuser_usec 1\n")


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Return a server with one product, and nothing running."""
    for name in ("DECLARED", "METRICS", "HISTORY", "BACKUPS", "PLANS", "DRIFT", "LOCKS", "PROC", "CGROUPS"):
        monkeypatch.setattr(places, name, tmp_path / name.lower())
    for name in ("ACME", "OWN_CERTIFICATES", "REBOOT_REQUIRED"):
        monkeypatch.setattr(places, name, tmp_path / "files" / name.lower())
    places.METRICS.mkdir()
    # Not below pytest's own folder: the path of a socket is at most 107 bytes long.
    with tempfile.TemporaryDirectory() as folder, DockerEngine(Path(folder) / "docker.sock") as engine:
        monkeypatch.setattr(places, "DOCKER_SOCKET", engine.socket)
        made = Server(tmp_path, engine)
        # An empty list would be taken for `not found`.
        made.engine.replies["GET", "/containers/json"] = b"[]"
        made.declare(DECLARED)
        yield made
