"""Why signing in to a server failed, in one sentence, from what OpenSSH and the server's shell said."""

import re
import subprocess
from dataclasses import dataclass

from infra.host.plugin.errors import ProviderError
from infra.host.ssh import DEFAULT_PORT, Connection, fingerprint, known_hosts_name

_SHOWN_KEY = re.compile(r"Server host key: \S+ (SHA256:\S+)")
_UNREACHED = re.compile(r"^ssh: (?:connect to host \S+ port \d+: )?(.*?)\r?$", re.MULTILINE)
_NOTHING_IN_COMMON = re.compile(r"^Unable to negotiate with .*?: (no matching .*? found)", re.MULTILINE)
_REFUSED = ("Permission denied", "Too many authentication failures")
# Between `sudo` and the rest of its line there may be a line of ssh's own.
_NO_SUDO = re.compile(
    r"(sudo|^): .*(password|not in the sudoers|not allowed|must have a tty|command not found)|sudo: not found",
    re.MULTILINE,
)
_NO_PYTHON = re.compile(r"python3: (command )?not found")
_NO_KEY = re.compile(r"no such identity: (\S+):|Load key \"([^\"]+)\": (?!error in libcrypto)")
_REFUSING_CODE = 255


class UnwelcomeError(ProviderError):
    """This user cannot set up the server, another one may: login or sudo was refused."""


class UnansweredError(ProviderError):
    """The server did not answer: it is down, or its SSH port is closed to this machine."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """A sign-in that failed."""

    connection: Connection
    user: str
    code: int | None
    """Exit code of ssh, nothing when it did not end in time."""
    complaints: str
    """Its standard error."""
    failure: str = "the agent did not start"
    """What failed, should neither the login nor sudo have been refused."""


def diagnose(attempt: Attempt) -> ProviderError:
    """Return the error that tells why a sign-in failed."""
    where, said = _where(attempt), attempt.complaints
    if attempt.code == _REFUSING_CODE and any(sign in said for sign in _REFUSED):
        missing = _NO_KEY.search(said)
        hint = f"; the key file {missing[1] or missing[2]} cannot be read" if missing else ""
        return UnwelcomeError(f"{where} refused the login of {attempt.user}{hint}")
    if attempt.code is None or attempt.code == _REFUSING_CODE:
        return _connection_error(attempt)
    if _NO_PYTHON.search(said):
        return ProviderError(f"{where} has no python3: install it there as root (`apt-get install python3`)")
    if _NO_SUDO.search(said):
        return UnwelcomeError(f"{where} refused sudo to {attempt.user}: it needs sudo without a password or a terminal")
    last = next((line for line in reversed(said.splitlines()) if line.strip() and not _is_sshs_own(line)), "no reason")
    return ProviderError(f"{attempt.failure} on {where} as {attempt.user} (exit code {attempt.code}): {last}")


def _is_sshs_own(line: str) -> bool:
    return line.startswith(("debug1: ", "Transferred: ", "Bytes per second: "))


def _where(attempt: Attempt) -> str:
    port = attempt.connection.port
    return attempt.connection.host if port == DEFAULT_PORT else f"{attempt.connection.host} (port {port})"


def _connection_error(attempt: Attempt) -> ProviderError:
    if "Host key verification failed" in attempt.complaints:
        return ProviderError(_host_key_sentence(attempt))
    if lacking := _NOTHING_IN_COMMON.search(attempt.complaints):
        return ProviderError(
            f"{_where(attempt)} and the ssh of this machine do not understand each other: {lacking[1]}"
        )
    reasons = _UNREACHED.findall(attempt.complaints)
    reason = f": {reasons[-1]}" if reasons else ""
    return UnansweredError(f"{_where(attempt)} does not answer to user {attempt.user}{reason}")


def _host_key_sentence(attempt: Attempt) -> str:
    where = _where(attempt)
    shown = _SHOWN_KEY.search(attempt.complaints)
    got = shown[1] if shown else "none"
    expected = _expected_fingerprints(attempt.connection)
    if not expected:
        return (
            f"the host key of {where} is not known, it shows {got}: check it on the server and put it in the stack file"
        )
    return (
        f"the host key of {where} is not the pinned one: expected {' or '.join(expected)} got {got}; "
        "put it in the stack file only if you know why it changed, and have compared it on the server"
    )


def _expected_fingerprints(connection: Connection) -> list[str]:
    if connection.host_key:
        return [fingerprint(connection.host_key)]
    if not connection.known_hosts:
        return []
    command = ["ssh-keygen", "-l", "-F", known_hosts_name(connection), "-f", connection.known_hosts]
    listed = subprocess.run(command, capture_output=True, text=True, check=False)
    return re.findall(r"SHA256:\S+", listed.stdout)
