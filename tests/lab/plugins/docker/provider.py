"""The provider `docker`: where the daemon is, and which resources it has."""

import json
import os
from threading import Lock
from typing import Any

from typing_extensions import override

from infra.host.plugin.base import Provider
from infra.host.plugin.errors import InvalidInputsError, ProviderError
from infra.host.plugin.values import UNKNOWN, Properties
from tests.lab.plugins.docker.connection import Address
from tests.lab.plugins.docker.container import Container
from tests.lab.plugins.docker.engine import Engine
from tests.lab.plugins.docker.network import Network
from tests.lab.plugins.docker.volume import Volume

_DEFAULT_HOST = "unix:///var/run/docker.sock"


class Docker(Provider):
    """Containers, networks and volumes of one daemon; previews need no connection to it."""

    name = "docker"
    version = "5.1.0+standin"

    def __init__(self) -> None:
        super().__init__([Container(self.engine), Network(self.engine), Volume(self.engine)])
        self._engine: Engine | None = None
        self._lock = Lock()
        self._address = Address(_DEFAULT_HOST)

    def engine(self) -> Engine:
        """Return the daemon."""
        with self._lock:
            if self._engine is None:
                self._engine = Engine(self._address)
            return self._engine

    @override
    def check_config(self, config: Properties) -> Properties:
        failures = [
            (name, "there is no such setting, or this stand-in does not support it")
            for name in sorted(config.keys() - {"host", "sshOpts"})
        ]
        if config.get("host") is not UNKNOWN and not Address(_host(config)).is_supported:
            failures.append(("host", "must be ssh://user@host:port or unix:///path"))
        if config.get("sshOpts") is not UNKNOWN and _ssh_options(config) is None:
            failures.append(("sshOpts", "must be a list of strings"))
        if failures:
            raise InvalidInputsError(failures)
        return {"host": _host(config), **config}

    @override
    def configure(self, config: Properties) -> None:
        options = _ssh_options(config)
        if options is None:
            message = "sshOpts must be a list of strings"
            raise ProviderError(message)
        self._address = Address(_host(config), tuple(options))

    @override
    def close(self) -> None:
        if self._engine is not None:
            self._engine.close()


def _host(config: Properties) -> str:
    return str(config.get("host") or os.environ.get("DOCKER_HOST") or _DEFAULT_HOST)


def _ssh_options(config: Properties) -> list[str] | None:
    """Return the options, which come as a list or as the JSON of one; nothing when they are neither."""
    value: Any = config.get("sshOpts") or []
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return None
    return value if isinstance(value, list) and all(isinstance(option, str) for option in value) else None
