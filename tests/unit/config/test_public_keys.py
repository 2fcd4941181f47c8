"""Public keys, looked into."""

import base64

import pytest

from infra.config.public_keys import strong, whole
from infra.config.section import PUBLIC_KEY

COMMENT = "anna@laptop"


def key(kind: str, *fields: bytes) -> str:
    """Return a public key of the given fields."""
    blob = b"".join(len(field).to_bytes(4) + field for field in (kind.encode(), *fields))
    return f"{kind} {base64.b64encode(blob).decode()} {COMMENT}"


def rsa(bits: int) -> str:
    """Return an RSA key; its number is not negative, so it has a leading zero."""
    return key("ssh-rsa", b"\1\0\1", b"\0" + (1 << (bits - 1) | 1).to_bytes(bits // 8))


ED25519 = key("ssh-ed25519", bytes(32))
HARDWARE = key("sk-ssh-ed25519@openssh.com", bytes(32), b"ssh:")
ECDSA = key("ecdsa-sha2-nistp256", b"nistp256", bytes(65))
HARDWARE_ECDSA = key("sk-ecdsa-sha2-nistp256@openssh.com", b"nistp256", bytes(65), b"ssh:")


@pytest.mark.parametrize("right", [ED25519, HARDWARE, ECDSA, HARDWARE_ECDSA, rsa(2048), rsa(4096)])
def test_a_whole_key_is_taken(right: str) -> None:
    assert whole(PUBLIC_KEY.check(right)) == right


@pytest.mark.parametrize(
    "wrong",
    [
        ED25519.replace("ssh-ed25519", "ssh-rsa", 1),
        key("ssh-ed25519", bytes(31)),
        key("ssh-ed25519", bytes(32), bytes(32)),
        key("sk-ssh-ed25519@openssh.com", bytes(32)),
        key("ssh-rsa", bytes(32)),
        ED25519.replace(ED25519.split()[1], ED25519.split()[1][:-4]),
        ED25519.replace(ED25519.split()[1], ED25519.split()[1][:-1]),
        f"ssh-ed25519 {'A' * 68}",
    ],
)
def test_a_key_that_was_cut_off_or_mixed_up_is_refused(wrong: str) -> None:
    PUBLIC_KEY.check(wrong)
    with pytest.raises(ValueError, match="does not parse as a public key") as caught:
        whole(wrong)
    assert COMMENT not in str(caught.value), "a value must never be shown"


@pytest.mark.parametrize("right", [ED25519, HARDWARE, rsa(3072), rsa(4096)])
def test_a_hardened_server_takes_strong_keys(right: str) -> None:
    assert strong(right) == right


@pytest.mark.parametrize(
    ("weak", "sentence"),
    [
        (ECDSA, "ECDSA key"),
        (HARDWARE_ECDSA, "ECDSA key"),
        (rsa(2048), "less than 3072 bits"),
        (rsa(3064), "less than 3072 bits"),
    ],
)
def test_a_key_that_would_lock_its_owner_out_is_refused(weak: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        strong(weak)
