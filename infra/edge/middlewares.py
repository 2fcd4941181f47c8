"""What Traefik does to a public request before the service sees it, as pure functions."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from infra.ingress.headers import SECURITY_HEADERS, TRANSPORT_SECURITY
from infra.ingress.rules import Cors, PublicRule, RateLimit

NOTHING = "noop@internal"
"""Traefik's own service that answers 418 to everything; `error` makes another status of it."""
HIDDEN_HEADERS = {"Server": "", "X-Powered-By": ""}
"""Headers that only tell an attacker what runs; an empty text deletes them."""
IPV6_CLIENT = 64
"""Bits of an IPv6 address that are one client's: it gets a /64 and may use any address of it."""
CONTENT_TOO_LARGE = 413
_MEBIBYTE = 1024 * 1024
_COMPRESSED = {"encodings": ["br", "gzip"], "excludedContentTypes": ["text/event-stream", "application/grpc"]}
"""Events must leave at once, and compressing would hold back the first KiB."""


def headers(*, secure: bool, changed: Mapping[str, str | None] | None = None, cors: Cors | None = None) -> Any:
    """Return the middleware that sets the headers of every answer.

    Args:
        secure: whether answers go over TLS.
        changed: header → other value; None leaves it to the service.
        cors: which other sites' pages may call.
    """
    known = {**SECURITY_HEADERS, **(TRANSPORT_SECURITY if secure else {}), **HIDDEN_HEADERS}
    names = {name.lower(): name for name in known}
    for name, value in (changed or {}).items():
        known.pop(names.get(name.lower(), name), None)
        if value is not None:
            known[name] = value
    return {"headers": {"customResponseHeaders": known, **(_cors(cors) if cors else {})}}


def error(status: int) -> Any:
    """Return the middleware that, before `NOTHING`, answers with a status and no body."""
    return {"errors": {"status": ["418"], "statusRewrites": {"418": status}, "service": NOTHING, "query": "/"}}


def of_rule(rule: PublicRule, *, trusted_proxies: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """Yield the middlewares of a public rule in the order requests meet them, each with its kind.

    The headers come first, so that whatever a later one refuses carries them, too.

    Args:
        rule: the rule.
        trusted_proxies: networks that may say who the client is.
    """
    yield "headers", headers(secure=rule.host is not None, changed=rule.headers, cors=rule.cors)
    if rule.allow:
        yield "allow", {"ipAllowList": {"sourceRange": list(rule.allow), **_client(trusted_proxies)}}
    if rule.rate_limit:
        yield "limit", _rate_limit(rule.rate_limit, trusted_proxies)


def compression() -> Any:
    """Return the middleware that compresses answers."""
    return {"compress": _COMPRESSED}


def buffer(mebibytes: int) -> Any:
    """Return the middleware that reads a body of unknown length, and refuses one that is too long."""
    size = mebibytes * _MEBIBYTE
    # Kept in memory: the container has no disk to write to.
    return {"buffering": {"maxRequestBodyBytes": size, "memRequestBodyBytes": size}}


def longer_than(mebibytes: int) -> str:
    """Return the regular expression of all decimal numbers of bytes above a size."""
    digits = str(mebibytes * _MEBIBYTE)
    count = len(digits)
    same_length = [
        f"{digits[:index]}[{int(digit) + 1}-9][0-9]{{{count - index - 1}}}"
        for index, digit in enumerate(digits)
        if digit != "9"
    ]
    return f"^0*({'|'.join([f'[1-9][0-9]{{{count},}}', *same_length])})$"


def _rate_limit(limit: RateLimit, trusted_proxies: Sequence[str]) -> Any:
    criterion = _client(trusted_proxies) or {"ipStrategy": {}}
    criterion["ipStrategy"]["ipv6Subnet"] = IPV6_CLIENT
    return {"rateLimit": {"average": limit.average, "burst": limit.burst, "sourceCriterion": criterion}}


def _client(trusted_proxies: Sequence[str]) -> dict[str, Any]:
    """Return who counts as the client: who connects, or whom the proxies in front name."""
    return {"ipStrategy": {"excludedIPs": list(trusted_proxies)}} if trusted_proxies else {}


def _cors(cors: Cors) -> dict[str, Any]:
    return {
        "accessControlAllowOriginList": list(cors.origins),
        "accessControlAllowMethods": list(cors.methods),
        "accessControlAllowHeaders": list(cors.headers),
        "accessControlAllowCredentials": cors.credentials,
        "accessControlMaxAge": cors.max_age,
        "addVaryHeader": True,
    }
