"""The command line of the program: timers and the `slipway` command call it."""

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from infra.backups.program import drill, freshness, plan, report, restore, run
from infra.backups.program.trouble import TerminatedError, TroubleError


def main(arguments: Sequence[str]) -> int:
    """Do what the arguments say; return the exit code."""
    signal.signal(signal.SIGTERM, _terminate)
    said = _parser().parse_args(arguments)
    try:
        if said.verb == "report":
            reports = [report.report(plan.read(name)) for name in plan.products() if name in said.products]
            _print(reports)
            return 0
        chosen = plan.read(said.product)
        if said.verb == "restore":
            wish = restore.Wish(
                service=said.service,
                at=said.at,
                target=said.target,
                into_new=said.into_new,
                confirmed=said.confirmed,
            )
            _print((restore.foretell if said.dry_run else restore.restore)(chosen, wish))
            return 0
        return {"run": run.back_up, "drill": drill.drill, "fresh": freshness.judge}[said.verb](chosen)
    except TroubleError as error:
        sys.stderr.write(f"{error}\n")
        return run.FAILED
    except TerminatedError:
        sys.stderr.write("it was told to stop\n")
        return run.TERMINATED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="backup", description="Back up and restore products of this server.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb in ("run", "drill", "fresh"):
        verbs.add_parser(verb).add_argument("product")
    verbs.add_parser("report").add_argument("products", nargs="*")
    restoring = verbs.add_parser("restore")
    restoring.add_argument("product")
    restoring.add_argument("--service")
    restoring.add_argument("--at", type=_moment)
    restoring.add_argument("--target")
    for flag in ("--into-new", "--dry-run", "--confirmed"):
        restoring.add_argument(flag, action="store_true")
    return parser


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _print(data: object) -> None:
    sys.stdout.write(f"{json.dumps(data)}\n")
    sys.stdout.flush()


def _terminate(*_: object) -> None:
    raise TerminatedError
