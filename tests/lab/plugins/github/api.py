"""GitHub's REST interface, as the stand-in for the plugin speaks it."""

import base64
import re
from collections.abc import Mapping
from http import HTTPStatus
from threading import Lock
from typing import Any

import httpx
from nacl.public import PublicKey, SealedBox

from infra.host.plugin.errors import ProviderError

_GITHUB_COM = "https://api.github.com/"
_SECONDS = 30


class ApiError(ProviderError):
    """GitHub refused."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Api:
    """The repositories of one owner."""

    def __init__(self, owner: str, base_url: str, token: str) -> None:
        self.owner = owner
        prefix = "" if base_url == _GITHUB_COM else "api/v3/"
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json"}
        self._client = httpx.Client(base_url=f"{base_url}{prefix}", headers=headers, timeout=_SECONDS)
        self._keys: dict[str, tuple[str, PublicKey]] = {}
        self._lock = Lock()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def repository(self, name: str, path: str = "") -> str:
        """Return the path of something in a repository."""
        return f"repos/{self.owner}/{name}{path}"

    def find(self, path: str) -> Any:
        """Return what is at a path, or nothing; what has no content is an empty map."""
        return self._send("GET", path, None, missing_is_fine=True)

    def send(self, method: str, path: str, content: Mapping[str, Any] | None = None) -> Any:
        """Change something and return the answer."""
        return self._send(method, path, content)

    def delete(self, path: str) -> None:
        """Delete something; succeed when it is already gone."""
        self._send("DELETE", path, None, missing_is_fine=True)

    def sealed(self, secrets: str, value: str) -> dict[str, str]:
        """Return a secret as it is sent, sealed with the key of its place, which is asked for once."""
        with self._lock:
            if secrets not in self._keys:
                found = self._send("GET", f"{secrets}/public-key", None)
                self._keys[secrets] = (found["key_id"], PublicKey(base64.b64decode(found["key"])))
            number, key = self._keys[secrets]
        box = SealedBox(key).encrypt(value.encode())
        return {"key_id": number, "encrypted_value": base64.b64encode(box).decode()}

    def forget(self, secrets: str) -> None:
        """Ask for the key of a place again: it is another place of the same name."""
        with self._lock:
            self._keys.pop(secrets, None)

    def _send(self, method: str, path: str, content: Any, *, missing_is_fine: bool = False) -> Any:
        try:
            answer = self._client.request(method, path, json=content)
        except httpx.HTTPError as error:
            message = f"{method} {path}: GitHub does not answer: {type(error).__name__}"
            raise ProviderError(message) from None
        if missing_is_fine and answer.status_code == HTTPStatus.NOT_FOUND:
            return None
        if not answer.is_success:
            message = f"{method} {answer.request.url}: {answer.status_code} {_reason(answer)}"
            raise ApiError(message, answer.status_code)
        return answer.json() if answer.content else {}


def snake(value: Any) -> Any:
    """Return properties as the interface names them."""
    if isinstance(value, Mapping):
        return {re.sub(r"(?=[A-Z])", "_", name).lower(): snake(each) for name, each in value.items()}
    return [snake(each) for each in value] if isinstance(value, list) else value


def camel(value: Any) -> Any:
    """Return what the interface says as properties."""
    if isinstance(value, Mapping):
        return {re.sub(r"_(\w)", lambda m: m[1].upper(), name): camel(each) for name, each in value.items()}
    return [camel(each) for each in value] if isinstance(value, list) else value


def _reason(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError):
        return answer.reason_phrase
