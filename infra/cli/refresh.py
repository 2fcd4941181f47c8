"""A refresh that changes nothing: the engine has every provider read what is there, and tells as it goes.

Of the ways to ask (pulumi v3.259.0) this is the one by which a server that is out of reach hides nothing: without the
program the engine goes on after a resource that cannot be read (pkg/resource/deploy/deployment_executor.go, `refresh`);
with it, and in `preview --refresh`, the first such resource ends the run. It takes no lock and writes no state, and the
providers sign in as they did at the last `up`.
"""

import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

from infra.cli.pulumi import MISSING, first_error
from infra.cli.refusal import RefusalError

PATIENCE_SECONDS = 900
"""A stack of many servers is read in seconds; what takes longer hangs."""
COMMAND = ("pulumi", "refresh", "--preview-only", "--json", "--run-program=false", "--skip-plugin-pre-install")
QUIET = ("--non-interactive", "--color=never")
STREAMING = {"PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "true"}
"""One event a line as it happens; else `--json` prints a digest of all at the end, without what failed."""

Event = Mapping[str, Any]


def preview_refresh(root: Path, stack: str) -> Iterator[Event]:
    """Yield the events of the engine; secrets in them are sealed by it.

    Args:
        root: folder of the project.
        stack: name of the stack.

    Raises:
        RefusalError: there is no Pulumi, it hangs, or it refused before it had read anything.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8") as complaints:
        try:
            process = subprocess.Popen(
                [*COMMAND, *QUIET, "--stack", stack],
                cwd=root,
                env=os.environ | STREAMING,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=complaints,
                encoding="utf-8",
            )
        except FileNotFoundError:
            raise RefusalError(MISSING) from None
        began = yield from _events(process)
        if process.returncode and not began:
            complaints.seek(0)
            text = f"the state of {stack} cannot be compared: {first_error(complaints.read())}."
            raise RefusalError(text)


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
