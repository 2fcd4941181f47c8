"""`python -m tests.policies.bench [containers]`: what policies add to a preview, against a pack without rules.

Previews as many containers without a pack, with an empty pack of the SDK's, and with the project's own, in turn, so
that a busy machine hurts all of them; writes `bench-policies.json`. No server and no network is needed.
"""

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """What a preview takes, in seconds."""

    wall: float
    processors: float


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
        runs: dict[str, list[Cost]] = {name: [] for name in PACKS}
        for _ in range(RUNS):
            for name, pack in PACKS.items():
                runs[name].append(timed(program, environment, pack))
    report(containers, runs)


def timed(program: Path, environment: Mapping[str, str], pack: Path | None) -> Cost:
    """Return what a preview takes."""
    with_pack = () if pack is None else ("--policy-pack", str(pack))
    start, before = time.monotonic(), processors()
    run(program, environment, "preview", "--stack", STACK, *with_pack)
    return Cost(wall=round(time.monotonic() - start, 2), processors=round(processors() - before, 2))


def processors() -> float:
    """Return the seconds of processors that ended processes have used: a busy machine does not change them much."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(program: Path, environment: Mapping[str, str], *arguments: str) -> None:
    """Run Pulumi to a good end."""
    subprocess.run(
        ["pulumi", *arguments, "--non-interactive"],
        cwd=program,
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def report(containers: int, runs: Mapping[str, list[Cost]]) -> None:
    """Print the medians and what each pack adds; write all of it to a file."""
    walls = {name: statistics.median(cost.wall for cost in costs) for name, costs in runs.items()}
    used = {name: statistics.median(cost.processors for cost in costs) for name, costs in runs.items()}
    judging = sum(CONTAINER in rule.on for rule in RULES)
    result = {
        "cpus": os.cpu_count(),
        "containers": containers,
        "rules": len(RULES),
        "rules on containers": judging,
        "runs": {name: [asdict(cost) for cost in costs] for name, costs in runs.items()},
        "wall": compared(walls),
        "processors": compared(used),
        "bar": BAR,
    }
    (ROOT / "bench-policies.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    table = Table("", "s", "s of processors", title=f"{containers} containers, {judging} of {len(RULES)} rules")
    for name in PACKS:
        table.add_row(name, str(walls[name]), str(used[name]))
    table.add_row("ours adds, as a multiple", str(compared(walls)), str(compared(used)))
    Console(file=sys.stdout).print(table, f"The bar is {BAR}.")


def compared(medians: Mapping[str, float]) -> float | None:
    """Return what our pack adds as a multiple of what an empty one adds; nothing where that drowns in noise."""
    plain, empty, ours = (medians[name] for name in PACKS)
    return round((ours - plain) / (empty - plain), 2) if empty > plain else None


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else CONTAINERS)
