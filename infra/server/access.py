"""Who gets in: the user that Slipway signs in as, and the people with an account of their own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from infra.host import access_resources as access
from infra.host import resources as host
from infra.profiles.ssh import GROUP
from infra.server import render
from infra.server.placement import Placement

DOCKER_GROUP = "docker"
"""Members reach the Docker socket, which is as good as root: only the deploy user is one."""
LOCKED = "locked"
"""People sign in by key, and sudo asks nothing: there is no password to guess or to expire."""
DEPLOY_KEY_OPTIONS = "restrict"
"""Its key runs commands and nothing else: no terminal, no forwarding. People have accounts of their own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AccessArgs:
    """Who may sign in."""

    user: str
    """The deploy user."""
    keys: Sequence[pulumi.Input[str]]
    """Its public keys."""
    admins: Mapping[str, Sequence[pulumi.Input[str]]]
    """People with sudo: user name to public keys."""
    hardened: bool
    """Whether only members of one group may sign in, and the deploy user's keys are restricted."""
    exclusive_users: bool
    """Whether the users are in no groups but the declared ones."""
    exclusive_keys: bool
    """Whether keys that are not declared are removed."""


def declare_access(place: Placement, args: AccessArgs, engine: pulumi.Resource) -> list[pulumi.Resource]:
    """Declare the users with their keys and sudo; return what has to be there before another way in is closed.

    The deploy user stays when the stack is destroyed: it may be the only way in by then.

    Args:
        place: the server.
        args: who may sign in.
        engine: Docker Engine, whose package makes its group.
    """
    sudo = host.Package(f"{place.server}-sudo", name="sudo", opts=place.options(stays=True))
    group = _group(place) if args.hardened else []
    deploy = _deploy_user(place, args, [engine, sudo, *group])
    return [*deploy, *(each for user in args.admins for each in _admin(place, args, user, [sudo, *group]))]


def _group(place: Placement) -> list[pulumi.Resource]:
    name = f"{place.server}-{GROUP}"
    return [host.Group(name, name=GROUP, system=True, opts=place.options(stays=True))]


def _groups(args: AccessArgs, *own: str) -> list[str]:
    return [*own, *([GROUP] if args.hardened else [])]


def _deploy_user(place: Placement, args: AccessArgs, before: Sequence[pulumi.Resource]) -> list[pulumi.Resource]:
    account = host.User(
        f"{place.server}-deploy",
        name=args.user,
        groups=_groups(args, DOCKER_GROUP),
        password=LOCKED,
        exclusive_groups=args.exclusive_users,
        opts=place.options(*before, stays=True),
    )
    keys = access.AuthorizedKeys(
        f"{place.server}-deploy-keys",
        user=args.user,
        keys=args.keys,
        options=DEPLOY_KEY_OPTIONS if args.hardened else "",
        exclusive=args.exclusive_keys,
        opts=place.options(account, stays=True),
    )
    sudo = access.SudoersFile(
        f"{place.server}-deploy-sudo",
        name=f"slipway-{args.user}",
        content=render.sudoers(args.user),
        opts=place.options(account, keys, stays=True),
    )
    return [account, keys, sudo]


def _admin(place: Placement, args: AccessArgs, user: str, before: Sequence[pulumi.Resource]) -> list[pulumi.Resource]:
    """Declare a person's account; without the line in the stack file it goes, and its home stays."""
    account = host.User(
        f"{place.server}-admin-{user}",
        name=user,
        groups=_groups(args),
        password=LOCKED,
        exclusive_groups=args.exclusive_users,
        opts=place.options(*before),
    )
    keys = access.AuthorizedKeys(
        f"{place.server}-admin-{user}-keys",
        user=user,
        keys=args.admins[user],
        exclusive=args.exclusive_keys,
        opts=place.options(account),
    )
    sudo = access.SudoersFile(
        f"{place.server}-admin-{user}-sudo",
        name=f"slipway-{user}",
        content=render.sudoers(user),
        opts=place.options(account),
    )
    return [account, keys, sudo]
