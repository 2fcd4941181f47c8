"""The connection to a server that all requests of the docker provider share, and that outlives a run by a minute."""

import os
import pwd
import subprocess
from contextlib import suppress
from pathlib import Path

from infra.host.ssh import Connection

_PATH = ("-o", "ControlPath=~/.ssh/slipway-%C")
OPTIONS = ("-o", "ControlMaster=auto", *_PATH, "-o", "ControlPersist=60s")
"""The docker provider opens one ssh a request; unmultiplexed, sshd's `MaxStartups` drops bursts (kreuzwerker#262)."""
_SECONDS = 15
"""Far more than it takes: this machine may stand still. One that hangs is left as it is."""


def make_folder() -> None:
    """Make the folder of the control sockets on this machine: ssh ends where it is missing, as on a new CI runner."""
    # ssh takes `~` from the user database, whatever HOME says.
    home = Path(pwd.getpwuid(os.getuid()).pw_dir)
    (home / ".ssh").mkdir(mode=0o700, exist_ok=True)


def leave(connection: Connection) -> None:
    """Have the next request sign in anew; those that are being answered go on.

    A connection that an earlier run left open has the groups that its user had then.
    """
    command = ["ssh", "-O", "stop", "-p", str(connection.port), "-l", connection.user, *_PATH, "--", connection.host]
    # It fails where there is none.
    with suppress(subprocess.TimeoutExpired):
        subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False)
