"""The agent's conversation with the plugin: JSON lines in, JSON lines out, many requests at a time.

A line in is `{"id", "op", "kind", "want"}`, op being read, preview, foresee, apply, remove or vacate, or one of ping,
ack (with the id of an answer), cancel, confirmed and refused, which are not answered. A line out is `{"id", "ok"}` or
`{"id", "error"}`; before it come any number of `{"id", "status"}` and `{"id", "warning"}`, and after a change that
could lock people out one `{"id", "confirm"}`: the plugin signs in anew and says `{"id", "op": "confirmed"}`, or
`refused` with a `reason`.
The agent ends when its input ends or is silent for ten seconds: nobody may be there any more who knows what it does.
"""

import errno
import json
import os
import signal
import sys
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread
from traceback import extract_tb
from typing import Any

from infra.host.agent import peril
from infra.host.agent import request as requests
from infra.host.agent.kind import AgentError, Kind, kinds
from infra.host.agent.operating_system import READ_ONLY
from infra.host.agent.request import Request, Run
from infra.host.agent.vacate import vacate

_SILENCE_SECONDS = 10
_THREADS = 32


class LeftoverError(AgentError):
    """A creation failed and left something; `found` is what."""

    def __init__(self, reason: str, found: dict[str, Any]) -> None:
        super().__init__(reason)
        self.found = found


class Session:
    """Handles requests until nobody is there any more."""

    def __init__(self, known: dict[str, type[Kind]], host: str, run: Run) -> None:
        self._kinds = known
        self._host = host
        self._run = run
        self._stop = Event()
        self._pool = ThreadPoolExecutor(_THREADS)
        self._writing = Lock()
        self._running: dict[int, Request] = {}
        self._unacknowledged: dict[int, Request] = {}

    def run(self) -> None:
        """Answer requests; return when the input has ended or fallen silent and nothing half-done is left."""
        lines: SimpleQueue[bytes] = SimpleQueue()
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: lines.put(b""))
        Thread(target=_read_lines, args=(lines,), daemon=True).start()
        self._send({"ready": True, "clock": time.time()})
        with suppress(Empty, ValueError, KeyError):
            while line := lines.get(timeout=_SILENCE_SECONDS):
                self._receive(json.loads(line))
        self._stop.set()
        self._undo_unacknowledged()
        # A package manager that runs is waited for: killed half-way it would leave a server nobody can install on.
        self._pool.shutdown(wait=True)
        self._undo_unacknowledged()

    def _receive(self, message: dict[str, Any]) -> None:
        match message["op"]:
            case "ping":
                return
            case "ack":
                self._unacknowledged.pop(message["id"], None)
            case "cancel":
                self._stop.set()
            case "confirmed" | "refused":
                # One that was given up meanwhile waits for no verdict.
                if request := self._running.get(message["id"]):
                    request.verdicts.put(message.get("reason", ""))
            case _:
                request = Request(
                    number=message["id"],
                    message=message,
                    host=self._host,
                    run=self._run,
                    stop=self._stop,
                    send=self._send,
                )
                self._running[request.number] = request
                self._pool.submit(self._perform, request).add_done_callback(partial(self._answer, request))

    def _perform(self, request: Request) -> dict[str, Any] | None:
        requests.enter(request)
        request.pause(0)
        want, operation = request.message["want"], request.message["op"]
        if operation == "vacate":
            return vacate(**want)
        kind = self._kinds[request.message["kind"]].from_wire(want)
        match operation:
            case "read":
                peril.wait_for_trial(kind)
                return kind.read()
            case "foresee":
                peril.wait_for_trial(kind)
                return kind.foresee()
            case "preview":
                # Not after a trial: waiting for one may put back what an agent left that is gone.
                return kind.preview()
            case "apply":
                return peril.guarded(kind, "apply", partial(_applied, kind))
            case "remove":
                return peril.guarded(kind, "remove", kind.remove)
            case _:
                message = f"the agent knows no operation {operation}"
                raise AgentError(message)

    def _answer(self, request: Request, future: "Future[dict[str, Any] | None]") -> None:
        self._running.pop(request.number, None)
        error = future.exception()
        if error is None:
            if request.undo:
                self._unacknowledged[request.number] = request
            self._send({"id": request.number, "ok": future.result()})
            return
        _undo(request)
        answer = {"id": request.number, "error": _sentence(request, error)}
        if isinstance(error, LeftoverError):
            answer["left"] = error.found
        self._send(answer)

    def _send(self, message: dict[str, Any]) -> None:
        # The plugin may be gone: what is left to do then does not depend on telling anyone.
        with self._writing, suppress(OSError):
            sys.stdout.buffer.write(json.dumps(message).encode() + b"\n")
            sys.stdout.buffer.flush()

    def _undo_unacknowledged(self) -> None:
        while self._unacknowledged:
            _undo(self._unacknowledged.popitem()[1])


def main(modules: Iterable[str], host: str, run: Mapping[str, str]) -> None:
    """Run the agent.

    Called by the bootstrap with the modules it has loaded, the name of this server, and the id and the actor of the run
    of Pulumi.
    """
    # A hardened server's own is stricter: folders that containers read would be closed to them.
    os.umask(0o022)
    Session(kinds(modules), host, Run(id=run["id"], actor=run["actor"])).run()
    # The thread that reads the input may still hold it, on which a normal exit would stumble.
    os._exit(0)


def _read_lines(lines: "SimpleQueue[bytes]") -> None:
    """Queue every line of the input, and an empty one at its end; a line that breaks off is none."""
    for line in sys.stdin.buffer:
        lines.put(line if line.endswith(b"\n") else b"")
    lines.put(b"")


def _undo(request: Request) -> None:
    """Put back what a request changed, as far as that goes: there is nobody left to tell."""
    if request.undo:
        with suppress(AgentError, OSError):
            request.undo()


def _applied(kind: Kind) -> dict[str, Any]:
    """Apply a kind, read it back and compare."""
    before = kind.read()
    try:
        kind.apply()
    except (AgentError, OSError) as error:
        left = kind.read() if before is None else None
        if left is None:
            raise
        raise LeftoverError(_sentence(requests.current(), error), left) from error
    found = kind.read()
    if found is None:
        message = f"{kind.label()} was applied and is not there"
        raise AgentError(message)
    if wrong := peril.differing(kind, found):
        message = f"{kind.label()} was applied and reads back differently in {', '.join(wrong)}"
        raise LeftoverError(message, found) if before is None else AgentError(message)
    return found


def _sentence(request: Request, error: BaseException) -> str:
    """Return what people are told about a failed request; the text of an unforeseen exception may quote a value."""
    if isinstance(error, peril.PutBackError):
        return f"{_sentence(request, error.cause)}; {error}"
    if isinstance(error, AgentError):
        return str(error)
    if isinstance(error, OSError):
        place = error.filename or request.message["want"].get("path", request.message["kind"])
        if error.errno == errno.ENOSPC:
            return f"no space left on {request.host} for {place}: `df -h` there tells which disk is full"
        if error.errno == errno.EROFS:
            return f"{place} on {request.host} cannot be changed: {READ_ONLY}"
        return f"{os.strerror(error.errno) if error.errno else type(error).__name__}: {place}"
    places = extract_tb(error.__traceback__)
    where = f" at {Path(places[-1].filename).name}:{places[-1].lineno}" if places else ""
    return f"a defect of the agent: {type(error).__name__}{where}"
