"""SSH keys that are derived: from a seed that is made once, and the number of the rotation."""

import base64
import hashlib
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_KIND = b"ssh-ed25519"
_KEY_BYTES = 32
_CIPHER_BLOCK = 8
"""An unencrypted key is padded to this length (PROTOCOL.key of OpenSSH)."""
_LINE = 70


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyPair:
    """An ed25519 key as OpenSSH writes it."""

    private: str
    """The file of the private key."""
    public: str
    """The line of `authorized_keys`."""


def derived_key(seed: str, comment: str, rotation: int) -> KeyPair:
    """Return the key of a rotation; the same arguments give the same bytes, so that a second preview is empty.

    Args:
        seed: made once and kept encrypted in the state.
        comment: whose key it is; told on the server, and part of what the key is derived from.
        rotation: each has a key of its own.
    """
    secret = hashlib.shake_256(f"{seed}/{comment}/{rotation}".encode()).digest(_KEY_BYTES)
    public = Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    blob = _field(_KIND) + _field(public)
    return KeyPair(
        private=_file(blob, secret + public, public, comment.encode()),
        public=f"{_KIND.decode()} {base64.b64encode(blob).decode()} {comment}",
    )


def _file(blob: bytes, secret: bytes, public: bytes, comment: bytes) -> str:
    """Return the private key's file; `cryptography` would put a random number into it, and each run would differ."""
    check = hashlib.sha256(blob).digest()[:4]
    body = check + check + _field(_KIND) + _field(public) + _field(secret) + _field(comment)
    body += bytes(range(1, 1 + -len(body) % _CIPHER_BLOCK))
    head = b"openssh-key-v1\0" + _field(b"none") + _field(b"none") + _field(b"") + (1).to_bytes(4)
    text = base64.b64encode(head + _field(blob) + _field(body)).decode()
    lines = (text[start : start + _LINE] for start in range(0, len(text), _LINE))
    return "\n".join(["-----BEGIN OPENSSH PRIVATE KEY-----", *lines, "-----END OPENSSH PRIVATE KEY-----", ""])


def _field(content: bytes) -> bytes:
    return len(content).to_bytes(4) + content
