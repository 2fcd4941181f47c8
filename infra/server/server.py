"""The `Server` component: a Debian server made ready to run containers."""

import hashlib
import os
import pwd
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pulumi
import pulumi_docker as docker

from infra.host import resources as host
from infra.host.ssh import Connection, ssh_options
from infra.server import render

DOCKER_GROUP = "docker"
"""Members reach the Docker socket, which is as good as root: only the deploy user is one."""

CLIENT_MULTIPLEXING = ("-o", "ControlMaster=auto", "-o", "ControlPath=~/.ssh/slipway-%C", "-o", "ControlPersist=60s")
"""The docker provider opens one ssh a request; unmultiplexed, sshd's `MaxStartups` drops bursts (kreuzwerker#262)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Registry:
    """A container registry that the server may pull from."""

    username: str
    password: pulumi.Input[str]
    """Secret; it is written to a file of root's on the server and goes nowhere else."""
    ca: pulumi.Input[str] | None = None
    """Certificate authority of a private registry, PEM; the system's own when absent."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerArgs:
    """What a `Server` needs."""

    connection: Connection
    """How the server is reached. Plain values: a preview must work offline."""
    admin_keys: Sequence[pulumi.Input[str]]
    """Public keys that may sign in as the deploy user, one line of `authorized_keys` each."""
    registries: Mapping[str, Registry] = field(default_factory=dict)
    """Registry host, with its port → how to sign in there."""


class Server(pulumi.ComponentResource):
    """A Debian 12 or 13 server with a deploy user and Docker Engine from Debian.

    Creates:
        host.Provider: the one connection to the server.
        docker.Provider: Docker Engine over ssh, as the deploy user.
        host.Package: `sudo`, Docker Engine and its client.
        host.Directory, host.File: `daemon.json`, registry login and CA, sudo rule, authorized keys.
        host.User: the deploy user.
        host.Unit: Docker, restarted only when `daemon.json` changed.
    """

    TYPE = "slipway:server:Server"

    host_provider: host.Provider
    """Provider of every typed resource on this server."""
    docker_provider: docker.Provider
    """Provider of every container resource on this server; usable once the component is ready."""
    address: str
    """Host name or address the server is reached by."""

    def __init__(self, name: str, args: ServerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        connection = args.connection
        super().__init__(self.TYPE, name, {"host": connection.host, "user": connection.user}, opts)
        self._name = name
        self.address = connection.host
        self.host_provider = host.Provider(name, connection=connection, opts=pulumi.ResourceOptions(parent=self))
        _make_control_folder()
        self.docker_provider = docker.Provider(
            f"{name}-docker",
            docker.ProviderArgs(
                host=f"ssh://{connection.user}@{connection.host}:{connection.port}",
                ssh_opts=[*ssh_options(connection), *CLIENT_MULTIPLEXING],
            ),
            pulumi.ResourceOptions(parent=self),
        )
        engine = self._engine()
        self._registries(args.registries)
        self._deploy_user(connection.user, args.admin_keys, engine)
        self.register_outputs({"address": self.address})

    def _on(self, *after: pulumi.Resource, stays: bool = False) -> pulumi.ResourceOptions:
        """Return the options of a resource on this server that comes after others."""
        return pulumi.ResourceOptions(
            parent=self, provider=self.host_provider, depends_on=list(after), retain_on_delete=stays or None
        )

    def _engine(self) -> host.Package:
        """Install Docker Engine; its settings are there before it first starts.

        It stays when the stack is destroyed or the server gets another name: containers of others may run in it.
        """
        folder = host.Directory(f"{self._name}-etc-docker", path="/etc/docker", opts=self._on())
        content = render.daemon_json()
        settings = host.File(
            f"{self._name}-daemon-json", path="/etc/docker/daemon.json", content=content, opts=self._on(folder)
        )
        engine = host.Package(f"{self._name}-docker-engine", name="docker.io", opts=self._on(settings, stays=True))
        # Debian 13 has the client in a package of its own; on 12 it comes with the engine.
        client = host.Package(
            f"{self._name}-docker-client", name="docker-cli | docker.io", opts=self._on(engine, stays=True)
        )
        host.Unit(
            f"{self._name}-docker-service",
            name="docker.service",
            restart_on={"/etc/docker/daemon.json": hashlib.sha256(content.encode()).hexdigest()},
            opts=self._on(client, stays=True),
        )
        return engine

    def _registries(self, registries: Mapping[str, Registry]) -> None:
        """Write the login and the CA of each private registry."""
        if not registries:
            return
        base = host.Directory(f"{self._name}-etc-slipway", path="/etc/slipway", mode="0755", opts=self._on())
        folder = host.Directory(
            f"{self._name}-registry-folder", path="/etc/slipway/docker", mode="0700", opts=self._on(base)
        )
        hosts = sorted(registries)
        users = [registries[each].username for each in hosts]
        login = pulumi.Output.all(*(registries[each].password for each in hosts)).apply(
            lambda passwords: render.registry_login(
                {each: (user, password) for each, user, password in zip(hosts, users, passwords, strict=True)}
            )
        )
        host.File(
            f"{self._name}-registry-login",
            path="/etc/slipway/docker/config.json",
            content=pulumi.Output.secret(login),
            mode="0600",
            opts=self._on(folder),
        )
        for each in hosts:
            authority = registries[each].ca
            if authority is not None:
                path = f"/etc/docker/certs.d/{each}"
                trust = host.Directory(f"{self._name}-trust-{each}", path=path, opts=self._on())
                host.File(f"{self._name}-ca-{each}", path=f"{path}/ca.crt", content=authority, opts=self._on(trust))

    def _deploy_user(self, user: str, keys: Sequence[pulumi.Input[str]], engine: host.Package) -> None:
        """Make the user that later runs sign in as.

        All of it stays when the stack is destroyed: it may be the only way in by then.
        """
        sudo = host.Package(f"{self._name}-sudo", name="sudo", opts=self._on(stays=True))
        account = host.User(f"{self._name}-deploy", name=user, groups=[DOCKER_GROUP], opts=self._on(engine, stays=True))
        host.File(
            f"{self._name}-sudoers",
            path=f"/etc/sudoers.d/slipway-{user}",
            content=render.sudoers(user),
            mode="0440",
            opts=self._on(sudo, account, stays=True),
        )
        folder = host.Directory(
            f"{self._name}-ssh-folder",
            path=f"/home/{user}/.ssh",
            mode="0700",
            owner=user,
            group=user,
            opts=self._on(account, stays=True),
        )
        host.File(
            f"{self._name}-authorized-keys",
            path=f"/home/{user}/.ssh/authorized_keys",
            content=pulumi.Output.all(*keys).apply(render.authorized_keys),
            mode="0600",
            owner=user,
            group=user,
            opts=self._on(folder, stays=True),
        )


def _make_control_folder() -> None:
    """Make the folder of the control sockets on this machine: ssh ends where it is missing, as on a new CI runner."""
    # ssh takes `~` from the user database, whatever HOME says.
    home = Path(pwd.getpwuid(os.getuid()).pw_dir)
    (home / ".ssh").mkdir(mode=0o700, exist_ok=True)
