"""A stack file without its secrets."""

import pytest

from infra.preview.placeholders import UNKNOWN_KEY, redact

STACK_FILE = """\
# yaml-language-server: $schema=docs/stack.schema.json
config:
  pulumi:disable-default-providers: ["*"]
  slipway:secret-stripe: {secure: v1:AAAA:BBBB}
  slipway:secret-key: {secure: v1:CCCC:DDDD}
  slipway:edge:
    acme: {email: ops@example.com}
    certificates: [{file: shop.pem, key: {config: key}}]
  slipway:products:
    shop: {server: main, share: 0.50, mode: 0644, on: "yes"}
encryptionsalt: v1:EEEE:FFFF
secretsprovider: awskms://alias/x
encryptedkey: GGGG
"""


def test_a_config_that_is_no_map_is_said() -> None:
    with pytest.raises(ValueError, match="config: of the stack file is not a map"):
        redact("config: [a]")


def test_no_ciphertext_is_left_and_the_rest_is_as_it_was() -> None:
    text, secrets = redact(STACK_FILE)
    assert [word for word in ("AAAA", "BBBB", "CCCC", "DDDD", "EEEE", "FFFF", "GGGG", "awskms") if word in text] == []
    assert set(secrets) == {"slipway:secret-stripe", "slipway:secret-key"}
    assert 'share: 0.50, mode: 0644, on: "yes"' in text, "numbers and quotes mean what they meant"


def test_a_private_key_is_one_that_nobody_knows_yet() -> None:
    text, _ = redact(STACK_FILE)
    assert f"file: {UNKNOWN_KEY}" in text


def test_a_secret_that_is_set_anew_has_another_placeholder() -> None:
    before, after = (redact(text)[1] for text in (STACK_FILE, STACK_FILE.replace("BBBB", "CCCC")))
    assert before["slipway:secret-stripe"] != after["slipway:secret-stripe"]
    assert before["slipway:secret-key"] == after["slipway:secret-key"]
    assert "BBBB" not in before["slipway:secret-stripe"]


def test_a_secret_deep_in_a_section_takes_the_section_with_it() -> None:
    text, secrets = redact("config:\n  slipway:products: {shop: {env: {A: {secure: v1:AAAA:BBBB}}}}\n")
    assert "AAAA" not in text
    assert list(secrets) == ["slipway:products"]


@pytest.mark.parametrize("text", ["", "[]", "config:\n", "a: b"])
def test_a_file_without_config_has_no_secrets(text: str) -> None:
    assert redact(text)[1] == {}


def test_what_is_no_yaml_is_told_without_its_text() -> None:
    with pytest.raises(ValueError, match="not YAML") as raised:
        redact("a: [canary")
    assert "canary" not in str(raised.value)
