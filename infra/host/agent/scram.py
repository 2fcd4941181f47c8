"""What PostgreSQL keeps of a password: a verifier by SCRAM-SHA-256 (RFC 5802, RFC 7677), never the password."""

import hashlib
import hmac
import os
import re
from base64 import b64decode, b64encode

_ITERATIONS = 4096
"""PostgreSQL's default, and the least that RFC 7677 takes."""
_SALT_BYTES = 16
_VERIFIER = re.compile(
    r"SCRAM-SHA-256\$(?P<iterations>[1-9]\d{0,6}):(?P<salt>(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)\$[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+"
)


def verifier(password: str, salt: bytes | None = None, iterations: int = _ITERATIONS) -> str:
    """Return what a server keeps of a password; quotes never occur in it.

    Args:
        password: of letters that SASLprep (RFC 4013) leaves as they are.
        salt: a new one when absent.
        iterations: of PBKDF2.
    """
    salt = salt or os.urandom(_SALT_BYTES)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    return f"SCRAM-SHA-256${iterations}:{_text(salt)}${_text(stored)}:{_text(server)}"


def proves(kept: str, password: str) -> bool:
    """Tell whether what a server keeps is of a password."""
    found = _VERIFIER.fullmatch(kept)
    if found is None:
        return False
    return hmac.compare_digest(kept, verifier(password, b64decode(found["salt"]), int(found["iterations"])))


def _text(data: bytes) -> str:
    return b64encode(data).decode()
