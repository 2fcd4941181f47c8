"""What a comparison found, written down on the servers for whoever watches them."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from infra.cli.differences import Comparison
from infra.cli.project import Stack
from infra.cli.servers import ask_each, remotes
from infra.monitoring.observer import drift

_SCRIPT: Final = 'mkdir -p "${1%/*}" && cat > "$1.new" && mv "$1.new" "$1"'


def record(stack: Stack, comparison: Comparison) -> bool:
    """Have each server that was read keep how many of its resources have drifted; tell whether all do."""
    drifted = counts(comparison)
    unread = {one.server for one in comparison.unread}
    read = [server for server in remotes(stack) if server.name not in unread and "" not in unread]
    looked = datetime.now(UTC).isoformat(timespec="seconds")
    path = str(drift.path_of(stack.name))
    done = ask_each(
        stack.name,
        read,
        lambda server: server.run(
            *("sh", "-c", _SCRIPT, "sh", path),
            stdin=json.dumps({"looked": looked, "resources": drifted.get(server.name, 0)}),
        ),
    )
    return len(done) == len(read)


def counts(comparison: Comparison) -> Mapping[str, int]:
    """Return how many resources of each server have drifted."""
    resources: dict[str, set[str]] = {}
    for one in comparison.differences:
        resources.setdefault(one.server, set()).add(one.urn)
    return {server: len(urns) for server, urns in resources.items()}
