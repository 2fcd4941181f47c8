"""Public keys as they are written in a line of `authorized_keys`."""

import base64
import binascii
import hashlib
import re
from typing import NamedTuple

_TYPE = re.compile(r"[a-z0-9][a-z0-9@.-]*")
_LENGTH_BYTES = 4
# Options are separated by commas; a value is quoted and may hold spaces, and quotes after a backslash.
_OPTION = r'[^\s",=]+(?:="(?:[^"\\]|\\.)*")?'
_OPTIONS = re.compile(rf"{_OPTION}(?:,{_OPTION})*")


class PublicKey(NamedTuple):
    """One key."""

    kind: str
    """Its type, as in `ssh-ed25519`."""
    encoded: str
    """The key itself, by which two are compared."""
    comment: str
    """What its owner calls it."""

    def described(self) -> str:
        """Return what people know it by: type, fingerprint and comment."""
        digest = hashlib.sha256(base64.b64decode(self.encoded)).digest()
        fingerprint = "SHA256:" + base64.b64encode(digest).decode().rstrip("=")
        return " ".join(part for part in (self.kind, fingerprint, self.comment) if part)


def parse(line: str) -> PublicKey:
    """Return the key in a line without options.

    Raises:
        ValueError: telling what is wrong with it.
    """
    kind, encoded, comment = (*line.split(maxsplit=2), "", "", "")[:3]
    if not _TYPE.fullmatch(kind) or not encoded:
        message = "is no public key, as in `ssh-ed25519 AAAA…`"
        raise ValueError(message)
    try:
        blob = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        message = f"is cut off or damaged: what follows {kind} is no base64"
        raise ValueError(message) from None
    length = int.from_bytes(blob[:_LENGTH_BYTES], "big")
    if blob[_LENGTH_BYTES : _LENGTH_BYTES + length] != kind.encode() or len(blob) <= _LENGTH_BYTES + length:
        message = f"is cut off or damaged: it does not hold a key of type {kind}"
        raise ValueError(message)
    return PublicKey(kind, encoded, comment.strip())


def parse_with_options(line: str) -> PublicKey | None:
    """Return the key in a line that may begin with options, or nothing when it holds none."""
    stripped = line.strip()
    options = _OPTIONS.match(stripped)
    for text in (stripped, stripped[options.end() :] if options else ""):
        try:
            return parse(text)
        except ValueError:
            continue
    return None


def is_bare(line: str) -> bool:
    """Tell whether a line is a key without options."""
    try:
        return bool(parse(line))
    except ValueError:
        return False


def are_options(text: str) -> bool:
    """Tell whether a text can stand before a key."""
    return not text or bool(_OPTIONS.fullmatch(text))
