"""`python -m tests.lab up|down|status|urls`."""

import argparse
import sys

from tests.lab.down import take_down
from tests.lab.paths import LOCK
from tests.lab.status import show_status, show_urls
from tests.lab.up import bring_up
from tools.entry import guarded


def main() -> int:
    """Run the verb that was asked for; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab", description="The lab's servers and services.")
    parser.add_argument("verb", choices=("up", "down", "status", "urls"))
    match parser.parse_args().verb:
        case "status":
            return 0 if show_status() else 1
        case "urls":
            show_urls()
            return 0
        case verb:
            return guarded(bring_up if verb == "up" else take_down, LOCK)


if __name__ == "__main__":
    sys.exit(main())
