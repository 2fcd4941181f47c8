"""A registry, asked which digest a tag stands for (OCI Distribution Specification 1.1, Docker token authentication)."""

import hashlib
import ipaddress
import re
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import httpx
from typing_extensions import override

from infra.cli.image_names import DOCKER_HUB, DOCKER_HUB_API, ImageName

MANIFEST_TYPES: Final = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
"""An index first: its digest is good on every architecture."""
PAGE: Final = 1000
MOST_PAGES: Final = 50
"""Popular images have tens of thousands of tags; a registry that never ends is not asked for ever."""
DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
PASSING: Final = frozenset({408, 429, 500, 502, 503, 504})
WAITS_SECONDS: Final = (0.5, 1.0, 2.0)
"""Before each further try, unless the registry asks for another time."""
LONGEST_WAIT_SECONDS: Final = 20.0
ANSWER_SECONDS: Final = 15.0


class RegistryError(Exception):
    """The registry gave no digest; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Login:
    """Who signs in."""

    username: str
    password: str

    @override
    def __repr__(self) -> str:
        """Keep the password out of every traceback and log."""
        return f"Login({self.username!r})"


class Registry:
    """One registry, for as long as digests are asked for."""

    def __init__(
        self, host: str, *, login: Login | None, authority: Path | None, addresses: Mapping[str, str] | None = None
    ) -> None:
        """Prepare to ask; nothing is sent yet.

        Args:
            host: host and port as images name it.
            login: who signs in; nobody when None.
            authority: file of a private registry's certificate authority, trusted besides the system's.
            addresses: `host:port` to the address it is reached at, where no name server knows it.
        """
        self._host = host
        self._login = login
        self._base = f"https://{DOCKER_HUB_API if host == DOCKER_HUB else host}"
        transport = _Addressed(_trust(authority), addresses or {})
        self._client = httpx.Client(transport=transport, timeout=ANSWER_SECONDS, follow_redirects=True)

    def __enter__(self) -> Self:
        """Return the registry."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close its connections."""
        self._client.close()

    def digest(self, image: ImageName) -> str:
        """Return the digest that a tag stands for now.

        Raises:
            RegistryError: there is no such image, it may not be read, or the registry does not answer.
        """
        answer = self._ask("HEAD", image)
        digest: str = answer.headers.get("Docker-Content-Digest", "")
        if not digest:
            digest = f"sha256:{hashlib.sha256(self._ask('GET', image).content).hexdigest()}"
        if not DIGEST.fullmatch(digest):
            text = f"{self._host} answers for {image} with something that is no sha256 digest: is it a registry?"
            raise RegistryError(text)
        return digest

    def tags(self, image: ImageName) -> list[str]:
        """Return the tags of an image's repository, as far as the registry lists them.

        Raises:
            RegistryError: there is no such repository, it may not be read, or the registry does not answer.
        """
        tags: list[str] = []
        path: str | None = f"/v2/{image.path}/tags/list?n={PAGE}"
        for _ in range(MOST_PAGES):
            if path is None:
                break
            answer = self._request("GET", image, path, {})
            tags.extend(_tags(answer))
            following = answer.links.get("next", {}).get("url")
            path = str(httpx.URL(f"{self._base}{path}").join(following).raw_path, "ascii") if following else None
        return tags

    def _ask(self, method: str, image: ImageName) -> httpx.Response:
        """Send one request for a manifest."""
        headers = {"Accept": ", ".join(MANIFEST_TYPES)}
        return self._request(method, image, f"/v2/{image.path}/manifests/{image.tag}", headers)

    def _request(self, method: str, image: ImageName, path: str, headers: Mapping[str, str]) -> httpx.Response:
        """Send one request about an image, signed in when the registry wants that."""
        answer = self._send(method, path, headers)
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            authorization = self._sign_in(answer.headers.get("WWW-Authenticate", ""), image)
            answer = self._send(method, path, {**headers, "Authorization": authorization})
        if answer.status_code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise RegistryError(self._refused(image))
        if answer.status_code == HTTPStatus.NOT_FOUND:
            text = f"{self._host} has no {image}: mend repository or tag in the compose file, or push it first."
            raise RegistryError(text)
        if not answer.is_success:
            text = f"{self._host} answers for {image} with HTTP {answer.status_code}: try again later."
            raise RegistryError(text)
        return answer

    def _sign_in(self, challenge: str, image: ImageName) -> str:
        """Return the value of the header that answers a challenge: a token fetched for it, or user and password."""
        scheme, _, rest = challenge.partition(" ")
        if scheme.lower() == "basic" and self._login:
            request = httpx.Request("GET", self._base)
            signed = next(httpx.BasicAuth(self._login.username, self._login.password).auth_flow(request))
            return str(signed.headers["Authorization"])
        wanted = dict(re.findall(r'(\w+)="([^"]*)"', rest))
        if scheme.lower() != "bearer" or "realm" not in wanted:
            raise RegistryError(self._refused(image))
        realm = httpx.URL(wanted["realm"])
        if realm.scheme != "https" and not _is_loopback(realm.host):
            text = f"{self._host} wants the login sent to {realm.host} in the clear: that is refused."
            raise RegistryError(text)
        query = {"service": wanted.get("service", ""), "scope": f"repository:{image.path}:pull"}
        auth = (self._login.username, self._login.password) if self._login else None
        answer = self._retried(httpx.Request("GET", realm, params=query), auth)
        token = _token(answer)
        if token is None:
            raise RegistryError(self._refused(image))
        return f"Bearer {token}"

    def _send(self, method: str, path: str, headers: Mapping[str, str]) -> httpx.Response:
        try:
            return self._retried(httpx.Request(method, f"{self._base}{path}", headers=headers), None)
        except _PlainHttpError:
            # As Docker does: a registry on this very machine may speak HTTP.
            self._base = self._base.replace("https:", "http:", 1)
            return self._retried(httpx.Request(method, f"{self._base}{path}", headers=headers), None)

    def _retried(self, request: httpx.Request, auth: tuple[str, str] | None) -> httpx.Response:
        """Send a request, again when the fault may pass."""
        for wait in WAITS_SECONDS:
            try:
                answer = self._client.send(request, auth=auth)
            except httpx.TransportError as error:
                self._raise_if_lasting(request, error)
                time.sleep(wait)
            else:
                if answer.status_code not in PASSING:
                    return answer
                time.sleep(_asked_wait(answer, wait))
        try:
            return self._client.send(request, auth=auth)
        except httpx.TransportError as error:
            self._raise_if_lasting(request, error)
            text = f"{request.url.host} does not answer: is the name right, and can this machine reach it?"
            raise RegistryError(text) from None

    def _raise_if_lasting(self, request: httpx.Request, error: httpx.TransportError) -> None:
        """Raise what no further try would change."""
        text = str(error)
        if "CERTIFICATE_VERIFY_FAILED" in text:
            sentence = (
                f"the certificate of {request.url.host} is not trusted: name its authority under "
                f"`slipway:registries` as `ca_file`, or with `--ca-file`."
            )
            raise RegistryError(sentence) from None
        if request.url.scheme == "https" and _is_loopback(request.url.host) and "SSL" in text:
            raise _PlainHttpError from None

    def _refused(self, image: ImageName) -> str:
        if self._login is None:
            return (
                f"{self._host} does not let just anybody read {image}: add a login under `slipway:registries`, or "
                "check the name."
            )
        return f"{self._host} refused the login of {self._login.username} for {image}: check user, password and rights."


class _PlainHttpError(Exception):
    """What answers there does not speak TLS."""


class _Addressed(httpx.HTTPTransport):
    """Reaches some hosts at addresses of their own; the certificate is still the name's."""

    def __init__(self, trust: ssl.SSLContext, addresses: Mapping[str, str]) -> None:
        super().__init__(verify=trust)
        self._addresses = addresses

    @override
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        address = self._addresses.get(f"{request.url.host}:{port}")
        if address is None:
            return super().handle_request(request)
        there = httpx.Request(
            request.method,
            request.url.copy_with(host=address),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": request.url.host},
        )
        return super().handle_request(there)


def _trust(authority: Path | None) -> ssl.SSLContext:
    trust = ssl.create_default_context()
    if authority is not None:
        try:
            trust.load_verify_locations(authority)
        except OSError:
            text = f"{authority} cannot be read as a certificate authority in PEM form: does the file exist?"
            raise RegistryError(text) from None
    return trust


def _token(answer: httpx.Response) -> str | None:
    if not answer.is_success:
        return None
    try:
        content = answer.json()
    except ValueError:
        return None
    token = content.get("token") or content.get("access_token") if isinstance(content, dict) else None
    return token if isinstance(token, str) else None


def _tags(answer: httpx.Response) -> list[str]:
    try:
        content = answer.json()
    except ValueError:
        return []
    listed = content.get("tags") if isinstance(content, dict) else None
    return [tag for tag in listed if isinstance(tag, str)] if isinstance(listed, list) else []


def _asked_wait(answer: httpx.Response, otherwise: float) -> float:
    asked = answer.headers.get("Retry-After", "")
    return min(float(asked), LONGEST_WAIT_SECONDS) if asked.isdecimal() else otherwise


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
