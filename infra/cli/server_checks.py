"""Checks of the servers: a real sign-in, with the host key that the stack file pins."""

import subprocess
import time
from pathlib import Path
from typing import Final

from infra.cli.checks import Result, failed, passed
from infra.cli.ways import way_to
from infra.config.settings import ServerSettings
from infra.host.plugin import clock
from infra.host.plugin.diagnosis import Attempt, UnansweredError, UnwelcomeError, diagnose
from infra.host.plugin.errors import ProviderError
from infra.host.ssh import Connection, ssh_command

PATIENCE_SECONDS: Final = 28
ROOT: Final = "root"


def check_server(root: Path, server: ServerSettings) -> Result:
    """Sign in as Pulumi would: as the deploy user, and where that one is refused as the bootstrap user.

    Never by looking whether the port is open: Debian 13 locks out who connects without signing in.
    """
    name = f"server {server.name}"
    connection = server.connection
    way = way_to(connection, connection.user)
    try:
        return passed(name, f"{_sign_in(root, connection, connection.user)}{way.passed()}")
    except UnwelcomeError as refusal:
        if connection.bootstrap_user in {"", connection.user}:
            return failed(name, f"{refusal}.")
        try:
            python = _sign_in(root, connection, connection.bootstrap_user)
        except ProviderError as error:
            return failed(name, f"{refusal}; and {error}.")
        return passed(name, f"{python}{way.passed()}; `slipway up` makes {connection.user} first")
    except UnansweredError as error:
        return failed(name, f"{error}{way.missed(server.firewall.ssh_from if server.firewall else ())}.")
    except ProviderError as error:
        return failed(name, f"{error}.")


def _sign_in(root: Path, connection: Connection, user: str) -> str:
    """Sign in, become root, and return what was found.

    Raises:
        ProviderError: why that failed, or that the server's clock is far off.
    """
    question = "python3 -V && date +%s"
    command = ssh_command(connection, user, question if user == ROOT else f"sudo -n {question}")
    try:
        run = subprocess.run(
            command,
            cwd=root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise diagnose(Attempt(connection=connection, user=user, code=None, complaints="")) from None
    if run.returncode:
        raise diagnose(Attempt(connection=connection, user=user, code=run.returncode, complaints=run.stderr))
    python, _, seconds = run.stdout.strip().rpartition("\n")
    if remark := clock.remark(connection.host, int(seconds) - time.time()):
        raise ProviderError(remark)
    return f"{user}@{connection.host}, {python}"
