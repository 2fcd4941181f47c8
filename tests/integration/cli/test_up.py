"""`slipway up`, with a program in the place of Pulumi."""

import json
import signal
from itertools import pairwise
from pathlib import Path

import pytest

from infra.cli.up import PRODUCT_TYPE
from infra.services import Product
from tests.integration.cli.conftest import Program
from tests.unit.cli.conftest import Slipway

PULUMI = """
import json, os, pathlib, signal, sys
here = pathlib.Path(__file__).parent
(here / "call").write_text(json.dumps([os.getcwd(), sys.argv[1:]]))
if "--yes" in sys.argv:
    os.kill(os.getppid(), signal.SIGINT)
sys.exit(int((here / "code").read_text()))
"""


class Pulumi:
    """A Pulumi that ends with a code."""

    def __init__(self, program: Program) -> None:
        self._folder = program("pulumi", PULUMI).parent
        self.ends_with(0)

    def ends_with(self, code: int) -> None:
        (self._folder / "code").write_text(str(code), encoding="utf-8")

    def call(self) -> tuple[str, list[str]]:
        folder, words = json.loads((self._folder / "call").read_text(encoding="utf-8"))
        return folder, words


@pytest.fixture
def pulumi(program: Program) -> Pulumi:
    return Pulumi(program)


def test_a_whole_stack_is_run_with_the_policy_pack(slipway: Slipway, project: Path, pulumi: Pulumi) -> None:
    assert slipway("up", "dev").exit_code == 0
    assert pulumi.call() == (
        str(project),
        ["up", "--stack", "dev", "--policy-pack", "policies/run", "--continue-on-error"],
    )


def test_a_product_is_targeted_with_all_that_is_in_it(slipway: Slipway, project: Path, pulumi: Pulumi) -> None:
    path = project / "Pulumi.dev.yaml"
    secrets = "secrets: {token: {generate: 32}, key: {config: registry}}"
    path.write_text(path.read_text(encoding="utf-8").replace("env: {", f"{secrets}, env: {{"), encoding="utf-8")
    result = slipway("up", "dev", "--product", "shop")
    assert result.exit_code == 0, result.output
    _, words = pulumi.call()
    assert "--target-dependents" in words
    assert [after for word, after in pairwise(words) if word == "--target"] == [
        "urn:pulumi:dev::slipway::slipway:services:Product::shop",
        "urn:pulumi:dev::slipway::random:index/randomPassword:RandomPassword::shop-token",
    ]


@pytest.mark.parametrize(
    ("public", "asked"), [("true", ", basic_auth: true"), ("false", ""), ("false", ", basic_auth: false")]
)
def test_the_password_of_a_login_is_targeted_with_its_product(
    slipway: Slipway, project: Path, pulumi: Pulumi, public: str, asked: str
) -> None:
    path = project / "Pulumi.dev.yaml"
    ingress = f"ingress: [{{host: shop.example.com, service: web, port: 8000{asked}}}]"
    written = path.read_text(encoding="utf-8").replace("env: {", f"{ingress}, env: {{")
    edge = f"  slipway:edge: {{acme: {{email: ops@example.com}}, public: {public}}}\n"
    path.write_text(written + edge, encoding="utf-8")
    assert slipway("up", "dev", "--product", "shop").exit_code == 0
    login = "urn:pulumi:dev::slipway::random:index/randomPassword:RandomPassword::shop-login"
    assert (login in pulumi.call()[1]) == (asked != ", basic_auth: false")


def test_the_target_is_what_the_program_declares() -> None:
    assert PRODUCT_TYPE == Product.TYPE


@pytest.mark.parametrize("code", [1, 255])
def test_a_run_that_fails_is_one_exit_code(slipway: Slipway, pulumi: Pulumi, code: int) -> None:
    pulumi.ends_with(code)
    assert slipway("up", "dev").exit_code == 1


def test_an_interrupt_is_left_to_pulumi(slipway: Slipway, pulumi: Pulumi) -> None:
    before = signal.getsignal(signal.SIGINT)
    assert slipway("up", "dev", "--yes").exit_code == 0
    assert "--yes" in pulumi.call()[1]
    assert signal.getsignal(signal.SIGINT) == before


@pytest.mark.usefixtures("pulumi")
@pytest.mark.parametrize("product", ["blog", "edge"])
def test_what_cannot_be_updated_alone_is_refused(slipway: Slipway, project: Path, product: str) -> None:
    path = project / "Pulumi.dev.yaml"
    path.write_text(
        path.read_text(encoding="utf-8") + "  slipway:edge: {acme: {email: ops@example.com}}\n", encoding="utf-8"
    )
    assert slipway("up", "dev", "-p", product).exit_code == 2


@pytest.mark.usefixtures("pulumi")
def test_a_product_that_is_nearly_one_is_suggested(slipway: Slipway) -> None:
    result = slipway("up", "dev", "--product", "shpo")
    assert (result.exit_code, "dev has no product shpo; did you mean `shop`?" in result.stderr) == (2, True)
