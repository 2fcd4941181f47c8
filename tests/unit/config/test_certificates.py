"""Certificates of the stack's own, judged before anything is touched."""

from pathlib import Path

import pytest

from infra.config.flat_config import flat_config
from infra.config.load import load
from infra.config.settings import ConfigSecret
from tests.certificates import Authority, Pair
from tests.unit.config.conftest import Stack

AT = "Pulumi.dev.yaml: slipway:edge.certificates[0]"


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


def use(stack: Stack, pair: Pair, *, key: str | None = None) -> None:
    """Give the edge a certificate."""
    (stack.root / "own.crt").write_text(pair.chain, encoding="utf-8")
    (stack.root / "own.key").write_text(pair.key if key is None else key, encoding="utf-8")
    stack.sections["edge"]["certificates"] = [{"file": "own.crt", "key": {"file": "own.key"}}]


@pytest.mark.parametrize("name", ["shop.example.com", "*.example.com"])
def test_a_host_of_a_certificate_is_not_asked_for_by_acme(stack: Stack, authority: Authority, name: str) -> None:
    use(stack, authority.issue([name]))
    settings = stack.load()
    assert settings.products["shop"].ingress[0].rule.own_certificate
    assert "PRIVATE KEY" not in repr(settings)


@pytest.mark.parametrize("name", ["other.example.com", "*.shop.example.com", "*.com"])
def test_a_certificate_for_no_host_of_the_stack_is_refused(stack: Stack, authority: Authority, name: str) -> None:
    use(stack, authority.issue([name]))
    assert stack.mistakes() == [f"{AT}.file: is for none of the stack's hosts: it names {name}"]


def test_a_key_of_another_certificate_is_refused(stack: Stack, authority: Authority) -> None:
    use(stack, authority.issue(["shop.example.com"]), key=authority.issue(["shop.example.com"]).key)
    sentence = "does not belong to the certificate in `file`: they must be made together"
    assert stack.mistakes() == [f"{AT}.key: {sentence}"]


def test_a_certificate_that_has_expired_is_refused(stack: Stack, authority: Authority) -> None:
    use(stack, authority.issue(["shop.example.com"], days=-1))
    (line,) = stack.mistakes()
    assert line.startswith(f"{AT}.file: expired on ")


def test_a_certificate_of_the_future_is_refused(stack: Stack, authority: Authority) -> None:
    use(stack, authority.issue(["shop.example.com"], days=90))
    (line,) = stack.mistakes()
    assert line.startswith(f"{AT}.file: is not valid before ")


def test_files_that_hold_something_else_are_refused_without_showing_it(stack: Stack, authority: Authority) -> None:
    use(stack, authority.issue(["shop.example.com"]), key="canary-key")
    assert stack.mistakes() == [f"{AT}.key: must be a private key in PEM, without a passphrase"]
    (stack.root / "own.crt").write_text("canary", encoding="utf-8")
    assert stack.mistakes() == [f"{AT}.file: names a file that holds no certificate in PEM"]


def test_a_key_may_be_a_secret_of_the_stack(stack: Stack, authority: Authority) -> None:
    pair = authority.issue(["shop.example.com"])
    use(stack, pair)
    stack.sections["edge"]["certificates"][0]["key"] = {"config": "stripe-key"}
    assert stack.mistakes()[0].startswith(f"{AT}.key.config: is not set")
    stack.secrets["slipway:secret-stripe-key"] = pair.key
    settings = stack.load()
    assert settings.edge is not None
    assert settings.edge.certificates[0].key == ConfigSecret(name="stripe-key")
    stack.secrets["slipway:secret-stripe-key"] = authority.issue(["a.example.com"]).key
    assert stack.mistakes()[0].startswith(f"{AT}.key: does not belong")


def test_a_key_that_is_still_sealed_is_not_judged(stack: Stack, authority: Authority) -> None:
    use(stack, authority.issue(["shop.example.com"]))
    stack.sections["edge"]["certificates"][0]["key"] = {"config": "stripe-key"}
    stack.secrets["slipway:secret-stripe-key"] = "v1:AAAA:BBBB"
    ours = {f"slipway:{name}": value for name, value in stack.sections.items()}
    sealed = {key: {"secure": text} for key, text in stack.secrets.items()}
    assert stack.mistakes() == [f"{AT}.key: must be a private key in PEM, without a passphrase"]
    config = flat_config({"config": {**ours, **sealed}})
    settings = load(config, stack=stack.name, root=stack.root, releases=stack.root / "releases", preview=True)
    assert settings.edge is not None
    assert settings.edge.certificates[0].key == ConfigSecret(name="stripe-key")


def test_files_that_do_not_exist_yet_are_unknown_to_a_preview_and_wanted_by_an_up(
    stack: Stack, authority: Authority
) -> None:
    use(stack, authority.issue(["shop.example.com"]))
    for name in ("own.crt", "own.key"):
        Path(stack.root / name).unlink()
    assert set(stack.load().missing_files) == {"own.crt", "own.key"}
    stack.preview = False
    assert f"{AT}.file: names a file that does not exist" in stack.mistakes()
