"""Signing in to a server anew, by which a change that could lock people out is confirmed."""

import subprocess
import time
from collections.abc import Callable
from threading import Event

from infra.host.plugin.diagnosis import Attempt, UnwelcomeError, diagnose
from infra.host.plugin.errors import ProviderError
from infra.host.ssh import Connection, ssh_command

_SECONDS = 20
"""How long one attempt may take."""
_POLL_SECONDS = 0.2

Knock = Callable[[Connection, str], list[str]]
"""Returns the command line that signs in as a user, becomes root and ends."""


def knock_by_ssh(connection: Connection, user: str) -> list[str]:
    """Return the ssh command line that proves that a user gets in, by a connection of its own, and becomes root."""
    return ssh_command(connection, user, "true" if user == "root" else "sudo -n true")


class Door:
    """Who has to get in to a server after a change.

    On a fresh server that is the bootstrap user until it is shut out: from then on, and anywhere else from the
    beginning, it is the user who is to sign in later. Each is tried once: a server bans whoever fails often.

    Args:
        connection: the way there.
        knock: how a user signs in.
        given_up: set when the update was interrupted.
    """

    def __init__(self, connection: Connection, knock: Knock, given_up: Event) -> None:
        self._connection = connection
        self._knock = knock
        self._given_up = given_up
        self._users = [connection.user]

    def came_in(self, user: str) -> None:
        """Take note of who has signed in."""
        self._users = list(dict.fromkeys([user, self._connection.user]))

    def refusal(self) -> str:
        """Sign in anew; return why nobody could, or nothing."""
        refusals = []
        while self._users:
            try:
                self._sign_in(self._users[0])
            except UnwelcomeError as error:
                refusals.append(str(error))
                if len(self._users) == 1:
                    break
                del self._users[0]
            except ProviderError as error:
                refusals.append(str(error))
                break
            else:
                return ""
        return "; and ".join(refusals)

    def _sign_in(self, user: str) -> None:
        process = subprocess.Popen(
            self._knock(self._connection, user),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        with process:
            complaints = self._complaints(process)
        if process.returncode:
            # One that had to be ended did not answer.
            code = process.returncode if process.returncode > 0 else None
            failure = "`sudo -n true` failed"
            raise diagnose(
                Attempt(connection=self._connection, user=user, code=code, complaints=complaints, failure=failure)
            )

    def _complaints(self, process: "subprocess.Popen[str]") -> str:
        """Wait for a process and return its standard error; end it when it takes too long or nobody waits any more."""
        deadline = time.monotonic() + _SECONDS
        while True:
            try:
                return process.communicate(timeout=_POLL_SECONDS)[1]
            except subprocess.TimeoutExpired:
                if self._given_up.is_set() or time.monotonic() > deadline:
                    process.kill()
