"""One conversation with the agent on a server: an ssh process, requests and answers as lines, many at a time."""

import itertools
import json
import subprocess
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import IO, Any, cast

from infra.host.plugin.base import Remark
from infra.host.plugin.errors import ProviderError

_PING_SECONDS = 2
_KEPT_COMPLAINTS = 200
"""Lines of the ssh process's standard error that are kept to find out what went wrong."""
_GOODBYE_SECONDS = 0.3
_ENDING_SECONDS = 5
"""How long a process gets to end after SIGTERM, or to say why after its output ended: this machine may be busy."""

_REMARKS: tuple[Remark, ...] = ("status", "warning")
_CONFIRM = "confirm"
Confirm = Callable[[], str]
"""Signs in anew and returns why that failed, or nothing."""
Tell = Callable[[Remark, str], None]
"""Passes on to the person who waits what an agent says before it answers."""


class LostError(ProviderError):
    """The conversation ended before an answer came."""


class LeftoverError(ProviderError):
    """The agent failed and left something on the server; `found` is what."""

    def __init__(self, reason: str, found: dict[str, Any]) -> None:
        super().__init__(reason)
        self.found = found


class Conversation:
    """An agent that runs and the requests it is busy with.

    Args:
        command: the command line that starts the agent.
        greeting: the line that brings its source.
        tell: is told what the agent says before it answers, in the thread of the request.
        confirm: is called after a change that could lock people out, in the thread of the request.
    """

    def __init__(self, command: Sequence[str], greeting: bytes, tell: Tell, confirm: Confirm) -> None:
        self._tell = tell
        self._confirm = confirm
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
        )
        self._stdin = cast("IO[bytes]", self._process.stdin)
        self._complaints: deque[str] = deque(maxlen=_KEPT_COMPLAINTS)
        self._numbers = itertools.count(1)
        self._waiting: dict[int, SimpleQueue[dict[str, Any] | None]] = {}
        self._registering = Lock()
        self._writing = Lock()
        self._ready = Event()
        self.clock_lead = 0.0
        """Seconds by which the server's clock was ahead of this machine's when the agent came up."""
        self._ended = Event()
        self._complaining = Thread(target=self._read_complaints, daemon=True)
        self._complaining.start()
        for target in (self._read_answers, self._ping):
            Thread(target=target, daemon=True).start()
        # In a thread of its own: a server that does not answer takes nothing.
        Thread(target=self._write, args=(greeting,), daemon=True).start()

    @property
    def is_alive(self) -> bool:
        """Whether the agent can still be asked."""
        return not self._ended.is_set()

    def wait_until_ready(self, seconds: float) -> bool:
        """Wait until the agent runs; return whether it does."""
        self._ready.wait(seconds)
        return self._ready.is_set() and self.is_alive

    def ending(self) -> tuple[int | None, str]:
        """Return the exit code of the ended process, or nothing while it runs, and what it complained of."""
        seconds = _ENDING_SECONDS if self._ended.is_set() else _GOODBYE_SECONDS
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        # The reason is the last thing that ssh says: it is read to the end before anybody judges.
        self._complaining.join(seconds)
        return self._process.poll(), "\n".join(self._complaints)

    def ask(self, operation: str, kind: str, want: dict[str, Any]) -> dict[str, Any] | None:
        """Send a request, wait for its answer and acknowledge it.

        Raises:
            LeftoverError: when it failed and left something.
            LostError: when the conversation ended first.
            ProviderError: when it failed.
        """
        answers: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
        with self._registering:
            number = next(self._numbers)
            self._waiting[number] = answers
        self._send({"id": number, "op": operation, "kind": kind, "want": want})
        if self._ended.is_set():
            answers.put(None)
        while (answer := answers.get()) is not None:
            if remark := _remark(answer):
                self._tell(*remark)
            elif _CONFIRM in answer:
                self._send({"id": number, **self._verdict()})
            else:
                break
        else:
            message = "the connection was lost"
            raise LostError(message)
        self._send({"id": number, "op": "ack"})
        return _content(answer)

    def cancel(self) -> None:
        """Make the agent give up what it waits for and put back what it has not finished."""
        self._send({"op": "cancel"})

    def close(self) -> None:
        """End the conversation, within 6 s; the agent finds the end of its input and stops."""
        self._ended.set()
        if not self._ready.is_set():
            self._process.terminate()
        self._close_input(_GOODBYE_SECONDS)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_GOODBYE_SECONDS)
        self._process.terminate()
        deadline = time.monotonic() + _ENDING_SECONDS
        try:
            self._process.wait(_ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        # Whoever was writing to one that does not read finds out now.
        self._close_input(max(deadline - time.monotonic(), _GOODBYE_SECONDS))

    def _close_input(self, seconds: float) -> None:
        # Under the lock: the number of a file closed amid a write may already be another conversation's.
        if self._writing.acquire(timeout=seconds):
            with suppress(OSError):
                self._stdin.close()
            self._writing.release()

    def _verdict(self) -> dict[str, str]:
        reason = self._confirm()
        return {"op": "refused", "reason": reason} if reason else {"op": "confirmed"}

    def _send(self, message: dict[str, Any]) -> None:
        self._write(json.dumps(message).encode() + b"\n")

    def _write(self, line: bytes) -> None:
        # A broken pipe is found by the reader, which tells everybody who waits.
        with self._writing, suppress(OSError, ValueError):
            view = memoryview(line)
            while view:
                view = view[self._stdin.write(view) or 0 :]

    def _read_answers(self) -> None:
        try:
            with cast("IO[bytes]", self._process.stdout) as stream:
                for line in stream:
                    self._receive(line)
        finally:
            # Whatever ends the reading, nobody may wait for an answer that will not come.
            self._ended.set()
            self._ready.set()
            with self._registering:
                waiting = list(self._waiting.values())
            for answers in waiting:
                answers.put(None)

    def _receive(self, line: bytes) -> None:
        if not self._ready.is_set():
            # A login shell may greet before the agent speaks.
            if b'"ready"' in line:
                self.clock_lead = json.loads(line).get("clock", time.time()) - time.time()
                self._ready.set()
            return
        answer = json.loads(line)
        if _remark(answer) or _CONFIRM in answer:
            self._waiting[answer["id"]].put(answer)
        else:
            self._waiting.pop(answer["id"]).put(answer)

    def _read_complaints(self) -> None:
        with cast("IO[bytes]", self._process.stderr) as stream:
            for line in stream:
                self._complaints.append(line.decode(errors="replace").rstrip())

    def _ping(self) -> None:
        self._ready.wait()
        while not self._ended.wait(_PING_SECONDS):
            self._send({"op": "ping"})


def _remark(line: Mapping[str, Any]) -> tuple[Remark, str] | None:
    """Return what a line remarks, or nothing when it is the answer."""
    return next(((remark, line[remark]) for remark in _REMARKS if remark in line), None)


def _content(answer: dict[str, Any]) -> dict[str, Any] | None:
    """Return what an answer holds, or raise its error."""
    if "left" in answer:
        raise LeftoverError(answer["error"], answer["left"])
    if "error" in answer:
        raise ProviderError(answer["error"])
    return cast("dict[str, Any] | None", answer["ok"])
