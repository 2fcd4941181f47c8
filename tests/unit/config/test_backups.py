"""Section `slipway:backups`: what is refused before anything is changed."""

from typing import Any

import pytest

from infra.config.backup_settings import PathSettings, S3Settings
from infra.config.section import BY_CONFIG
from tests.unit.config.conftest import KEY, Stack

RECIPIENT = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
DISK = {"path": "/srv/backups"}
S3 = {
    "endpoint": "https://s3.example.com",
    "bucket": "kept",
    "access_key": {"config": "a"},
    "secret_key": {"config": "b"},
}

SFTP = {"host": "box.example.com", "user": "shop", "path": "kept", "key": {"config": "a"}}


def section(**changes: Any) -> dict[str, Any]:
    """Return a right section, changed as asked."""
    return {"targets": {"disk": DISK}, "escrow": [RECIPIENT], **changes}


def test_what_is_not_said_is_hourly_and_kept_for_a_year(stack: Stack) -> None:
    stack.sections["backups"] = section()
    backups = stack.load().backups
    assert backups is not None
    assert backups.targets == {"disk": PathSettings(path="/srv/backups")}
    kept = backups.retention
    assert (backups.schedule, backups.stale_after) == ("hourly", 3 * 3600)
    assert (kept.hourly, kept.daily, kept.weekly, kept.monthly) == (24, 7, 4, 12)


@pytest.mark.parametrize(
    ("schedule", "hours"),
    [("*-*-* 02:00", 49), ("daily", 49), ("*-*-* 02,14:00", 25), ("*-*-* 00/6:30 UTC", 13), ("Mon..Fri 02:00", 145)],
)
def test_an_age_that_is_not_said_follows_from_the_schedule(schedule: str, hours: int, stack: Stack) -> None:
    stack.sections["backups"] = section(schedule=schedule)
    backups = stack.load().backups
    assert backups is not None
    assert backups.stale_after == hours * 3600, "twice the longest wait, and an hour"


def test_two_targets_get_the_same(stack: Stack) -> None:
    stack.sections["backups"] = section(targets={"disk": DISK, "offsite": {"s3": S3}})
    stack.secrets |= {"slipway:secret-a": "x", "slipway:secret-b": "y"}
    stack.encrypted = [*stack.encrypted, "slipway:secret-a", "slipway:secret-b"]
    backups = stack.load().backups
    assert backups is not None
    assert isinstance(backups.targets["offsite"], S3Settings)


@pytest.mark.parametrize(
    ("changes", "mistake"),
    [
        ({"targets": {}}, "backups.targets: must not be empty"),
        (
            {"targets": {"a": {**DISK, "s3": S3}}},
            "backups.targets.a: must have exactly one of `s3`, `sftp`, `rclone`, `path`",
        ),
        ({"targets": {"a": {"path": "/etc/x"}}}, "backups.targets.a.path: must be an absolute path for data"),
        ({"targets": {"a": {"s3": S3}}}, "backups.targets.a.s3.access_key.config: is not set"),
        ({"escrow": [RECIPIENT[:-1] + "q"]}, "backups.escrow[0]: must be a recipient of age"),
        ({"schedule": "now and then"}, "backups.schedule: "),
        ({"retention": dict.fromkeys(("hourly", "daily", "weekly", "monthly"), 0)}, "backups.retention: keeps nothing"),
        ({"schedule": "daily", "retention": {"hourly": 24}}, "backups.retention.hourly: keeps one of each hour"),
        (
            {"stale_after": "2h"},
            (
                "backups.stale_after: must be more than twice the time between two backups, which is up to 1h0m0s: "
                "one late run would be an alarm; leave it out for 3h0m0s"
            ),
        ),
        ({"schedule": "*-*-* 02:00", "stale_after": "3h"}, "backups.stale_after: must be more than twice the time"),
        ({"schedule": "Mon..Fri 02:00", "stale_after": "6d"}, "backups.stale_after: must be more than twice the time"),
        ({"schedule": "*:*:0/10", "stale_after": "30s"}, "backups.stale_after: must be at least a minute"),
        (
            {"targets": {"a": {"s3": {**S3, "secret_key": "k"}}}},
            f"backups.targets.a.s3.secret_key: must be a map: {BY_CONFIG}",
        ),
        (
            {"targets": {"a": {"sftp": {**SFTP, "host_key": f"[203.0.113.10]:2222 {KEY}"}}}},
            "backups.targets.a.sftp.host_key: must be the key alone, without the host in front",
        ),
        (
            {"targets": {"a": {"sftp": {**SFTP, "host_key": KEY[:-4]}}}},
            "backups.targets.a.sftp.host_key: does not parse as a public key: copy the whole line anew",
        ),
        ({"escrow": []}, "backups.escrow: is missing: this stack is for everybody"),
    ],
)
def test_a_mistake_is_named_with_its_place(changes: dict[str, Any], mistake: str, stack: Stack) -> None:
    stack.sections["backups"] = section(**changes)
    assert any(f"slipway:{mistake}" in line for line in stack.mistakes()), stack.mistakes()


def test_a_stack_in_production_by_its_name_needs_an_escrow(stack: Stack) -> None:
    stack.name = "prod-eu"
    stack.sections["edge"]["public"] = False
    stack.sections["backups"] = section(escrow=[])
    assert any("backups.escrow: is missing" in line for line in stack.mistakes())


def test_a_lab_needs_no_escrow(stack: Stack) -> None:
    stack.server["host"] = "127.0.0.11"
    stack.sections["backups"] = section(escrow=[])
    assert stack.load().backups
