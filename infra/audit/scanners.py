"""Scanners of others: ssh-audit from where we look, Lynis on the server."""

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any, Final

from infra.audit.report import LynisReport, SshReport
from infra.audit.vantage import Vantage, VantageError
from infra.host.remote import Remote, RemoteError

POLICIES: Final = {
    "debian 12": "Hardened Debian 12 (version 3)",
    "debian 13": "Hardened Debian 13 (version 1)",
}
"""System → policy that ssh-audit has built in for its sshd."""
SSH_AUDIT: Final = "ssh-audit"
SSH_AUDIT_SECONDS: Final = 120
PASSED: Final = 0
BROKEN: Final = 3
LYNIS_SECONDS: Final = 900
# Log and report of the nightly run, if there is one, are left alone.
_LYNIS: Final = """set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
lynis audit system --cronjob --no-colors --logfile "$folder/log" --report-file "$folder/report" >/dev/null 2>&1 || true
grep -E '^(lynis_version|hardening_index|warning\\[\\])=' "$folder/report"
"""


def ssh_audit_program() -> str | None:
    """Return where ssh-audit is: beside this Python, or on PATH."""
    beside = str(Path(sys.executable).parent)
    return shutil.which(SSH_AUDIT, path=os.pathsep.join([beside, os.environ.get("PATH", os.defpath)]))


def ssh_audit(vantage: Vantage, program: str, address: str, port: int, policy: str) -> SshReport:
    """Compare what the SSH server offers with a policy.

    Its test of the connection rate is left out: Debian 13's sshd punishes it, and the exit code is then another.

    Raises:
        VantageError: ssh-audit did not get an answer.
    """
    code, output, complaint = vantage.call(
        *(program, "--json", "--skip-rate-test", "--policy", policy, "--port", str(port), address),
        patience=SSH_AUDIT_SECONDS,
    )
    found = _last_object(output) if code in {PASSED, BROKEN} else None
    if found is None:
        said = (output.strip().splitlines() or [complaint])[-1]
        text = f"ssh-audit got no answer at {address} port {port}: {said}"
        raise VantageError(text)
    errors = tuple(str(error["mismatched_field"]) for error in found["errors"])
    return SshReport(policy=policy, passed=bool(found["passed"]), errors=errors)


def lynis(server: Remote) -> LynisReport:
    """Run Lynis and return what it says; its own log and report on the server stay as they are.

    Raises:
        RemoteError: it could not be run.
    """
    lines = server.run("sh", "-c", _LYNIS, patience=LYNIS_SECONDS).splitlines()
    pairs = [(name, value) for name, _, value in (line.partition("=") for line in lines)]
    values = dict(pairs)
    if not values.get("hardening_index", "").isdecimal():
        text = f"Lynis did not come to a hardening index on {server.connection.host}"
        raise RemoteError(text)
    return LynisReport(
        version=values.get("lynis_version", ""),
        index=int(values["hardening_index"]),
        warnings=tuple(value.rstrip("|-").replace("|", " ", 1) for name, value in pairs if name == "warning[]"),
    )


def _last_object(output: str) -> dict[str, Any] | None:
    for line in reversed(output.splitlines()):
        if line.startswith("{"):
            found = json.loads(line)
            return found if isinstance(found, dict) else None
    return None
