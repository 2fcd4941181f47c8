"""Where backups keep things on a server."""

from pathlib import Path

PROGRAM = Path("/usr/local/lib/slipway/backup")
"""The program itself; `python3` runs the folder as a whole."""
COMMAND = ("/usr/bin/python3", "-I", "-B", str(PROGRAM))
"""What runs it, before a verb."""
PLANS = Path("/etc/slipway/backups")
"""One folder a product, `<stack>-<product>`: its plan, the passphrase and the credentials; for root only."""
RECORDS = Path("/var/lib/slipway/backups")
"""One file a product, `<stack>-<product>.jsonl`: what became of its backups, drills and restores, the oldest first."""
KNOWN = RECORDS / "known"
"""One file a repository that has been made or seen: where it is missing later, somebody has removed it."""
STOPPED = RECORDS / "stopped"
"""One file a container that was stopped for a backup; it is started again whatever happens."""
RESTORED = RECORDS / "restored"
"""What was restored for people to look at, one folder a restore."""
STAGE = RECORDS / "stage"
"""Copies of databases in files, for as long as they are stored."""
ESCROW = RECORDS / "escrow"
"""One file a product: its passphrase, encrypted to the people who may restore without Slipway's state."""
CACHE = Path("/var/cache/slipway/restic")
"""What restic remembers of the targets; it can be deleted."""
LOCKS = Path("/run/lock/slipway")
"""One lock file a product."""
