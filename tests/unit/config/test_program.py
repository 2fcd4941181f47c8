"""What the program takes from Pulumi, and what comes of a mistake."""

import asyncio
import json
from collections.abc import Awaitable
from pathlib import Path
from typing import TypeVar

import pulumi
import pytest
from pulumi.runtime import mocks

from infra.config import secrets
from infra.config.program import settings_from_pulumi
from infra.config.settings import ConfigSecret, FileSecret, TextFile
from tests.unit.config.conftest import CANARY, RELEASES, Stack

Result = TypeVar("Result")


class _Nothing(mocks.Mocks):
    """No resource is registered here."""

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, object]]:
        return args.name, {}

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, object], None]:
        return dict(args.args), None


@pytest.fixture
def engine(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """A preview of the stack `dev`, in the folder of its stack file, as the language host starts it."""
    mocks.set_mocks(_Nothing(), project="slipway", stack="dev", preview=True)
    monkeypatch.chdir(stack.root)
    monkeypatch.delenv("SLIPWAY_RELEASES", raising=False)
    _hand_over(stack, monkeypatch)
    return stack


def test_settings_are_read_from_what_pulumi_hands_over(engine: Stack) -> None:
    _write_releases(engine.root / "stacks/releases")
    assert settings_from_pulumi().release_file == engine.root / "stacks/releases/dev.yaml"


def test_folder_of_the_release_files_can_be_another(engine: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    _write_releases(engine.root / ".lab/releases")
    monkeypatch.setenv("SLIPWAY_RELEASES", ".lab/releases")
    assert settings_from_pulumi().release_file == engine.root / ".lab/releases/dev.yaml"


def test_mistakes_are_one_message_without_values(engine: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    engine.server["prot"] = CANARY
    engine.secrets["slipway:secret-token"] = CANARY
    _hand_over(engine, monkeypatch)
    with pytest.raises(pulumi.RunError) as caught:
        settings_from_pulumi()
    head, *lines = str(caught.value).splitlines()
    assert head == "3 mistakes to put right, nothing was changed:"
    assert [line.partition(": ")[0] for line in lines] == [
        "Pulumi.dev.yaml",
        "Pulumi.dev.yaml",
        "stacks/releases/dev.yaml",
    ]
    assert CANARY not in str(caught.value)
    assert caught.value.__suppress_context__, "a traceback of what went before would show more"


def test_an_update_of_real_servers_on_what_is_for_a_lab_is_refused_and_a_preview_warns(
    engine: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write_releases(engine.root / "stacks/releases")
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{engine.root}/.pulumi/state")
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", told.append)
    settings_from_pulumi()
    assert [line for line in told if "its state is in this checkout alone" in line]
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: False)
    with pytest.raises(pulumi.RunError, match=r"Nothing was changed:\n- .*its state is in this checkout alone"):
        settings_from_pulumi()
    engine.server["host"] = "127.0.0.11"
    _hand_over(engine, monkeypatch)
    settings_from_pulumi()


def test_secret_of_the_stack_file_is_a_secret(engine: Stack) -> None:
    pulumi.runtime.set_all_config(engine.secrets, list(engine.secrets))
    value = secrets.value(ConfigSecret(name="registry"))
    assert _await(value.future()) == "canary-secret"
    assert _await(value.is_secret())


def test_secret_in_a_file_is_a_secret_without_its_line_end(engine: Stack) -> None:
    path = engine.root / "password"
    path.write_text(f"{CANARY}\n", encoding="utf-8")
    value = secrets.value(FileSecret(path=path, missing=False))
    assert _await(value.future()) == CANARY
    assert _await(value.is_secret())


@pytest.mark.usefixtures("engine")
def test_secret_in_a_file_that_is_not_there_is_unknown_and_a_secret(tmp_path: Path) -> None:
    value = secrets.value(FileSecret(path=tmp_path / "none", missing=True))
    assert not _await(value.is_known())
    assert _await(value.is_secret())


@pytest.mark.usefixtures("engine")
def test_text_is_its_content_or_unknown() -> None:
    assert secrets.text(TextFile(path="ca.crt", content="PEM")) == "PEM"
    unknown = secrets.text(TextFile(path="ca.crt", content=None))
    assert isinstance(unknown, pulumi.Output)
    assert not _await(unknown.is_known())
    assert not _await(unknown.is_secret())


def _await(result: Awaitable[Result]) -> Result:
    return asyncio.get_event_loop().run_until_complete(result)


def _hand_over(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_CONFIG", json.dumps(dict(stack.config().values)))
    monkeypatch.setenv("PULUMI_CONFIG_SECRET_KEYS", json.dumps(["slipway:secret-registry"]))


def _write_releases(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "dev.yaml").write_text(json.dumps(RELEASES), encoding="utf-8")
