"""What a stack of real servers must not stand on."""

from collections.abc import Callable
from pathlib import Path

import pytest

from infra.config.makeshifts import makeshifts, serves_a_lab
from tests.unit.config.conftest import Stack

SALTED = "config: {}\nencryptionsalt: v1:abc\n"
STATE = "its state is in this checkout alone"
KNOWN = "its secrets are encrypted with stacks/passphrase"
STAND_IN = "resource-docker-v5.1.0 is the lab's stand-in"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks/passphrase").write_text("lab\n")
    (tmp_path / "own").write_text("long and secret\n")
    mark = tmp_path / "home/plugins/resource-docker-v5.1.0/standin"
    mark.parent.mkdir(parents=True)
    mark.touch()
    return tmp_path


@pytest.mark.parametrize(
    ("environment", "stack_file", "begins"),
    [
        (lambda root: {"PULUMI_CONFIG_PASSPHRASE_FILE": f"{root}/stacks/passphrase"}, SALTED, [KNOWN]),
        (lambda _: {"PULUMI_CONFIG_PASSPHRASE": "lab"}, SALTED, [KNOWN]),
        (lambda _: {"PULUMI_CONFIG_PASSPHRASE": "lab"}, "secretsprovider: awskms://x\n", []),
        (lambda root: {"PULUMI_CONFIG_PASSPHRASE_FILE": f"{root}/own"}, SALTED, []),
        (lambda root: {"PULUMI_BACKEND_URL": f"file://{root}/.pulumi/state"}, SALTED, [STATE]),
        (lambda _: {"PULUMI_BACKEND_URL": "s3://states"}, SALTED, []),
        (lambda root: {"PULUMI_HOME": f"{root}/home"}, SALTED, [STAND_IN]),
    ],
)
def test_what_serves_a_lab_alone_is_told(
    root: Path, environment: Callable[[Path], dict[str, str]], stack_file: str, begins: list[str]
) -> None:
    given = {"PULUMI_HOME": f"{root}/none", **environment(root)}
    found = list(makeshifts(root, stack_file, given))
    assert len(found) == len(begins)
    assert all(line.startswith(begin) for line, begin in zip(found, begins, strict=True))


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.11", True), ("::1", True), ("localhost", True), ("192.0.2.1", False), ("server.example.com", False)],
)
def test_a_lab_is_on_the_loopback(stack: Stack, host: str, *, expected: bool) -> None:
    stack.server["host"] = host
    assert serves_a_lab(stack.load()) is expected
