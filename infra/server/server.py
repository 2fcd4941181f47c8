"""The `Server` component: a Debian server made ready to run containers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_docker as docker

from infra.host import resources as host
from infra.host import server_resources
from infra.host import system_resources as system
from infra.host.ssh import Connection
from infra.profiles import HostSetting, Override, Particulars, ProfileName, Suite, settings
from infra.server.access import AccessArgs, declare_access
from infra.server.baseline import Baseline, BaselineArgs
from infra.server.declaring import declare_security_archive
from infra.server.docker_provider import docker_provider
from infra.server.engine import declare_engine
from infra.server.placement import Placement
from infra.server.registries import Registry, declare_registries

SWAP_FILE = "/swapfile"


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerArgs:
    """What a `Server` needs."""

    connection: Connection
    """How the server is reached. Plain values: a preview must work offline."""
    admin_keys: Sequence[pulumi.Input[str]]
    """Public keys that may sign in as the deploy user, one line of `authorized_keys` each."""
    registries: Mapping[str, Registry] = field(default_factory=dict)
    """Registry host, with its port → how to sign in there."""
    admins: Mapping[str, Sequence[pulumi.Input[str]]] = field(default_factory=dict)
    """People with an account of their own and sudo: user name → public keys."""
    profile: ProfileName = "minimal"
    suite: Suite | None = None
    """Release of Debian; needed for the profile `hardened`."""
    overrides: Mapping[str, Override] = field(default_factory=dict)
    """Name of a setting, or a pattern → what is said in place of the profile."""
    particulars: Particulars = field(default_factory=Particulars)
    """What else of the server's section its settings depend on."""
    exclusive_users: bool = False
    """Whether the users declared here are in no groups but those declared."""
    exclusive_keys: bool = False
    """Whether keys that are not declared are removed from those users."""
    swap: int | None = None
    """Size of the swap file in MiB; None leaves the server's swap as it is."""
    timezone: str | None = None
    hostname: str | None = None
    security_archive: str | None = None
    """Archive of security updates; None for the one beside the mirror that the server uses."""
    untested: bool = False
    """Whether it may be a later Ubuntu LTS."""


class Server(pulumi.ComponentResource):
    """A Debian 12 or 13 server with a deploy user, Docker Engine, and the settings of its profile.

    Creates:
        host.Provider: the one connection to the server.
        docker.Provider: Docker Engine over ssh, as the deploy user.
        host.OperatingSystem: holds everything back on a system that is not supported.
        host.AptSource: the archive of security updates.
        host.Package: `sudo`, Docker Engine and its client.
        host.Directory, host.JsonFile, host.File: `daemon.json`, registry login and CA.
        host.Group, host.User, host.AuthorizedKeys, host.SudoersFile: the deploy user and the admins.
        host.Unit: Docker, restarted only when `daemon.json` changed.
        host.Swap, host.Timezone, host.Hostname: where the stack file names them.
        Baseline: the settings of the profile.
    """

    TYPE = "slipway:server:Server"

    host_provider: host.Provider
    """Provider of every typed resource on this server."""
    docker_provider: docker.Provider
    """Provider of every container resource on this server; usable once the component is ready."""
    address: str
    """Host name or address the server is reached by."""
    reachable: Sequence[pulumi.Resource]
    """The gate, the archive of packages and the ways in: what other components on the server wait for."""

    def __init__(self, name: str, args: ServerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        connection = args.connection
        plain = {"host": connection.host, "user": connection.user, "profile": args.profile, "suite": args.suite}
        super().__init__(self.TYPE, name, plain, opts)
        self.address = connection.host
        self.host_provider = host.Provider(name, connection=connection, opts=pulumi.ResourceOptions(parent=self))
        self.docker_provider = docker_provider(name, self, connection)
        place = self._place(name, args)
        chosen = settings(args.profile, args.suite, args.overrides, args.particulars)
        archive = _archive(place, args, chosen)
        of_engine = [setting for setting in chosen if setting.family == "docker"]
        engine = declare_engine(place, of_engine, list(archive.values()))
        declare_registries(place, args.registries)
        access = declare_access(place, _access(args), engine)
        self.reachable = [*place.first, *archive.values(), *access]
        _machine(place, args)
        Baseline(
            f"{name}-baseline",
            BaselineArgs(
                place=place,
                settings=chosen,
                overrides=args.overrides,
                declared=archive,
                access=access,
            ),
            pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"address": self.address})

    def _place(self, name: str, args: ServerArgs) -> Placement:
        """Return where resources of this server belong: behind the gate that knows its system."""
        ungated = Placement(server=name, parent=self, provider=self.host_provider)
        gate = server_resources.OperatingSystem(
            f"{name}-operating-system",
            stack=pulumi.get_stack(),
            suite="" if args.suite is None or args.untested else args.suite,
            untested=args.untested,
            opts=ungated.options(),
        )
        return Placement(server=name, parent=self, provider=self.host_provider, first=[gate])


def _archive(place: Placement, args: ServerArgs, chosen: Sequence[HostSetting]) -> dict[str, pulumi.Resource]:
    """Declare the archive of security updates, by the name of its setting, unless it is left to the server."""
    name = "apt/security"
    wanted = any(setting.name == name for setting in chosen)
    return {name: declare_security_archive(place, args.security_archive)} if wanted else {}


def _access(args: ServerArgs) -> AccessArgs:
    return AccessArgs(
        user=args.connection.user,
        keys=args.admin_keys,
        admins=args.admins,
        hardened=args.profile == "hardened",
        exclusive_users=args.exclusive_users,
        exclusive_keys=args.exclusive_keys,
    )


def _machine(place: Placement, args: ServerArgs) -> None:
    """Declare what the stack file says about the machine itself."""
    if args.swap is not None:
        opts = place.options(stays=True)
        system.Swap(f"{place.server}-swap", path=SWAP_FILE, size=args.swap, opts=opts)
    if args.timezone is not None:
        system.Timezone(f"{place.server}-timezone", zone=args.timezone, opts=place.options())
    if args.hostname is not None:
        system.Hostname(f"{place.server}-hostname", name=args.hostname, opts=place.options())
