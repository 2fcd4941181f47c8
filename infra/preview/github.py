"""GitHub's REST interface, as far as it is asked without Pulumi: comments, issues, and what repositories need."""

import os
import re
import time
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from types import TracebackType
from typing import Any, Final, Self

import httpx

from infra.config.sealed import is_loopback

API: Final = "GITHUB_API_URL"
CREDENTIAL: Final = "GITHUB_TOKEN"
PUBLIC_API: Final = "https://api.github.com"
VERSION: Final = "2022-11-28"
PAGE: Final = 100
MOST_PAGES: Final = 300
"""GitHub lists 30 000 things at most; what never ends is not asked for ever."""
REPOSITORY: Final = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
WAITS_SECONDS: Final = (1.0, 2.0, 4.0)
"""Before each further try, unless GitHub asks for another time."""
LONGEST_WAIT_SECONDS: Final = 120.0
"""Of one wait; GitHub's hourly limit is not waited for."""
ANSWER_SECONDS: Final = 20.0
FAULTY: Final = frozenset({500, 502, 503, 504})
LIMITED: Final = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS})


class GitHubError(Exception):
    """GitHub did not do it; the text says why and what to do, and holds no token."""

    def __init__(self, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.status = status


class GitHub:
    """One repository, signed in to with the token of the environment."""

    def __init__(self, repository: str, permission: str, *, address: str = "", token: str = "") -> None:
        """Prepare to ask; nothing is sent yet.

        Args:
            repository: `owner/name`.
            permission: what the token has to allow, as a workflow's job declares it: `issues: write`.
            address: of the interface; that of the environment when empty.
            token: to sign in with; that of the environment when empty.

        Raises:
            GitHubError: there is no token, or it would be sent in the clear.
        """
        if not REPOSITORY.fullmatch(repository):
            text = "the repository is named as `owner/name`"
            raise GitHubError(text)
        base = httpx.URL(address or os.environ.get(API) or PUBLIC_API)
        if base.scheme != "https" and not is_loopback(base.host):
            text = f"{API} is not https: the token would be sent in the clear"
            raise GitHubError(text)
        self._source = "the stack's `slipway:github`" if token else CREDENTIAL
        token = token or os.environ.get(CREDENTIAL, "")
        if not token:
            text = f"{CREDENTIAL} is not set: in a workflow, pass it to this step in `env`"
            raise GitHubError(text)
        self._origin = (base.scheme, base.host, base.port)
        self._path = f"/repos/{repository}"
        self._permission = permission
        self._client = httpx.Client(
            base_url=base,
            timeout=ANSWER_SECONDS,
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {token}",
                "X-GitHub-Api-Version": VERSION,
            },
        )

    def __enter__(self) -> Self:
        """Return the repository."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self._client.close()

    @property
    def address(self) -> str:
        """Where it is asked."""
        return str(self._client.base_url).rstrip("/")

    def who(self) -> str:
        """Return the login of the token's owner; the token of a workflow's run belongs to GitHub Actions itself."""
        try:
            return str(self._send("GET", "/user").json()["login"])
        except GitHubError as error:
            if error.status in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
                return "github-actions[bot]"
            raise

    def get(self, path: str) -> Any:
        """Return what is at a path of the repository."""
        return self._send("GET", f"{self._path}{path}").json()

    def look(self, path: str) -> httpx.Response | None:
        """Return the answer from a path of the whole interface, or nothing when there is no such thing."""
        try:
            return self._send("GET", path)
        except GitHubError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    def list(self, path: str, *, key: str = "", **query: str) -> Iterator[Any]:
        """Yield everything there is at a path, through all pages.

        Args:
            path: below the repository.
            key: name of the list, where GitHub sends it with its length.
            query: what is asked for.
        """
        address: str | None = str(httpx.URL(f"{self._path}{path}", params={**query, "per_page": str(PAGE)}))
        for _ in range(MOST_PAGES):
            if address is None:
                return
            answer = self._send("GET", address)
            yield from answer.json()[key] if key else answer.json()
            address = self._next(answer)

    def post(self, path: str, content: Mapping[str, Any]) -> Any:
        """Make something."""
        return self._send("POST", f"{self._path}{path}", content).json()

    def patch(self, path: str, content: Mapping[str, Any]) -> Any:
        """Change something."""
        return self._send("PATCH", f"{self._path}{path}", content).json()

    def delete(self, path: str) -> None:
        """Remove something; succeed when it is already gone."""
        try:
            self._send("DELETE", f"{self._path}{path}")
        except GitHubError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise

    def _next(self, answer: httpx.Response) -> str | None:
        address = answer.links.get("next", {}).get("url")
        if address is None:
            return None
        url = answer.request.url.join(address)
        if (url.scheme, url.host, url.port) != self._origin:
            text = "GitHub's next page is said to be on another host: the token is not sent there"
            raise GitHubError(text)
        return str(url)

    def _send(self, method: str, address: str, content: Mapping[str, Any] | None = None) -> httpx.Response:
        """Send a request, again when the fault may pass.

        Something that is made is made once: it is sent again only when GitHub has said that it did not take it.
        """
        for wait in WAITS_SECONDS:
            try:
                answer = self._client.request(method, address, json=content)
            except httpx.TransportError as error:
                if method == "POST" and not isinstance(error, httpx.ConnectError):
                    raise self._silence(error) from None
                time.sleep(wait)
                continue
            if answer.is_success:
                return answer
            pause = _pause(method, answer, wait)
            if pause is None:
                raise self._refusal(method, answer)
            time.sleep(pause)
        try:
            answer = self._client.request(method, address, json=content)
        except httpx.TransportError as error:
            raise self._silence(error) from None
        if not answer.is_success:
            raise self._refusal(method, answer)
        return answer

    def _silence(self, error: httpx.TransportError) -> GitHubError:
        return GitHubError(f"{self._client.base_url.host} does not answer: {type(error).__name__}")

    def _refusal(self, method: str, answer: httpx.Response) -> GitHubError:
        what = f"{method} {answer.request.url.path}"
        match answer.status_code:
            case HTTPStatus.UNAUTHORIZED:
                text = f"GitHub does not know the token in {self._source} (401)"
            case HTTPStatus.FORBIDDEN | HTTPStatus.TOO_MANY_REQUESTS if _is_limited(answer):
                text = f"GitHub's limit is used up ({answer.status_code} for {what}): run the job again later"
            case HTTPStatus.FORBIDDEN:
                text = f"the token may not do this (403 for {what}): the job needs `{self._permission}`"
            case HTTPStatus.NOT_FOUND:
                text = f"GitHub has no such thing, or hides it from this token (404 for {what})"
            case HTTPStatus.UNPROCESSABLE_ENTITY:
                text = f"GitHub does not take what was sent (422 for {what})"
            case status:
                text = f"GitHub answers {what} with HTTP {status}"
        return GitHubError(text, answer.status_code)


def _pause(method: str, answer: httpx.Response, otherwise: float) -> float | None:
    """Return how long to wait before asking again; nothing when that would not help."""
    if answer.status_code in FAULTY:
        return None if method == "POST" else otherwise
    if answer.status_code not in LIMITED:
        return None
    asked = answer.headers.get("Retry-After", "")
    if asked.isdecimal():
        return float(asked) if float(asked) <= LONGEST_WAIT_SECONDS else None
    if answer.headers.get("X-RateLimit-Remaining") == "0":
        reset = answer.headers.get("X-RateLimit-Reset", "")
        left = max(0.0, float(reset) - time.time()) if reset.isdecimal() else otherwise
        return left if left <= LONGEST_WAIT_SECONDS else None
    return otherwise if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS else None


def _is_limited(answer: httpx.Response) -> bool:
    return answer.headers.get("X-RateLimit-Remaining") == "0" or "Retry-After" in answer.headers
