"""Approved is what is applied: each kind of change between the two has another hash, and a name."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import pytest

from infra.cli.events import Event
from infra.preview.approval import KEY, differences, digest, hash_key, keyed
from infra.preview.report import StackReport
from infra.preview.run import listen
from tests.unit.preview.events import CONTAINER, FILE, SEALED, SUMMARY, created, step, updated

CANARY = "canary-5f0e"
SECRETS: Mapping[str, str] = MappingProxyType({"slipway:secret-stripe": CANARY, "registry a.test": "password"})
BASE: tuple[Event, ...] = (
    created(FILE, "motd", content="welcome", key=SEALED),
    updated(FILE, "issue", {"content": "a"}, {"content": "b"}),
    step("replace", CONTAINER, "db", {"image": "a"}, {"image": "b"}),
    step("delete", FILE, "gone", {"content": "x"}),
    step("same", FILE, "profile", {"content": "a"}, {"content": "a"}),
)


def previewed(*events: Event, secrets: Mapping[str, str] = SECRETS, key: bytes | None = b"key") -> StackReport:
    """Return the report of a preview with these events."""
    run, told = listen(iter([*events, SUMMARY, None])), keyed(secrets, key)
    operations = tuple(run.operations)
    return StackReport(name="dev", operations=operations, secrets=told, hash=digest(operations, told))


def instead(index: int, *events: Event) -> Callable[[], StackReport]:
    """Return a preview with other events in the place of one."""
    return lambda: previewed(*BASE[:index], *events, *BASE[index + 1 :])


CHANGES: Mapping[str, tuple[Callable[[], StackReport], str]] = {
    "another resource": (
        lambda: previewed(*BASE, created(FILE, "new", content="")),
        "create File new was not approved",
    ),
    "one resource less": (instead(0), "create File motd was approved and is not to be done any more"),
    "a deletion more": (
        lambda: previewed(*BASE, step("delete", FILE, "data", {"content": ""})),
        "delete File data was not approved",
    ),
    "a replacement in the place of an update": (
        instead(1, step("replace", FILE, "issue", {"content": "a"}, {"content": "b"})),
        "File issue is to replace, approved was to update",
    ),
    "an update in the place of a replacement": (
        instead(2, updated(CONTAINER, "db", {"image": "a"}, {"image": "b"})),
        "Container db is to update, approved was to replace",
    ),
    "another input": (
        instead(1, updated(FILE, "issue", {"content": "a", "mode": "1"}, {"content": "a", "mode": "2"})),
        "update File issue changes other inputs than approved: content, mode",
    ),
    "another path that the provider names": (
        instead(1, updated(FILE, "issue", {"content": "a"}, {"content": "b"}, detailed={"mode": {}})),
        "update File issue changes other inputs than approved: content, mode",
    ),
    "a further input": (
        instead(1, updated(FILE, "issue", {"content": "a", "mode": "1"}, {"content": "b", "mode": "2"})),
        "update File issue changes other inputs than approved: mode",
    ),
    "another value to be": (
        instead(1, updated(FILE, "issue", {"content": "a"}, {"content": "c"})),
        "update File issue comes to other inputs than approved",
    ),
    "drift of what there is": (
        instead(1, updated(FILE, "issue", {"content": "z"}, {"content": "b"})),
        "File issue is not any more what it was when update was approved",
    ),
    "another value of what is made": (
        instead(0, created(FILE, "motd", content="go away", key=SEALED)),
        "create File motd comes to other inputs than approved",
    ),
    "a secret in plain text": (
        instead(0, created(FILE, "motd", content="welcome", key="plain")),
        "create File motd comes to other inputs than approved",
    ),
    "a resource that was as it should be": (
        instead(4, updated(FILE, "profile", {"content": "b"}, {"content": "a"})),
        "update File profile was not approved",
    ),
    "another value of a secret": (
        lambda: previewed(*BASE, secrets={**SECRETS, "slipway:secret-stripe": "other"}),
        "secret slipway:secret-stripe has another value, or the two runs have another key",
    ),
    "a new secret": (lambda: previewed(*BASE, secrets={**SECRETS, "b": ""}), "secret b is new"),
    "a secret less": (
        lambda: previewed(*BASE, secrets={"registry a.test": "password"}),
        "secret slipway:secret-stripe is gone",
    ),
    "a run without the key": (
        lambda: previewed(*BASE, key=None),
        f"secret registry a.test is compared by a key that only one of the two runs has: set {KEY} in both",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_after_the_approval_has_another_hash_and_a_name(change: str) -> None:
    preview, sentence = CHANGES[change]
    approved, now = previewed(*BASE), preview()
    assert now.hash != approved.hash
    if approved.secrets == now.secrets:
        assert digest(now.operations, {}) != digest(approved.operations, {})
    named = list(differences(approved, now))
    assert sentence in named, named
    assert CANARY not in str(named)


def test_repeats_without_a_change_have_one_hash_in_whatever_order_the_engine_goes() -> None:
    hashes = {previewed(*BASE[turn % 5 :], *BASE[: turn % 5]).hash for turn in range(50)}
    assert hashes == {previewed(*BASE).hash}
    assert list(differences(previewed(*BASE), previewed(*BASE))) == []


def test_the_report_tells_no_secret_and_its_hashes_are_no_plain_ones() -> None:
    report = previewed(*BASE)
    assert CANARY not in report.model_dump_json()
    assert keyed(SECRETS, b"one") != keyed(SECRETS, b"two")
    assert keyed(SECRETS, None) == dict.fromkeys(sorted(SECRETS), "")


@pytest.mark.parametrize(
    ("environment", "has_key"),
    [
        ({KEY: "a text"}, True),
        ({"PULUMI_CONFIG_PASSPHRASE": "a phrase"}, True),
        ({"PULUMI_CONFIG_PASSPHRASE_FILE": "{file}"}, True),
        ({"PULUMI_CONFIG_PASSPHRASE_FILE": "{file}.gone"}, False),
        ({"PULUMI_CONFIG_PASSPHRASE": ""}, False),
        ({}, False),
    ],
)
def test_the_key_comes_from_a_variable_or_the_passphrase(
    environment: dict[str, str], has_key: bool, tmp_path: Any
) -> None:
    file = tmp_path / "passphrase"
    file.write_text("a phrase\n", encoding="utf-8")
    given = {name: value.replace("{file}", str(file)) for name, value in environment.items()}
    found = hash_key(given, "slipway/dev")
    assert (found is not None) is has_key
    assert found is None or found != hash_key(given, "slipway/test"), "two stacks have one key"
