"""How a product signs in to its PostgreSQL service: two users in turn, so that a new password locks nobody out."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated

from infra.compose.postgres import data
from infra.compose.project import Project
from infra.config.mistakes import Step, did_you_mean
from infra.config.section import Form, Name, Section

_PLACEHOLDER = re.compile(r"\{user:([^{}]*)\}")
Identifier = Annotated[
    str,
    Form(
        "database name",
        # PostgreSQL keeps 63 letters; two are those of the user's number.
        "^(?!pg_)[a-z_][a-z0-9_]{0,60}$",
        "must be a name of small letters, digits and `_`, at most 61, no digit first and not `pg_…`, such as `shop`",
    ),
]


class DatabaseAccess(Section):
    """A secret that is the password of a database user."""

    service: Name
    """PostgreSQL service of the product, with its data in a volume."""
    role: Identifier
    """Role that owns what the product makes; made where there is none. It is `<role>_1` and `<role>_2` who sign in,
    in turn: `rotation` gives the other one a new password, and the former one is shut out once no service uses it."""
    database: Identifier | None = None
    """Made for the role where there is none; called like it when absent."""

    def user(self, rotation: int) -> str:
        """Return who signs in."""
        return f"{self.role}_{(rotation - 1) % 2 + 1}"


def with_users(text: str, users: Mapping[str, str]) -> str:
    """Return a text with the user in the place of each `{user:<secret>}`.

    Args:
        text: a value of `env`.
        users: secret → who signs in by it; one that is missing stays as it is written.
    """
    return _PLACEHOLDER.sub(lambda match: users.get(match[1], match[0]), text)


def unknown_users(texts: Mapping[str, str], users: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the variables that name a user of a secret which has none, and the sentence."""
    for variable, text in texts.items():
        for secret in dict.fromkeys(_PLACEHOLDER.findall(text)):
            if secret not in users:
                remark = did_you_mean(secret, users) or ": say `database` there"
                yield variable, f"secret {secret} is the password of no database user{remark}"


def broken_access(accesses: Mapping[str, DatabaseAccess], project: Project) -> Iterator[tuple[tuple[Step, ...], str]]:
    """Yield what is wrong with the database users of a product: place below its `secrets`, and the sentence."""
    owners: dict[tuple[str, str], str] = {}
    for secret, access in accesses.items():
        at = (secret, "database")
        service = project.services.get(access.service)
        if service is None:
            yield (*at, "service"), f"names no service of the product{did_you_mean(access.service, project.services)}"
        elif data(service) is None:
            yield (*at, "service"), f"must name a PostgreSQL service with its data in a volume; {service.name} is none"
        elif secret in service.secret_names:
            yield (*at, "service"), f"{service.name} uses this secret itself: its own password is another one"
        elif circle := _needs(project, access.service) & _users(project, secret):
            yield (*at, "service"), f"{access.service} depends on {min(circle)}, which signs in to it by this secret"
        other = owners.setdefault((access.service, access.role), secret)
        if other != secret:
            yield (*at, "role"), f"is the one of {other}: each secret has a role of its own"


def _users(project: Project, secret: str) -> set[str]:
    """Return the services that use a secret."""
    return {service.name for service in project.services.values() if secret in service.secret_names}


def _needs(project: Project, service: str) -> set[str]:
    """Return all services that one waits for, itself included."""
    found: set[str] = set()
    ahead = [service]
    while ahead:
        name = ahead.pop()
        if name not in found and name in project.services:
            found.add(name)
            ahead.extend(each.service for each in project.services[name].depends_on)
    return found
