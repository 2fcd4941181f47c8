"""Rules on what a container may do and how it is kept alive."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pulumi_policy import Severity

from .inputs import each
from .rules import rule
from .types import CONTAINER

ALLOWED_CAPABILITIES: Final = frozenset({"NET_BIND_SERVICE", "CHOWN", "SETUID", "SETGID", "DAC_OVERRIDE", "FOWNER"})
"""What entrypoints need to bind a low port, take over a data folder and drop to their user; nothing reaches the server.

DAC_READ_SEARCH is left out on purpose: it opens files by handle, past the container's mounts, and the narrower-sounding
name makes it an easy mistake. A database that reads its password file as root is served by DAC_OVERRIDE.
"""
MOST_RETRIES: Final = 5


@rule(on=CONTAINER, severity=Severity.CRITICAL, remedy="Drop `privileged`; add the one capability it needs.")
def container_is_not_privileged(container: Mapping[str, Any]) -> Iterator[str]:
    """Containers never run privileged.

    A privileged container is root on the server: every device, every capability, no seccomp (CIS Docker 5.5).
    """
    if container.get("privileged"):
        yield "`privileged` is set."


@rule(
    on=CONTAINER,
    severity=Severity.HIGH,
    remedy="Set `capabilities` to drop `ALL` and add back only what the program needs, from: "
    + ", ".join(f"`CAP_{name}`" for name in sorted(ALLOWED_CAPABILITIES))
    + ". Anything else needs a waiver.",
)
def container_drops_capabilities(container: Mapping[str, Any]) -> Iterator[str]:
    """Containers drop all capabilities and add back only harmless ones.

    Docker's default set is more than a service needs, and some capabilities are a way out of the container (CIS Docker
    5.4).
    """
    capabilities = container.get("capabilities") or {}
    yield from each(capabilities, "adds", _added, inside="capabilities.")
    if not any(_capability(name) == "ALL" for name in capabilities.get("drops") or ()):
        yield "`capabilities.drops` does not hold `ALL`."


@rule(on=CONTAINER, severity=Severity.HIGH, remedy="Set `memory`, in MiB, and `memorySwap` to the same number.")
def container_has_memory_limit(container: Mapping[str, Any]) -> Iterator[str]:
    """Containers have a hard memory limit and no swap.

    Without one a leak takes the whole server down; with swap left at its default Docker grants the limit once more
    (CIS Docker 5.11).
    """
    memory = container.get("memory") or 0
    if memory <= 0:
        yield "`memory` is not set."
    elif container.get("memorySwap") != memory:
        yield "`memorySwap` is not the same as `memory`."


@rule(
    on=CONTAINER,
    severity=Severity.MEDIUM,
    remedy="Set `healthcheck.tests`. A container that runs to completion says so with `mustRun: false`.",
)
def container_has_healthcheck(container: Mapping[str, Any]) -> Iterator[str]:
    """Containers that keep running have a healthcheck.

    A release is switched over only when its container is healthy; one baked into the image cannot be seen here
    (CIS Docker 5.27).
    """
    if _runs_to_completion(container):
        return
    tests = tuple((container.get("healthcheck") or {}).get("tests") or ())
    if not tests:
        yield "`healthcheck.tests` is not set."
    elif tests[0] == "NONE":
        yield "`healthcheck.tests` turns the healthcheck off."
    elif tests in {("CMD",), ("CMD-SHELL",)}:
        yield "`healthcheck.tests` names no command."


@rule(
    on=CONTAINER,
    severity=Severity.MEDIUM,
    remedy=f"Set `restart` to `unless-stopped`, `always`, or `on-failure` with `maxRetryCount` 1 to {MOST_RETRIES}. "
    "A container that runs to completion says so with `mustRun: false`.",
)
def container_has_restart_policy(container: Mapping[str, Any]) -> Iterator[str]:
    """Containers that keep running come back after a crash and after a reboot.

    Docker's default is to leave a stopped container down; endless retries hide that it never works (CIS Docker 5.15).
    """
    if _runs_to_completion(container):
        return
    restart = container.get("restart") or "no"
    if restart == "on-failure":
        if not 1 <= (container.get("maxRetryCount") or 0) <= MOST_RETRIES:
            yield f"`maxRetryCount` is not between 1 and {MOST_RETRIES}."
    elif restart not in {"always", "unless-stopped"}:
        yield "`restart` does not bring the container back."


def _runs_to_completion(container: Mapping[str, Any]) -> bool:
    """Tell whether the program says that the container may end; the provider then reads an ended one as healthy."""
    return container.get("mustRun") is False


def _capability(name: str) -> str:
    return name.upper().removeprefix("CAP_")


def _added(place: str, name: str) -> Iterator[str]:
    if _capability(name) not in ALLOWED_CAPABILITIES:
        yield f"`{place}` is a capability outside the allowed set."
