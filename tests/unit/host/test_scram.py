"""What a PostgreSQL server keeps of a password."""

import hmac
from base64 import b64decode, b64encode

from infra.host.agent import scram

SALT = "W22ZaJ0SNY7soEsUEjb6gQ=="
NONCE = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
SPOKEN = f"n=user,r=rOprNGfwEbeRWgbNEkqO,r={NONCE},s={SALT},i=4096,c=biws,r={NONCE}"
SIGNATURE = "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
"""Of the exchange in RFC 7677 §3, whose password is `pencil`."""


def test_the_key_signs_the_exchange_of_the_standard() -> None:
    made = scram.verifier("pencil", b64decode(SALT))
    key = b64decode(made.rpartition(":")[2])
    assert b64encode(hmac.digest(key, SPOKEN.encode(), "sha256")).decode() == SIGNATURE


def test_a_verifier_proves_its_own_password_only() -> None:
    kept = scram.verifier("canary-secret")
    assert kept.startswith("SCRAM-SHA-256$4096:")
    assert "canary" not in kept
    assert kept != scram.verifier("canary-secret"), "the salt is always the same"
    assert scram.proves(kept, "canary-secret")
    assert not scram.proves(kept, "another")


def test_what_is_no_verifier_proves_nothing() -> None:
    for kept in (
        "",
        "md5a3556571e93b0d20722ba62be61e8c2d",
        "SCRAM-SHA-256$",
        f"SCRAM-SHA-256$0:{SALT}$a:b",
        "SCRAM-SHA-256$1:abc$a:b",
    ):
        assert not scram.proves(kept, "pencil")
