"""A refresh that changes nothing: the engine has every provider read what is there, and tells as it goes.

Of the ways to ask (pulumi v3.259.0) this is the one by which a server that is out of reach hides nothing: without the
program the engine goes on after a resource that cannot be read (pkg/resource/deploy/deployment_executor.go, `refresh`);
with it, and in `preview --refresh`, the first such resource ends the run. It takes no lock and writes no state, and the
providers sign in as they did at the last `up`.
"""

from collections.abc import Iterator
from pathlib import Path

from infra.cli.events import Event, engine_events

COMMAND = ("pulumi", "refresh", "--preview-only", "--json", "--run-program=false", "--skip-plugin-pre-install")


def preview_refresh(root: Path, stack: str) -> Iterator[Event]:
    """Yield the events of the engine; secrets in them are sealed by it.

    Args:
        root: folder of the project.
        stack: name of the stack.

    Raises:
        RefusalError: there is no Pulumi, it hangs, or it refused before it had read anything.
    """
    yield from engine_events(root, [*COMMAND, "--stack", stack], failure=f"the state of {stack} cannot be compared")
