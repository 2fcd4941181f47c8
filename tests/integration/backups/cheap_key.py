"""Makes the key of a new repository cheap to open: restic takes half a second for it, each time, by intent.

Two of the tests that call it most take 27 s with it in place of 69, and 17 s of a processor in place of 59.
"""

import base64
import hashlib
import json
import os
import shlex
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, CTR
from cryptography.hazmat.primitives.poly1305 import Poly1305

CHEAP = {"N": 2, "r": 1, "p": 1}
BLOCK = 16
WRAPPER = """#!/bin/sh
case " $* " in
*" init "*) {restic} "$@" && exec {python} {here} "$@" ;;
*) exec {restic} "$@" ;;
esac
"""
"""What is called in restic's place."""


def wrapper(restic: str) -> str:
    """Return the program that calls restic, and makes each new key cheap."""
    words = {"restic": restic, "python": sys.executable, "here": __file__}
    return WRAPPER.format_map({name: shlex.quote(word) for name, word in words.items()})


def main(words: list[str]) -> None:
    """Rewrite the one key of the repository that restic was told to make, if it is a folder."""
    given = dict(pairwise(words))
    keys = Path(given.get("--repo") or given["-r"]) / "keys"
    if not keys.is_dir():
        return
    file = given.get("--password-file")
    password = Path(file).read_text(encoding="utf-8").strip() if file else os.environ["RESTIC_PASSWORD"]
    (former,) = keys.iterdir()
    text = rewritten(json.loads(former.read_text(encoding="utf-8")), password.encode())
    (keys / hashlib.sha256(text).hexdigest()).write_bytes(text)
    former.unlink()


def rewritten(key: dict[str, Any], password: bytes) -> bytes:
    """Return a key file with the same key in it."""
    plain = opened(base64.b64decode(key["data"]), derived(key, password))
    cheap = key | CHEAP
    return json.dumps(cheap | {"data": base64.b64encode(sealed(plain, derived(cheap, password))).decode()}).encode()


def derived(key: dict[str, Any], password: bytes) -> bytes:
    """Return what restic derives from a password: a key to encrypt with, and the two parts of one for tags."""
    salt, most = base64.b64decode(key["salt"]), 256 * key["N"] * key["r"] * key["p"] + (1 << 20)
    return hashlib.scrypt(password, salt=salt, n=key["N"], r=key["r"], p=key["p"], maxmem=most, dklen=64)


def opened(data: bytes, secret: bytes) -> bytes:
    """Return what restic has sealed: a nonce, the text, and a tag over the text.

    Raises:
        InvalidSignature: it was sealed with another secret, or in another way.
    """
    nonce, text = data[:BLOCK], data[BLOCK:-BLOCK]
    Poly1305.verify_tag(_key_of_tag(nonce, secret), text, data[-BLOCK:])
    return Cipher(AES(secret[:32]), CTR(nonce)).decryptor().update(text)


def sealed(plain: bytes, secret: bytes) -> bytes:
    """Seal as restic does: https://restic.readthedocs.io/en/stable/100_references.html#keys-encryption-and-mac."""
    nonce = os.urandom(BLOCK)
    text = Cipher(AES(secret[:32]), CTR(nonce)).encryptor().update(plain)
    return nonce + text + Poly1305.generate_tag(_key_of_tag(nonce, secret), text)


def _key_of_tag(nonce: bytes, secret: bytes) -> bytes:
    return secret[48:] + Cipher(AES(secret[32:48]), CBC(bytes(BLOCK))).encryptor().update(nonce)


if __name__ == "__main__":
    main(sys.argv[1:])
