"""Public keys, looked into: whether they are whole, and whether a hardened server takes them."""

import base64
import binascii
from collections.abc import Iterator

WEAKEST_RSA_BITS = 3072
"""sshd's `RequiredRSASize` on a hardened server."""
_LENGTH = 4
_ED25519_BYTES = 32
_NEVER_ON_HARDENED = ("ecdsa-", "sk-ecdsa-")


def whole(key: str) -> str:
    """Return a public key whose content is what its first word says.

    Raises:
        ValueError: it is not: cut off, mistyped or put together from two.
    """
    kind = key.split(maxsplit=1)[0]
    fields = _fields(key)
    if not fields or fields[0] != kind.encode() or not _has_right_sizes(kind, fields):
        msg = "does not parse as a public key: copy the whole line anew, it is cut off or mistyped"
        raise ValueError(msg)
    return key


def strong(key: str) -> str:
    """Return a public key that a hardened server takes.

    Raises:
        ValueError: it would be refused, and its owner locked out.
    """
    whole(key)
    if key.startswith(_NEVER_ON_HARDENED):
        msg = "is an ECDSA key, which the profile `hardened` refuses: use an ed25519 key"
        raise ValueError(msg)
    if key.startswith("ssh-rsa") and int.from_bytes(_fields(key)[2]).bit_length() < WEAKEST_RSA_BITS:
        bits = f"less than {WEAKEST_RSA_BITS} bits"
        msg = f"is an RSA key of {bits}, which the profile `hardened` refuses: use an ed25519 key"
        raise ValueError(msg)
    return key


def _fields(key: str) -> list[bytes]:
    """Return the fields of a key, or none when it cannot be taken apart."""
    try:
        blob = base64.b64decode(key.split()[1], validate=True)
        return list(_split(blob))
    except (binascii.Error, IndexError, EOFError):
        return []


def _split(blob: bytes) -> Iterator[bytes]:
    while blob:
        length = int.from_bytes(blob[:_LENGTH])
        field, blob = blob[_LENGTH : _LENGTH + length], blob[_LENGTH + length :]
        if len(field) != length:
            raise EOFError
        yield field


def _has_right_sizes(kind: str, fields: list[bytes]) -> bool:
    if "ed25519" in kind:
        application = 1 if kind.startswith("sk-") else 0
        return len(fields) == 2 + application and len(fields[1]) == _ED25519_BYTES
    return len(fields) in ((4,) if kind.startswith("sk-") else (3,))
