"""Docker Engine, from Debian unless there is one already."""

import hashlib
import json
from collections.abc import Sequence

import pulumi

from infra.host import resources as host
from infra.host import system_resources as system
from infra.profiles import HostSetting
from infra.server import render
from infra.server.placement import Placement

DAEMON = "/etc/docker/daemon.json"


def declare_engine(
    place: Placement, settings: Sequence[HostSetting], before: Sequence[pulumi.Resource]
) -> pulumi.Resource:
    """Install Docker Engine, whose settings are there before it first starts; return its package.

    Docker's own packages are kept where somebody has installed them, and so are settings that nobody declared. The
    engine stays when the stack is destroyed or the server gets another name: containers of others may run in it.

    Args:
        place: the server.
        settings: those of the family `docker`.
        before: what has to be there first, as the archive of security updates.
    """
    folder = host.Directory(f"{place.server}-etc-docker", path="/etc/docker", opts=place.options())
    declared = render.daemon_json(settings)
    opts = place.options(folder)
    # It was a `File` once: made anew under another type, it would be deleted as the former one.
    opts.aliases = [pulumi.Alias(type_=host.File.TYPE)]
    daemon = system.JsonFile(f"{place.server}-daemon-json", path=DAEMON, settings=declared, opts=opts)
    engine = host.Package(
        f"{place.server}-docker-engine",
        name="docker.io",
        or_installed=["docker-ce"],
        opts=place.options(daemon, *before, stays=True),
    )
    # Debian 13 has the client in a package of its own; on 12 it comes with the engine.
    client = host.Package(
        f"{place.server}-docker-client",
        name="docker-cli | docker.io",
        or_installed=["docker-ce-cli"],
        opts=place.options(engine, stays=True),
    )
    host.Unit(
        f"{place.server}-docker-service",
        name="docker.service",
        restart_on={DAEMON: hashlib.sha256(json.dumps(declared, sort_keys=True).encode()).hexdigest()},
        opts=place.options(client, stays=True),
    )
    return engine
