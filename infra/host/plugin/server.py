"""A server as the provider knows it: asked when it is needed, signed in to once."""

import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Lock
from typing import Any

from infra.host.plugin import bootstrap, clock
from infra.host.plugin.connection import Conversation, LostError, Tell
from infra.host.plugin.diagnosis import Attempt, UnwelcomeError, diagnose
from infra.host.plugin.errors import ProviderError, SignInError
from infra.host.plugin.knocking import Door, Knock, knock_by_ssh
from infra.host.plugin.run import this_run
from infra.host.ssh import Connection, ssh_command

_ANSWER_SECONDS = 28
"""How long signing in may take, all attempts together."""
_PREVIEW_SECONDS = 5
"""How long a preview, which can do without, waits for all attempts to sign in together."""
_INTERRUPTED = "the update was interrupted"

Launch = Callable[[Connection, str], list[str]]
"""Returns the command line that starts the agent for a user."""


def launch_by_ssh(connection: Connection, user: str) -> list[str]:
    """Return the ssh command line that starts the agent as root."""
    return ssh_command(connection, user, bootstrap.agent_command(as_root=user == "root"))


class Server:
    """One server; every request goes through one conversation with its agent.

    Args:
        connection: the way there.
        tell: is told what the agent says before it answers, in the thread of the request.
        launch: how the agent is started.
        knock: how a change that could lock people out is confirmed.
    """

    def __init__(
        self, connection: Connection, tell: Tell, launch: Launch = launch_by_ssh, knock: Knock = knock_by_ssh
    ) -> None:
        self._connection = connection
        self._tell = tell
        self._launch = launch
        self._given_up = Event()
        self._door = Door(connection, knock, self._given_up)
        self._opening = Lock()
        self._switching = Lock()
        self._conversation: Conversation | None = None
        self._starting: Conversation | None = None
        self._failure: ProviderError | None = None
        self._looking = Lock()
        self._unseen: SignInError | None = None
        self._is_interrupted = False

    def ask(self, operation: str, kind: str, want: dict[str, Any]) -> dict[str, Any] | None:
        """Have the agent do something and return its answer.

        Raises:
            LeftoverError: when it failed and left something on the server.
            ProviderError: when it failed, or the server cannot be reached.
        """
        try:
            return self._open().ask(operation, kind, want)
        except LostError:
            message = f"the connection to {self._connection.host} was lost before it answered"
            raise LostError(message) from None

    def look(self, kind: str, want: dict[str, Any]) -> dict[str, Any] | None:
        """Have the agent read something for a preview, which changes nothing; it signs in only where that is quick.

        Raises:
            SignInError: the server was not signed in to; whoever asks again is told so without another attempt.
            ProviderError: it could not be read.
        """
        with self._looking:
            if self._unseen:
                raise self._unseen
            try:
                self._require_key()
                self._open(_PREVIEW_SECONDS)
            except ProviderError as error:
                self._unseen = SignInError(str(error))
                raise self._unseen from None
        try:
            return self.ask("preview", kind, want)
        except LostError as error:
            self._unseen = SignInError(str(error))
            raise self._unseen from None

    def sign_in(self) -> None:
        """Sign in, unless that has been done.

        Raises:
            SignInError: the server cannot be reached, or lets nobody in.
        """
        self._open()

    def cancel(self) -> None:
        """Give up what runs and take no more requests."""
        # Under the lock: whoever signs in meanwhile either is ended here or finds out before it asks for anything.
        with self._switching:
            self._is_interrupted = True
            starting = self._starting
        if starting:
            starting.close()
        if self._conversation:
            self._conversation.cancel()
        # Last, so that the agent hears of the interruption before it hears that nobody has signed in anew.
        self._given_up.set()

    def close(self) -> None:
        """End the conversation; takes up to 6 s."""
        for conversation in (self._starting, self._conversation):
            if conversation:
                conversation.close()

    def _require_key(self) -> None:
        """Refuse to sign in without a key: a server bans whoever fails often, as each preview of a robot would."""
        path = self._connection.identity_file
        if path and not Path(path).expanduser().exists():
            message = f"there is no key {path} to sign in to {self._connection.host} with"
            raise ProviderError(message)

    def _open(self, seconds: float | None = None) -> Conversation:
        with self._opening:
            self._refuse_if_interrupted()
            if self._failure:
                raise self._failure
            if self._conversation is None or not self._conversation.is_alive:
                try:
                    return self._sign_in(_ANSWER_SECONDS if seconds is None else seconds)
                except ProviderError as error:
                    # What ended because of the interruption tells nothing of the server.
                    self._refuse_if_interrupted()
                    failure = SignInError(str(error))
                    if seconds is None:
                        # Every further attempt would take as long, and a server punishes many.
                        self._failure = failure
                    raise failure from None
            return self._conversation

    def _refuse_if_interrupted(self) -> None:
        if self._is_interrupted:
            raise ProviderError(_INTERRUPTED)

    def _sign_in(self, seconds: float) -> Conversation:
        """Sign in as the user, and where that user is refused as the bootstrap user, once each."""
        deadline = time.monotonic() + seconds
        first, second = self._connection.user, self._connection.bootstrap_user
        try:
            return self._start_agent(first, deadline)
        except UnwelcomeError as refusal:
            if second in {"", first}:
                raise
            try:
                return self._start_agent(second, deadline)
            except UnwelcomeError as error:
                message = f"{refusal}; and {error}"
                raise ProviderError(message) from None

    def _start_agent(self, user: str, deadline: float) -> Conversation:
        greeting = bootstrap.first_line(self._connection.host, this_run())
        command = self._launch(self._connection, user)
        with self._switching:
            self._refuse_if_interrupted()
            conversation = self._starting = Conversation(command, greeting, self._tell, self._door.refusal)
        is_ready = conversation.wait_until_ready(deadline - time.monotonic())
        with self._switching:
            self._starting = None
            if is_ready and not self._is_interrupted:
                self._conversation = conversation
                self._door.came_in(user)
                if remark := clock.remark(self._connection.host, conversation.clock_lead):
                    self._tell("warning", remark)
                return conversation
        code, complaints = conversation.ending()
        conversation.close()
        raise diagnose(Attempt(connection=self._connection, user=user, code=code, complaints=complaints))
