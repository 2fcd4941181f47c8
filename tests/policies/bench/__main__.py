"""`python -m tests.policies.bench [containers]`: what policies add to a preview, against a pack without rules.

Previews as many containers without a pack, with an empty pack of the SDK's, and with the project's own, in turn, so
that a busy machine hurts all of them; writes `bench-policies.json`. No server and no network is needed.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from policies.guard.pack import RULES
from policies.guard.types import CONTAINER

ROOT: Final = Path(__file__).parents[3]
HERE: Final = Path(__file__).parent
STACK: Final = "bench"
"""Has no level file: each rule at its own level, with its own settings."""
RUNS: Final = 5
CONTAINERS: Final = 500
BAR: Final = 1.2
"""Most that the pack may add, as a multiple of what an empty one adds."""
PACKS: Final[Mapping[str, Path | None]] = {
    "no pack": None,
    "empty pack": HERE / "empty" / "run",
    "slipway": ROOT / "policies" / "run",
}


def main(containers: int) -> None:
    """Measure and write down."""
    with tempfile.TemporaryDirectory(prefix="slipway-bench-") as folder:
        program = Path(folder) / "program"
        shutil.copytree(HERE / "program", program)
        (Path(folder) / "state").mkdir()
        environment = {
            **os.environ,
            "PULUMI_BACKEND_URL": f"file://{folder}/state",
            "BENCH_CONTAINERS": str(containers),
        }
        run(program, environment, "stack", "init", STACK)
        seconds: dict[str, list[float]] = {name: [] for name in PACKS}
        for _ in range(RUNS):
            for name, pack in PACKS.items():
                seconds[name].append(timed(program, environment, pack))
    report(containers, seconds)


def timed(program: Path, environment: Mapping[str, str], pack: Path | None) -> float:
    """Return how many seconds a preview takes."""
    with_pack = () if pack is None else ("--policy-pack", str(pack))
    start = time.monotonic()
    run(program, environment, "preview", "--stack", STACK, *with_pack)
    return round(time.monotonic() - start, 2)


def run(program: Path, environment: Mapping[str, str], *arguments: str) -> None:
    """Run Pulumi to a good end."""
    subprocess.run(
        ["pulumi", *arguments, "--non-interactive"],
        cwd=program,
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def report(containers: int, seconds: Mapping[str, list[float]]) -> None:
    """Print the medians and what each pack adds; write all of it to a file."""
    medians = {name: statistics.median(runs) for name, runs in seconds.items()}
    added = {name: round(median - medians["no pack"], 2) for name, median in medians.items()}
    judging = sum(CONTAINER in rule.on for rule in RULES)
    result = {
        "cpus": os.cpu_count(),
        "containers": containers,
        "rules": len(RULES),
        "rules on containers": judging,
        "runs": seconds,
        "added": added,
        "ratio": round(added["slipway"] / added["empty pack"], 2) if added["empty pack"] > 0 else None,
        "bar": BAR,
    }
    (ROOT / "bench-policies.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    table = Table(
        "", "median s", "added s", title=f"{containers} containers, {len(RULES)} rules, {judging} on containers"
    )
    for name, median in medians.items():
        table.add_row(name, str(median), str(added[name]))
    Console(file=sys.stdout).print(table, f"ratio {result['ratio']}, bar {BAR}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else CONTAINERS)
