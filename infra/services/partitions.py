"""Monthly partitions of a PostgreSQL server's tables, made ahead by a script that its container runs every day."""

import shlex
from collections.abc import Sequence

from infra.compose.databases import Partitions
from infra.host.agent import places
from infra.profiles import scripts
from infra.profiles.system import JOB_SCRIPT

CALENDAR = "*-*-* 03:20"
SPREAD_SECONDS = 600
"""Within how many seconds the databases of a server begin, one after another."""
_TIMEOUT_SECONDS = 3600
_GRACE_SECONDS = 10
_FOLDER = "partitions"


def script(tables: Sequence[Partitions]) -> str:
    """Return what a shell in the container reads."""
    calls = (shlex.join(["make_partitions", *_words(table)]) for table in tables)
    return "\n".join([scripts.text("make_partitions.sh"), *calls, "finish\n"])


def script_path(prefix: str, service: str) -> str:
    """Return where the script of a service lies on the server."""
    return str(places.PRODUCTS / prefix / _FOLDER / service)


def unit(prefix: str, service: str) -> str:
    """Return the name of the timer of a service, without `slipway-`."""
    return f"{prefix}-{service}-partitions"


def command(prefix: str, service: str) -> list[str]:
    """Return the command that has a stop-first service run its script, and writes down what became of it."""
    # No job has a dot in its name, so none has this record.
    record = places.JOBS / f"{prefix}-{service}.partitions.jsonl"
    words = ["/usr/bin/python3", "-I", "-B", JOB_SCRIPT, f"{prefix}-{service}", str(record)]
    return [*words, str(_TIMEOUT_SECONDS), str(_GRACE_SECONDS), script_path(prefix, service)]


def _words(table: Partitions) -> list[str]:
    schema, _, name = table.table.rpartition(".")
    return [schema, name, str(table.ahead), table.database or "", table.time_zone]
