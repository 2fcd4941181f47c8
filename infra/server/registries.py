"""Logins and authorities of private registries."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from infra.host import resources as host
from infra.server import render
from infra.server.placement import Placement


@dataclass(frozen=True, kw_only=True, slots=True)
class Registry:
    """A container registry that the server may pull from."""

    username: str
    password: pulumi.Input[str]
    """Secret; it is written to a file of root's on the server and goes nowhere else."""
    ca: pulumi.Input[str] | None = None
    """Certificate authority of a private registry, PEM; the system's own when absent."""


def declare_registries(place: Placement, registries: Mapping[str, Registry]) -> None:
    """Write the login and the CA of each private registry."""
    if not registries:
        return
    base = host.Directory(f"{place.server}-etc-slipway", path="/etc/slipway", mode="0755", opts=place.options())
    folder = host.Directory(
        f"{place.server}-registry-folder", path="/etc/slipway/docker", mode="0700", opts=place.options(base)
    )
    hosts = sorted(registries)
    users = [registries[each].username for each in hosts]
    login = pulumi.Output.all(*(registries[each].password for each in hosts)).apply(
        lambda passwords: render.registry_login(
            {each: (user, password) for each, user, password in zip(hosts, users, passwords, strict=True)}
        )
    )
    host.File(
        f"{place.server}-registry-login",
        path="/etc/slipway/docker/config.json",
        content=pulumi.Output.secret(login),
        mode="0600",
        opts=place.options(folder),
    )
    for each in hosts:
        authority = registries[each].ca
        if authority is not None:
            path = f"/etc/docker/certs.d/{each}"
            trust = host.Directory(f"{place.server}-trust-{each}", path=path, opts=place.options())
            host.File(f"{place.server}-ca-{each}", path=f"{path}/ca.crt", content=authority, opts=place.options(trust))
