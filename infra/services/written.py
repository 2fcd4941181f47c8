"""What a service reads as files of the server: texts of the repository, and secrets."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath

import pulumi

from infra.compose.project import Service
from infra.host import resources as host
from infra.services import container as rendered

Options = Callable[[Sequence[pulumi.Resource]], pulumi.ResourceOptions]
"""Returns the options of a resource that waits for others."""


def configs(name: str, prefix: str, service: Service, options: Options) -> list[pulumi.Resource]:
    """Write the texts of the repository; a changed one is another file, so that the old release keeps its own.

    Args:
        name: logical name of the service.
        prefix: `<stack>-<product>`.
        service: the service.
        options: those of a file.
    """
    if not service.configs:
        return []
    folder = host.Directory(f"{name}-configs", path=rendered.config_folder(prefix, service.name), opts=options([]))
    paths = {rendered.config_path(prefix, service.name, each): each for each in service.configs}
    return [
        host.File(
            f"{name}-config-{PurePosixPath(path).name}",
            path=path,
            content=config.content,
            mode=config.mode,
            owner=config.owner,
            group=config.group,
            opts=options([folder]),
        )
        for path, config in paths.items()
    ]


def secrets(
    name: str, prefix: str, service: Service, values: Mapping[str, pulumi.Input[str]], options: Options
) -> list[pulumi.Resource]:
    """Write the secrets of a service, each for its user alone.

    Those it has in its environment only are written too: the agent keeps out of messages what it finds there.

    Args:
        name: logical name of the service.
        prefix: `<stack>-<product>`.
        service: the service.
        values: the value of each secret that it uses.
        options: those of a file.
    """
    if not values:
        return []
    path = f"/srv/slipway/{prefix}/secrets/{service.name}"
    folder = host.Directory(f"{name}-secrets", path=path, opts=options([]))
    owner = str(service.uid or 0)
    return [
        host.File(
            f"{name}-secret-{secret}",
            path=rendered.secret_path(prefix, service.name, secret),
            content=pulumi.Output.secret(value),
            mode="0400",
            owner=owner,
            group=owner,
            opts=options([folder]),
        )
        for secret, value in values.items()
    ]
