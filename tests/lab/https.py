"""Asking the lab's own services, whose certificates come from the lab's authority."""

import http.client
import ssl
from collections.abc import Mapping
from dataclasses import dataclass

from tests.lab.paths import CA_CERTIFICATE

TIMEOUT_SECONDS = 60
NO_HEADERS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered."""

    status: int
    headers: Mapping[str, str]
    body: str


def ask(place: str, path: str, method: str = "GET", headers: Mapping[str, str] = NO_HEADERS) -> Answer:
    """Send one request to `address:port`.

    Raises:
        OSError: The service cannot be reached, or shows a certificate of another authority.
    """
    trust = ssl.create_default_context(cafile=CA_CERTIFICATE)
    connection = http.client.HTTPSConnection(place, timeout=TIMEOUT_SECONDS, context=trust)
    try:
        connection.request(method, path, headers=dict(headers))
        answer = connection.getresponse()
        return Answer(answer.status, dict(answer.headers), answer.read().decode())
    finally:
        connection.close()
