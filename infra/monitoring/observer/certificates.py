"""When the certificates of the edge end: names and dates are read, keys are not."""

import base64
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)
_ALTERNATIVE_NAMES = bytes.fromhex("0603551d11")
"""How an extension begins that holds names: its identifier, 2.5.29.17."""
_VERSION, _OCTETS, _UTC_TIME, _DNS = 0xA0, 0x04, 0x17, 0x82
_LONG = 0x80


class Certificate(NamedTuple):
    """A certificate of a server."""

    hosts: tuple[str, ...]
    not_after: float
    """Seconds since 1970."""


class _Part(NamedTuple):
    """A value of DER."""

    tag: int
    content: bytes


def acme(path: Path) -> list[Certificate]:
    """Return the certificates in a store of Traefik's; those that it cannot have meant are left out."""
    try:
        stores = json.loads(path.read_text(encoding="utf-8"))
        pairs = [each for store in stores.values() for each in store.get("Certificates") or ()]
        encoded = [base64.b64decode(each["certificate"]).decode("ascii") for each in pairs]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []
    return [found for text in encoded for found in _leaves([text])]


def own(path: Path) -> list[Certificate]:
    """Return the certificates that a file of the edge's names, each the first of its chain."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        return []
    return _leaves(text.split("certFile:")[1:])


def ending(host: str, known: list[Certificate]) -> float | None:
    """Return when the last certificate of a host ends, or nothing when it has none."""
    wild = f"*.{host.partition('.')[2]}"
    return max((each.not_after for each in known if {host, wild} & set(each.hosts)), default=None)


def _leaves(texts: list[str]) -> list[Certificate]:
    found = []
    for text in texts:
        # A file may hold the lines of a certificate as one line, with their ends written out.
        match = _PEM.search(text.replace("\\n", "\n"))
        try:
            if match:
                found.append(_read(base64.b64decode("".join(match[1].split()))))
        except (ValueError, IndexError):
            continue
    return found


def _read(der: bytes) -> Certificate:
    """Return a certificate by its encoding (RFC 5280 §4.1)."""
    signed = next(_parts(next(_parts(der)).content)).content
    parts = [part for part in _parts(signed) if part.tag != _VERSION]
    _, not_after = _parts(parts[3].content)
    return Certificate(tuple(_names(signed)), _time(not_after))


def _names(signed: bytes) -> Iterator[str]:
    _, found, rest = signed.partition(_ALTERNATIVE_NAMES)
    value = next((part for part in _parts(rest) if part.tag == _OCTETS), None) if found else None
    for part in _parts(next(_parts(value.content)).content) if value else ():
        if part.tag == _DNS:
            yield part.content.decode("ascii")


def _time(part: _Part) -> float:
    text = part.content.decode("ascii")
    # Two digits stand for 1950 to 2049.
    whole = f"{'19' if text >= '50' else '20'}{text}" if part.tag == _UTC_TIME else text
    return datetime.strptime(whole, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp()


def _parts(der: bytes) -> Iterator[_Part]:
    """Yield the values that stand one after another."""
    position = 0
    while position < len(der):
        tag, length = der[position], der[position + 1]
        position += 2
        if length & _LONG:
            digits = length & ~_LONG
            length = int.from_bytes(der[position : position + digits], "big")
            position += digits
        yield _Part(tag, der[position : position + length])
        position += length
