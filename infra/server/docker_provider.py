"""Docker Engine of a server, over ssh."""

import pulumi
import pulumi_docker as docker

from infra.host.ssh import Connection, ssh_options
from infra.server import shared_connection


def docker_provider(name: str, parent: pulumi.Resource, connection: Connection) -> docker.Provider:
    """Declare the provider of a server's containers, as the deploy user."""
    shared_connection.make_folder()
    return docker.Provider(
        f"{name}-docker",
        docker.ProviderArgs(
            host=f"ssh://{connection.user}@{connection.host}:{connection.port}",
            ssh_opts=[*ssh_options(connection), *shared_connection.OPTIONS],
        ),
        pulumi.ResourceOptions(parent=parent),
    )
