"""A stack file without its secrets, and what stands in the place of each."""

import hashlib
from collections.abc import Iterator, Mapping, MutableMapping
from io import StringIO
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from infra.config.stack_file import SECRET_PREFIX

SEALING: Final = ("encryptionsalt", "encryptedkey", "secretsprovider")
"""What the backend's own key is found by; a throw-away backend makes its own."""
CIPHERTEXT: Final = "secure"
UNKNOWN_KEY: Final = ".slipway-placeholder"
"""File that a private key is said to be in: there is none, so that a preview takes the key for unknown."""
_WIDTH: Final = 4096
_CHARACTERS: Final = 32


def redact(text: str) -> tuple[str, Mapping[str, str]]:
    """Return a stack file without ciphertext, and the placeholder of each secret by its key.

    A placeholder changes with the ciphertext, so that a comparison sees that a secret has been set anew. A private key
    has to fit its certificate, so it is one that nobody knows yet.

    Raises:
        ValueError: the text is no stack file; the message holds none of it.
    """
    yaml = YAML(typ="rt", pure=True)
    yaml.width, yaml.preserve_quotes = _WIDTH, True
    try:
        document = yaml.load(text)
    except YAMLError:
        message = "the stack file is not YAML"
        raise ValueError(message) from None
    document = document if isinstance(document, MutableMapping) else {}
    for name in SEALING:
        document.pop(name, None)
    match document.get("config") or {}:
        case MutableMapping() as config:
            pass
        case _:
            message = "config: of the stack file is not a map"
            raise ValueError(message)
    secrets = {key: _placeholder(value) for key, value in config.items() if any(_ciphertexts(value))}
    for key in secrets:
        del config[key]
    _forget_private_keys(config)
    written = StringIO()
    yaml.dump(document, written)
    return written.getvalue(), secrets


def _placeholder(value: Any) -> str:
    joined = "\0".join(_ciphertexts(value))
    return f"placeholder-{hashlib.sha256(joined.encode()).hexdigest()[:_CHARACTERS]}"


def _ciphertexts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            if name == CIPHERTEXT and isinstance(item, str):
                yield item
            else:
                yield from _ciphertexts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _ciphertexts(item)


def _forget_private_keys(config: Mapping[str, Any]) -> None:
    edge = config.get(f"{SECRET_PREFIX.partition(':')[0]}:edge")
    certificates = edge.get("certificates") if isinstance(edge, Mapping) else None
    for certificate in certificates if isinstance(certificates, list) else ():
        if isinstance(certificate, MutableMapping) and isinstance(certificate.get("key"), Mapping):
            certificate["key"] = {"file": UNKNOWN_KEY}
