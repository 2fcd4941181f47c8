"""The Docker Engine API: requests, answers and errors."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from http.client import HTTPResponse
from typing import Any
from urllib.parse import quote, urlencode

from infra.host.plugin.errors import ProviderError
from tests.lab.plugins.docker.connection import Address, Pool

_JSON = "application/json"


class EngineError(ProviderError):
    """The daemon refused a request.

    Args:
        status: the status of its answer.
        message: what it said.
    """

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(message)

    def says(self, *texts: str) -> bool:
        """Tell whether one of these texts is in what the daemon said."""
        return any(text in str(self) for text in texts)


class Engine:
    """One Docker daemon."""

    def __init__(self, address: Address) -> None:
        self._pool = Pool(address)
        self._version: tuple[int, ...] = ()

    def api_version(self) -> tuple[int, ...]:
        """Return the newest version of the API the daemon speaks; requests name none, so it is the one in use."""
        if not self._version:
            with self._pool.channel() as channel:
                channel.request("GET", "/_ping")
                response = channel.getresponse()
                response.read()
            self._version = tuple(int(part) for part in response.headers.get("Api-Version", "0").split("."))
        return self._version

    def get(self, path: str, **query: str) -> Any:
        """Return what the daemon knows, decoded."""
        return _decoded(self._request("GET", _target(path, query)))

    def find(self, path: str) -> Any:
        """Return what the daemon knows, or nothing where there is no such object."""
        try:
            return self.get(path)
        except EngineError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    def post(self, path: str, body: Mapping[str, Any] | None = None, **query: str) -> Any:
        """Ask the daemon to do something and return its answer, decoded."""
        content = None if body is None else json.dumps(body).encode()
        return _decoded(self._request("POST", _target(path, query), content, _JSON))

    def unpack(self, archive: bytes, identity: str) -> None:
        """Unpack an archive at the root of a container."""
        self._request("PUT", f"/containers/{identity}/archive?path=/", archive, "application/x-tar")

    def delete(self, path: str, **query: str) -> None:
        """Remove an object."""
        self._request("DELETE", _target(path, query))

    def raw(self, path: str, **query: str) -> bytes:
        """Return an answer as it comes."""
        return self._request("GET", _target(path, query))

    def pull(self, reference: str) -> None:
        """Pull an image without a login, as the vendor does for a registry it has no credentials of."""
        name, tag = _split_reference(reference)
        progress = self._request("POST", _target("/images/create", {"fromImage": name, "tag": tag}))
        # The status is sent before the pull begins, so that only a line of progress tells of a failure.
        for line in progress.splitlines():
            if failure := json.loads(line).get("error"):
                raise EngineError(HTTPStatus.INTERNAL_SERVER_ERROR, str(failure))

    def close(self) -> None:
        """Close the connections that are not in use."""
        self._pool.close()

    def _request(self, method: str, target: str, content: bytes | None = None, kind: str = _JSON) -> bytes:
        headers = {} if content is None else {"Content-Type": kind}
        with self._pool.channel() as channel:
            channel.request(method, target, content, headers)
            response = channel.getresponse()
            answer = response.read()
        if response.status >= HTTPStatus.BAD_REQUEST:
            raise EngineError(response.status, _message(response, answer))
        return answer


def segment(name: str) -> str:
    """Return a name as part of a path; image names keep their slashes."""
    return quote(name, safe=":/@")


def _target(path: str, query: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(query)}" if query else path


def _decoded(answer: bytes) -> Any:
    return json.loads(answer) if answer.strip() else None


def _message(response: HTTPResponse, answer: bytes) -> str:
    try:
        return str(json.loads(answer)["message"])
    except (ValueError, KeyError, TypeError):
        return f"the Docker daemon answered {response.status} {response.reason}"


def _split_reference(reference: str) -> tuple[str, str]:
    """Return the name of an image and its digest or tag, `latest` where it has neither."""
    if "@" in reference:
        name, _, digest = reference.partition("@")
        return name, digest
    name, separator, tag = reference.rpartition(":")
    return (name, tag) if separator and "/" not in tag else (reference, "latest")
