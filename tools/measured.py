"""Which properties of which resources a part of a product ends in, measured by rendering it twice."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from infra.backups.items import Contents, contents
from infra.compose.project import Network, Project, Service, Volume
from infra.server import Server, ServerArgs
from infra.services import Product, ProductArgs, Secret
from tests.harness import Registered, render
from tests.unit.services.test_container import service
from tests.unit.services.test_product import CONNECTION, an_edge

Pair = tuple[Service, Service] | tuple[Network, Network] | tuple[Volume, Volume]
"""The same thing with a key and without it."""
_OWN = frozenset({"name", "path", "container", "containerId", "release"})
"""Inputs that hold the name of the release, which differs with every other one."""
_COST = frozenset({"strategy", "longestGap", "data"})
"""What `host.Ready` is told for the impact line: it follows from the properties that the table names."""
_AT_ONCE = 12
"""Pairs in one program: the time that rendering takes grows with the square of the resources."""
_RELEASE = re.compile("-[0-9a-f]{8}$")
_OTHER = re.compile("-(other|once|idle)")
_OTHERS = ("other", "once", "idle")


def differences(pairs: Sequence[Pair]) -> list[list[str]]:
    """Return, for each pair, the properties that differ, as in `docker.Container.memory`."""
    different = [pair for index, pair in enumerate(pairs) if pair not in pairs[:index]]
    found = [properties for batch in _batches(different) for properties in _measure(batch)]
    return [found[different.index(pair)] for pair in pairs]


def _batches(pairs: Sequence[Pair]) -> Iterator[Sequence[Pair]]:
    for start in range(0, len(pairs), _AT_ONCE):
        yield pairs[start : start + _AT_ONCE]


def _measure(pairs: Sequence[Pair]) -> list[list[str]]:
    named = [(_apart(one, f"p{index}a"), _apart(other, f"p{index}b")) for index, (one, other) in enumerate(pairs)]
    registered = _render([each for pair in named for each in pair])
    return [
        [*_differing(_resources(one.name, registered), _resources(other.name, registered)), *_backups(*pair)]
        for (one, other), pair in zip(named, pairs, strict=True)
    ]


def _backups(one: Any, other: Any) -> list[str]:
    """Return what differs in the plan of the backups, which is a file on the server."""
    if not (isinstance(one, Service) and isinstance(other, Service)):
        return []
    return [] if _plan(one) == _plan(other) else ["host.File.content of the plan of backups"]


def _plan(part: Service) -> Contents:
    volumes = {each.source: Volume(name=each.source) for each in part.mounts if each.kind == "volume"}
    return contents(Project(services={part.name: part}, networks={}, volumes=volumes), "dev-shop")


def _render(parts: Sequence[Any]) -> list[Registered]:
    services = [part for part in parts if isinstance(part, Service)]
    used = {name for each in services for name in each.secret_names}
    project = Project(
        services={each.name: each for each in [*services, *(service(name=name) for name in _OTHERS)]},
        networks={name: Network(name=name) for name in ("default", "back")}
        | {part.name: part for part in parts if isinstance(part, Network)},
        volumes={"data": Volume(name="data")} | {part.name: part for part in parts if isinstance(part, Volume)},
    )

    def program() -> None:
        server = Server(
            "main", ServerArgs(connection=CONNECTION, admin_keys=["ssh-ed25519 AAAA ops"], profile="minimal")
        )
        arguments = ProductArgs(
            stack="dev",
            project=project,
            images=dict.fromkeys(project.services, f"registry.example.com/x@sha256:{'0' * 64}"),
            secrets={name: Secret(value="value", version="1") for name in used},
            ingress=[],
            subnet="10.213.7.0/24",
            server=server,
            ready=server,
            edge=an_edge(server),
        )
        Product("shop", arguments)

    return render(program)


def _apart(service: Any, name: str) -> Any:
    """Return a part under a name of its own, with folders of its own."""
    if not isinstance(service, Service):
        return replace(service, name=name)
    mounts = [replace(each, source=f"{each.source}/{name}") if each.kind == "bind" else each for each in service.mounts]
    return replace(service, name=name, mounts=tuple(mounts))


def _resources(name: str, registered: Iterable[Registered]) -> Mapping[str, list[str]]:
    """Return what is registered for one part: property → its values, without the part's own name."""
    found: dict[str, list[str]] = defaultdict(list)
    word = re.compile(rf"\b{name}(-[0-9a-f]{{8}})?\b")
    for resource in registered:
        if not word.search(resource.name) or resource.type.startswith("slipway:"):
            continue
        kind = _kind(resource.type)
        found[kind].append("")
        for key, value in resource.inputs.items():
            said = [label for label in value if not label["label"].startswith("slipway.")] if key == "labels" else value
            if (key not in _OWN or kind == "host.Route") and not (kind == "host.Ready" and key in _COST):
                found[f"{kind}.{key}"].append(_plain(said, word))
        if kind == "docker.Container":
            found["docker.Container.name"].append(
                "of a release" if _RELEASE.search(resource.inputs["name"]) else "of all"
            )
            found["docker.Container waits for it"].extend(
                sorted(word.sub("", each) for each in resource.dependencies if _OTHER.search(each))
            )
    return found


def _differing(one: Mapping[str, list[str]], other: Mapping[str, list[str]]) -> list[str]:
    names = [name for name in sorted({*one, *other}) if sorted(one.get(name, [])) != sorted(other.get(name, []))]
    whole = [name for name in names if "." not in name.partition(".")[2] and " " not in name]
    return [name for name in names if name in whole or not any(name.startswith(f"{kind}.") for kind in whole)]


def _plain(value: Any, word: re.Pattern[str]) -> str:
    text = word.sub("", json.dumps(value, sort_keys=True, default=str))
    return re.sub(r"\b[0-9a-f]{8}\b", "", text)


def _kind(token: str) -> str:
    package, _, rest = token.partition(":")
    return f"{package}.{rest.rpartition(':')[2]}"
