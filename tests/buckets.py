"""A server that speaks S3, with one bucket and a key that may do no more than it needs."""

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.ports import free_ports

BUCKET = "kept"
NAME, KEY = "name", "canary-key"
LOOPBACK = "127.0.0.1"
_ACTIONS = [f"{action}:{BUCKET}" for action in ("Read", "Write", "List", "Tagging")]
_PATIENCE_SECONDS = 300


@contextmanager
def bucket(folder: Path, address: str = LOOPBACK) -> Iterator[str]:
    """Have the server; give its URL.

    Args:
        folder: empty, for what it keeps.
        address: of this machine, on which the bucket is reached; all else of the server stays on the loopback device.
    """
    identity = {"name": "backup", "credentials": [{"accessKey": NAME, "secretKey": KEY}], "actions": _ACTIONS}
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}), encoding="utf-8")
    master, volume, filer, s3, *grpc = free_ports(8)
    own = (f"-ip={LOOPBACK}", f"-ip.bind={LOOPBACK}", f"-dir={folder}", "-master.volumeSizeLimitMB=64")
    ports = (f"-master.port={master}", f"-volume.port={volume}", "-filer", f"-filer.port={filer}", "-s3")
    further = (f"-master.port.grpc={grpc[0]}", f"-volume.port.grpc={grpc[1]}", f"-filer.port.grpc={grpc[2]}")
    bound = (f"-s3.port={s3}", f"-s3.port.grpc={grpc[3]}", f"-s3.ip.bind={address}", "-volume.max=40")
    words = [*own, *ports, *further, *bound, f"-s3.config={folder / 's3.json'}"]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(["weed", f"-logdir={folder}", "server", *words], stdout=log, stderr=log)
    try:
        _make_bucket(f"{LOOPBACK}:{master}.{grpc[0]}", f"{LOOPBACK}:{filer}.{grpc[2]}")
        _await_port(address, s3)
        yield f"http://{address}:{s3}"
    finally:
        # Told to end, it would first wait for clients that there are not.
        server.kill()
        server.wait()


def _await_port(address: str, port: int) -> None:
    """Wait until somebody listens."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            socket.create_connection((address, port)).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"nobody listens on port {port}")


def _make_bucket(master: str, filer: str) -> None:
    """Make the bucket once the server answers."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        words = ["timeout", "60", "weed", "shell", f"-master={master}", f"-filer={filer}"]
        done = subprocess.run(
            words, input=f"s3.bucket.create -name {BUCKET}\n", text=True, capture_output=True, check=False
        )
        if "created bucket" in done.stdout + done.stderr:
            return
        time.sleep(1)
    pytest.fail("the server has not come up")
