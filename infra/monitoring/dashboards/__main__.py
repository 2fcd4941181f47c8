"""`infra/monitoring/dashboards/*.json` for Grafana: `python -m infra.monitoring.dashboards`."""

import sys
from collections.abc import Sequence
from pathlib import Path

from infra.monitoring.dashboards.build import text
from infra.monitoring.dashboards.catalogue import DASHBOARDS

_CHECK = "--check"


def main(arguments: Sequence[str], folder: Path) -> int:
    """Write the dashboards, or only say which ones are out of date; return the exit code."""
    if set(arguments) - {_CHECK}:
        sys.stderr.write(f"usage: python -m infra.monitoring.dashboards [{_CHECK}]\n")
        return 2
    wanted = {folder / f"{dashboard.name}.json": text(dashboard) for dashboard in DASHBOARDS}
    stale = [path for path, content in wanted.items() if not path.exists() or path.read_text("utf-8") != content]
    stray = set(folder.glob("*.json")) - wanted.keys()
    for path in sorted({*stale, *stray}):
        if _CHECK in arguments:
            sys.stderr.write(f"{path.name} is out of date: run `python -m infra.monitoring.dashboards`\n")
        elif path in stray:
            path.unlink()
        else:
            path.write_text(wanted[path], encoding="utf-8")
    return 1 if _CHECK in arguments and (stale or stray) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Path(__file__).parent))
