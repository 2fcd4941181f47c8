"""Where things are on a server, for whoever looks at them."""

from pathlib import Path

PROGRAM = Path("/usr/local/lib/slipway/observer")
"""The program itself; `python3` runs the folder as a whole."""
COMMAND = ("/usr/bin/python3", "-I", "-B", str(PROGRAM))
"""What runs it, before a verb."""
DECLARED = Path("/etc/slipway/observer")
"""One file a stack, `<stack>.json`: the products and services that it has on this server."""
METRICS = Path("/var/lib/slipway/metrics")
"""Folder that the node exporter reads; the observer writes nowhere else."""
DOCKER_SOCKET = Path("/run/docker.sock")
"""Where the Docker Engine listens."""
HISTORY = Path("/var/lib/slipway/history")
"""One file a service, `<stack>-<product>/<service>.jsonl`: what became of its releases, the oldest first."""
BACKUPS = Path("/var/lib/slipway/backups")
"""One file a product, `<stack>-<product>.jsonl`: its backups, drills and judgements of age, the oldest first."""
PLANS = Path("/etc/slipway/backups")
"""One folder a product, `<stack>-<product>`, with the plan of its backups."""
DRIFT = Path("/var/lib/slipway/drift")
"""One file a stack, `<stack>.json`: what the last `slipway drift` found on this server."""
LOCKS = Path("/run/lock/slipway")
"""One file a product, `<stack>-<product>.lock`, locked while a run of Pulumi changes what serves it."""
ACME = Path("/srv/slipway/edge/acme/acme.json")
"""The certificates that the edge got, with their keys."""
OWN_CERTIFICATES = Path("/srv/slipway/edge/dynamic/0-certificates.yaml")
"""The certificates that the stack file names, with their keys."""
PROC = Path("/proc")
"""The kernel's view of processes."""
CGROUPS = Path("/sys/fs/cgroup")
"""The kernel's account of what containers use."""
REBOOT_REQUIRED = Path("/run/reboot-required")
"""Is there when an upgrade waits for a reboot."""
