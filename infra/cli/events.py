"""The engine's events: one a line as it happens, from whichever command of Pulumi's tells them."""

import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

from infra.cli.pulumi import MISSING, first_error
from infra.cli.refusal import RefusalError

PATIENCE_SECONDS = 900
"""A stack of many servers is read in seconds; what takes longer hangs."""
QUIET = ("--non-interactive", "--color=never")
STREAMING = {"PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "true"}
"""One event a line as it happens; else `--json` prints a digest of all at the end, without what failed."""

Event = Mapping[str, Any]


def engine_events(
    root: Path,
    command: Sequence[str],
    *,
    failure: str,
    environment: Mapping[str, str] | None = None,
    alone: bool = False,
) -> Generator[Event, None, str | None]:
    """Yield the events of the engine; secrets in them are sealed by it. Return the first error of a run that failed.

    Args:
        root: folder of the project.
        command: Pulumi's, with `--json`.
        failure: beginning of the sentence that says that there was no event at all.
        environment: what differs from this process's own.
        alone: whether it gets that and nothing of this process's own.

    Raises:
        RefusalError: there is no Pulumi, it hangs, or it refused before its first event.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8") as complaints:
        try:
            process = subprocess.Popen(
                [*command, *QUIET],
                cwd=root,
                env={**({} if alone else os.environ), **STREAMING, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=complaints,
                encoding="utf-8",
            )
        except FileNotFoundError:
            raise RefusalError(MISSING) from None
        began = yield from _events(process)
        if not process.returncode:
            return None
        complaints.seek(0)
        error = first_error(complaints.read())
        if not began:
            text = f"{failure}: {error}."
            raise RefusalError(text)
        return error


def _events(process: "subprocess.Popen[str]") -> Generator[Event, None, bool]:
    """Yield the events of a run until it ends; return whether there was one."""
    hung = threading.Event()

    def give_up() -> None:
        hung.set()
        process.kill()

    watchdog = threading.Timer(PATIENCE_SECONDS, give_up)
    watchdog.start()
    began = False
    with process:
        try:
            for event in map(_parsed, process.stdout or ()):
                if event is not None:
                    began = True
                    yield event
        except BaseException:
            # Nothing is lost: it only reads. Left alone, it would be waited for after Ctrl-C.
            process.kill()
            raise
        finally:
            watchdog.cancel()
    if hung.is_set():
        text = f"the engine has not read the stack in {PATIENCE_SECONDS} s: a provider hangs."
        raise RefusalError(text)
    return began


def _parsed(line: str) -> Event | None:
    """Return the event of a line; nothing for what a plugin printed."""
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None
