"""Rules on the secrets that a workload is given."""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from pulumi_policy import EnforcementLevel, Severity
from pulumi_policy.proxy import UnknownValueError

from .credentials import KEY_MATERIAL, SHORTEST, is_credential, is_weak, password_in
from .inputs import Elements, Fields, NotKnown, Sentence, each, whole
from .resource import Resource
from .rules import rule
from .types import CONTAINER, RANDOM_PASSWORD, SERVICE, SWARM_SECRET
from .workload import WORKLOADS, read

MOST_OPEN_FILE: Final = 0o640
MOST_OPEN_SECRET: Final = 0o600
MOST_OPEN_IN_SWARM: Final = 0o400


@dataclass(frozen=True, kw_only=True, slots=True)
class Variable:
    """A variable of a workload's environment."""

    place: str
    name: str
    value: str | None
    """Nothing where only `up` will know it."""
    secret: bool
    """Whether it is encrypted in the state."""


@rule(
    "D29",
    on=WORKLOADS,
    severity=Severity.HIGH,
    remedy="Name a secret of the stack file: as a file under `secrets`, or as `{secret:<name>}` in the product's "
    "`env`.",
    sources=("CIS Docker 4.10", "CL-0020", "CL-0021"),
    waivable=False,
    waits=True,
)
def environment_holds_no_plain_secret(workload: Resource) -> Iterator[Sentence]:
    """No secret is in the environment in plain text.

    It is in the repository, in the state and in every preview, for whoever may read one of them.
    """
    for variable in _variables(workload):
        if variable.secret:
            continue
        if variable.value is None:
            yield NotKnown(variable.place)
        elif variable.value.startswith("/"):
            continue
        elif is_credential(variable.name) and variable.value:
            yield f"`{variable.place}` sets {variable.name} in plain text."
        elif password_in(variable.value) is not None or KEY_MATERIAL.search(variable.value):
            yield f"`{variable.place}` holds a password or key in plain text."


@rule(
    "D29",
    on=WORKLOADS,
    severity=Severity.MEDIUM,
    level=EnforcementLevel.ADVISORY,
    remedy="Give it as a file under `secrets`; many images read `<NAME>_FILE`.",
    sources=("CIS Docker 4.10", "CIS Docker 7.4"),
)
def secret_comes_as_a_file(workload: Resource) -> Iterator[Sentence]:
    """Workloads read their secrets from files.

    What is in an environment is shown by `docker inspect`, is inherited by every program that is started, and ends up
    in error reports.
    """
    place, given = read(workload, "environment")
    if isinstance(given, Elements):
        yield from (
            f"`{place}[{index}]` holds a secret of the stack." for index in range(len(given)) if given.is_secret(index)
        )
    elif isinstance(given, Fields):
        yield from (f"`{place}.{name}` is a secret of the stack." for name in given if given.is_secret(name))


@rule(
    "D30",
    on=(*WORKLOADS, SWARM_SECRET, RANDOM_PASSWORD),
    severity=Severity.CRITICAL,
    remedy="Let the stack file generate it (`secrets: {<name>: {generate: 32}}`), or set a longer one.",
    sources=("Slipway SEC-001",),
    waits=True,
)
def password_is_not_weak(resource: Resource) -> Iterator[Sentence]:
    """Passwords have 16 characters or more and are none that is tried first.

    The well-known ones are tried within minutes on everything that answers.
    """
    if resource.kind == SWARM_SECRET:
        if is_weak(_decoded(resource.get("data") or "")):
            yield "`data` is weak."
        return
    if resource.kind == RANDOM_PASSWORD:
        if (resource.get("length") or 0) < SHORTEST:
            yield f"`length` is less than {SHORTEST}."
        return
    for variable in _variables(resource):
        if variable.value is None:
            # A secret that is not known yet is a generated one, which is judged by its own length.
            yield from () if variable.secret else (NotKnown(variable.place),)
            continue
        given = variable.value if is_credential(variable.name) else password_in(variable.value)
        if given and not given.startswith("/") and is_weak(given):
            yield f"`{variable.place}` holds one that is weak."


@rule(
    "D31",
    on=CONTAINER,
    severity=Severity.HIGH,
    remedy="Put the file under `secrets` in the compose file: it is then mounted, not copied into the container.",
    sources=("CIS Docker 4.10",),
    waits=True,
)
def uploaded_file_is_no_secret(container: Resource) -> Iterator[Sentence]:
    """Files copied into a container hold no secret, and are not for everybody.

    They stay in the state and in the container's layer, and come along with every copy of it.
    """
    yield from each(container, "uploads", _upload)


@rule(
    "D33",
    on=SERVICE,
    severity=Severity.MEDIUM,
    level=EnforcementLevel.ADVISORY,
    remedy="Set `fileMode` to 0400 (256 in decimal) and `fileUid` to the user of the task.",
    sources=("CIS Docker 7.4",),
)
def swarm_secret_is_for_its_user(service: Resource) -> Iterator[Sentence]:
    """Secrets of a Swarm can be read by the task's user alone.

    Docker's default lets every user in the container read them.
    """
    specification = service["taskSpec"]["containerSpec"]
    user = (specification.get("user") or "0").partition(":")[0]
    secrets = specification.get("secrets") or ()
    for index in range(len(secrets)):
        place = f"taskSpec.containerSpec.secrets[{index}]"
        mode = secrets[index].get("fileMode")
        if not whole(mode) or int(mode) & ~MOST_OPEN_IN_SWARM:
            yield f"`{place}.fileMode` lets others read it."
        if (secrets[index].get("fileUid") or "0") != user:
            yield f"`{place}.fileUid` is not the task's user."


def _variables(workload: Resource) -> Iterator[Variable]:
    place, given = read(workload, "environment")
    keys: Any = range(len(given)) if isinstance(given, Elements) else tuple(given or ())
    for key in keys:
        where = f"{place}[{key}]" if isinstance(given, Elements) else f"{place}.{key}"
        try:
            text: str = given[key]
        except UnknownValueError:
            yield Variable(place=where, name="", value=None, secret=given.is_secret(key))
            continue
        name, _, value = text.partition("=") if isinstance(given, Elements) else (key, "", text)
        yield Variable(place=where, name=name, value=value, secret=given.is_secret(key))


def _upload(place: str, upload: Any) -> Iterator[Sentence]:
    content = upload.get("content") or _decoded(upload.get("contentBase64") or "")
    mode = int(upload.get("permissions") or "0644", 8)
    if upload.is_secret("content") or upload.is_secret("contentBase64") or KEY_MATERIAL.search(content):
        yield f"`{place}` holds a secret."
        if mode & ~MOST_OPEN_SECRET:
            yield f"`{place}.permissions` lets others read it."
    elif mode & ~MOST_OPEN_FILE:
        yield f"`{place}.permissions` lets everybody read it, or somebody change it."


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", errors="replace")
    except binascii.Error:
        return text
