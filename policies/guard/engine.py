"""Rules on who can talk to the Docker engine."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from pulumi_policy import Severity

from .images import BY_DIGEST
from .inputs import Sentence
from .resource import Resource, Stack
from .rules import rule, stack_rule
from .types import CONTAINER, DOCKER_PROVIDER, NETWORK
from .workload import labels

PROXY_LABEL: Final = ("role", "socket-proxy")
CERTIFICATES: Final = ("certMaterial", "keyMaterial", "caMaterial")
UNCHECKED: Final = ("stricthostkeychecking=no", "userknownhostsfile=/dev/null", "stricthostkeychecking=accept-new")
WRITES: Final = frozenset(
    {
        "ALLOW_RESTARTS",
        "ALLOW_START",
        "ALLOW_STOP",
        "AUTH",
        "BUILD",
        "COMMIT",
        "CONFIGS",
        "EXEC",
        "NODES",
        "PLUGINS",
        "POST",
        "SECRETS",
        "SWARM",
        "SYSTEM",
    }
)
"""Switches of Tecnativa's proxy that let a caller change the server, or read its secrets."""
OFF: Final = frozenset({"", "0", "false"})


@stack_rule(
    "D03",
    on=(CONTAINER, NETWORK),
    severity=Severity.CRITICAL,
    remedy="Run the proxy by digest, read-only, without capabilities and ports, as a user, on an internal network of "
    "its own, and let it answer GET alone.",
    sources=("Tecnativa docker-socket-proxy", "wollomatic socket-proxy"),
)
def socket_proxy_is_harmless(stack: Stack) -> Iterator[tuple[Resource, Sentence]]:
    """A proxy before the Docker socket lets nobody change the server.

    It is the socket, as far as its filter lets through; to create a container is to be root.
    """
    internal = {network.known("name") for network in stack.of(NETWORK) if network.known("internal")}
    yield from stack.each(partial(_proxy, internal=internal), CONTAINER)


@rule(
    "D04",
    on=DOCKER_PROVIDER,
    severity=Severity.CRITICAL,
    remedy="Reach the engine by `ssh://<user>@<server>` with the host key pinned; by `tcp://` only with `caMaterial`, "
    "`certMaterial` and `keyMaterial`.",
    sources=("CIS Docker 2.7", "dev-sec ssh-07"),
    waivable=False,
)
def engine_is_reached_safely(provider: Resource) -> Iterator[Sentence]:
    """The Docker engine is reached by SSH with a pinned host key, not as root, or by TLS with certificates.

    Whoever answers in its place gets every secret; whoever reaches an open one is root.
    """
    host = provider.get("host") or ""
    if host.startswith(("tcp://", "http://", "https://")):
        yield from (f"`host` is TCP, and `{name}` is not set." for name in CERTIFICATES if name not in provider)
    if host.startswith("ssh://root@"):
        yield "`host` signs in as root."
    options = provider.get("sshOpts") or ()
    # A provider's lists come as JSON.
    words: Sequence[str] = json.loads(options) if isinstance(options, str) else tuple(options)
    line = " ".join(words).lower().replace(" =", "=")
    yield from (f"`sshOpts` has `{option}`." for option in UNCHECKED if option in line)


def _proxy(container: Resource, *, internal: Collection[str]) -> Iterator[Sentence]:
    name, value = PROXY_LABEL
    if labels(container).get(name) != value:
        return
    yield from _shape(container)
    networks = [network.get("name") for network in container.get("networksAdvanced") or ()]
    if not networks or any(network not in internal for network in networks):
        yield "`networksAdvanced` holds a network that is not `internal`."


def _shape(container: Resource) -> Iterator[Sentence]:
    """Yield what is wrong with a proxy by itself."""
    if not BY_DIGEST.fullmatch(container.get("image") or ""):
        yield "`image` holds no `sha256` digest."
    if not container.get("readOnly"):
        yield "`readOnly` is not set."
    if (container.get("user") or "0").partition(":")[0] in {"0", "root"}:
        yield "`user` is root."
    if container.get("ports"):
        yield "`ports` publishes it."
    yield from _writes(container)


def _writes(container: Mapping[str, Any]) -> Iterator[Sentence]:
    for index, line in enumerate(container.get("envs") or ()):
        name, _, value = line.partition("=")
        if name in WRITES and value.lower() not in OFF:
            yield f"`envs[{index}]` switches {name} on."
    for index, word in enumerate(container.get("command") or ()):
        if word.lower().startswith(("-allowpost", "-allowput", "-allowdelete", "-allowpatch")):
            yield f"`command[{index}]` lets callers change things."
        elif word.lower() in {"-allowfrom=0.0.0.0/0", "-allowfrom=::/0"}:
            yield f"`command[{index}]` lets everybody call."
