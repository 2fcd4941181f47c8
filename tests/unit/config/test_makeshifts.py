"""What a stack of real servers must not stand on."""

from collections.abc import Callable
from pathlib import Path

import pytest

from infra.config.makeshifts import makeshifts
from tests.unit.config.conftest import Stack

SALTED = "config: {}\nencryptionsalt: v1:abc\n"
STATE = "its state is in this checkout alone"
KNOWN = "its secrets are encrypted with stacks/passphrase"
STAND_IN = "resource-docker-v5.1.0 is the lab's stand-in"


@pytest.fixture
def root(stack: Stack) -> Path:
    (stack.root / "stacks").mkdir(exist_ok=True)
    (stack.root / "stacks/passphrase").write_text("lab\n")
    (stack.root / "own").write_text("long and secret\n")
    mark = stack.root / "home/plugins/resource-docker-v5.1.0/standin"
    mark.parent.mkdir(parents=True)
    mark.touch()
    return stack.root


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
    stack: Stack, root: Path, environment: Callable[[Path], dict[str, str]], stack_file: str, begins: list[str]
) -> None:
    (root / "Pulumi.dev.yaml").write_text(stack_file)
    given = {"PULUMI_HOME": f"{root}/none", **environment(root)}
    found = list(makeshifts(stack.load(), root, given))
    assert len(found) == len(begins)
    assert all(line.startswith(begin) for line, begin in zip(found, begins, strict=True))


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.11", True), ("::1", True), ("localhost", True), ("192.0.2.1", False), ("server.example.com", False)],
)
def test_a_lab_is_on_the_loopback(stack: Stack, root: Path, host: str, *, expected: bool) -> None:
    stack.server["host"] = host
    found = list(makeshifts(stack.load(), root, {"PULUMI_HOME": f"{root}/home"}))
    assert (not found) is expected
