"""A server that is lost: an empty one becomes it again, from the stack file, the state and what another place kept."""

import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from infra.backups.program.places import COMMAND
from tests.buckets import BUCKET, KEY, NAME, bucket
from tests.lab import paths, servers, topology
from tests.lab.conftest import Workshop
from tests.lab.monitoring.watching import HERE
from tests.lab.server import LabServer
from tests.lab.shop import Shop
from tests.lab.stack import ROOT

pytestmark = pytest.mark.exhaustive
SHOP = Shop("dev")
SERVER = LabServer("dev").described
OTHER = next(server for server in topology.SERVERS if server.stack == "test")
"""Keeps the second copy."""
KEPT = "backups-of-dev"
PROGRAM = shlex.join(COMMAND)
PSQL = "docker exec --user postgres dev-shop-db psql --quiet --dbname shop --command"


@pytest.fixture
def backed_up(dev: Workshop, tmp_path: Path) -> Iterator[Workshop]:
    """Have a bucket on this machine and a folder on the other server keep what the shop has."""
    # What an earlier run has kept is gone, and the server knows of it: one that was killed has not tidied up.
    LabServer("dev").shell("rm -rf /var/lib/slipway/backups")
    LabServer("test").shell(f"rm -rf /home/deploy/{KEPT}")
    with bucket(tmp_path, HERE) as endpoint:

        def change(config: Any) -> None:
            keys = {"access_key": {"config": "bucket-name"}, "secret_key": {"config": "bucket-key"}}
            sftp = {"host": OTHER.inside, "user": "deploy", "path": KEPT, "key": {"config": "backup-key"}}
            config["slipway:backups"] = {
                "targets": {
                    "bucket": {"s3": {"endpoint": endpoint, "bucket": BUCKET, **keys}},
                    "other": {"sftp": {**sftp, "host_key": servers.host_key(OTHER)}},
                }
            }

        dev.configure(change)
        for name, value in (("bucket-name", NAME), ("bucket-key", KEY), ("backup-key", paths.SSH_KEY.read_text())):
            dev.keep_secret(name, value)
        dev.stack.up().expect_success()
        yield dev
    LabServer("test").shell(f"rm -rf /home/deploy/{KEPT}")


def lose() -> None:
    """Have an empty server at the address of one that is gone with all it had."""
    subprocess.run(["docker", "rm", "--force", "--volumes", SERVER.container], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([sys.executable, "-m", "tests.lab", "up"], cwd=ROOT, check=True)


def test_what_two_other_places_keep_makes_an_empty_server_the_product_again(
    backed_up: Workshop, record_property: Callable[[str, object], None]
) -> None:
    stack = backed_up.stack
    LabServer("dev").shell(f"{PSQL} 'TRUNCATE orders'")
    assert SHOP.ask("/orders", order={"item": "kept", "quantity": 1}).status == HTTPStatus.CREATED
    kept = SHOP.orders()
    stack.slipway("backup", "dev", "shop").expect_success()
    listed = stack.slipway("backups", "dev").expect_success().output
    assert "bucket" in listed
    assert "other" in listed
    lose()
    begun = time.monotonic()
    stack.up("--refresh", "--run-program").expect_success()
    assert SHOP.orders() == [], "the server is not empty"
    stack.slipway("restore", "dev", "shop", "--yes").expect_success()
    took = time.monotonic() - begun
    record_property("empty server to product with data, minutes", round(took / 60, 1))
    assert SHOP.orders() == kept
    # The command names targets by the shipped stack file; what it runs is on the server.
    LabServer("dev").shell(f"{PROGRAM} restore dev-shop --target other --confirmed")
    assert SHOP.orders() == kept
    stack.preview("--expect-no-changes").expect_success()
