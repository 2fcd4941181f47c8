"""Rules on commands that are run on servers and on the machine that runs `up`."""

import re
from collections.abc import Iterator
from typing import Final

from pulumi_policy import EnforcementLevel, Severity
from pulumi_policy.proxy import UnknownValueError

from .credentials import argued
from .inputs import Sentence, not_known
from .resource import Resource
from .rules import rule
from .types import LOCAL_COMMAND, REMOTE_COMMAND, REMOTE_COPY, REMOTE_COPY_FILE

REMOTE: Final = (REMOTE_COMMAND, REMOTE_COPY, REMOTE_COPY_FILE)
COMMANDS: Final = (REMOTE_COMMAND, LOCAL_COMMAND)
STEPS: Final = ("create", "update", "delete")
QUIET: Final = frozenset({"stdout", "stderr"})
DANGEROUS: Final = {
    "pipes a download into a shell": re.compile(r"\b(curl|wget)\b[^|;&]*\|\s*(sudo\s+)?(ba|da|z)?sh\b"),
    "makes files writable for everybody": re.compile(r"\bchmod\s+(-\w+\s+)*(0?777|a\+w|o\+w)\b"),
    "turns the firewall off": re.compile(
        r"\bufw\s+(--force\s+)?(disable|reset)\b|\bip6?tables\s+(-F|--flush)|\bnft\s+flush\s+ruleset"
    ),
    "trusts any host key": re.compile(r"StrictHostKeyChecking[= ]+no\b|UserKnownHostsFile[= ]+/dev/null"),
    "gives a container the server": re.compile(
        r"--privileged\b|--(pid|net|network|ipc|uts|userns|cgroupns)[= ]host\b|docker\.sock"
        r"|--cap-add[= ](ALL|SYS_ADMIN)\b"
    ),
    "gives sudo without a password for everything": re.compile(r"NOPASSWD:\s*ALL"),
    "turns Swarm on": re.compile(r"\bdocker\s+swarm\s+(init|join)\b"),
}
"""What no command does, by what it would do."""
SYSTEM_FILES: Final = re.compile(
    r"(>>?|\btee\b(\s+-a)?|\b(install|cp|mv|ln)\b[^;&|]*)\s*/(etc|usr|lib|opt|var/lib)/\S+|\bapt(-get)?\s+(-\S+\s+)*install\b"
    r"|\bsystemctl\s+enable\b"
)


@rule(
    "R01",
    on=REMOTE,
    severity=Severity.CRITICAL,
    remedy="Set `connection.hostKey` to the server's key, as the stack file has it.",
    sources=("dev-sec ssh-07", "pulumi-command#755"),
    waivable=False,
)
def connection_pins_the_host_key(command: Resource) -> Iterator[Sentence]:
    """Connections to a server check its host key.

    The provider trusts whoever answers otherwise, and hands over what the command is given.
    """
    connection = command.get("connection") or {}
    if not connection.get("hostKey"):
        yield "`connection.hostKey` is not set."
    proxy = connection.get("proxy")
    if proxy and not proxy.get("hostKey"):
        yield "`connection.proxy.hostKey` is not set."


@rule(
    "R02",
    on=REMOTE,
    severity=Severity.HIGH,
    remedy="Sign in as the deploy user and use `sudo` for the one thing that needs it.",
    sources=("dev-sec sshd-06", "CIS Debian 5.1.20"),
)
def connection_is_not_as_root(command: Resource) -> Iterator[Sentence]:
    """Nobody signs in to a server as root.

    It is what is attacked first, and nothing says afterwards who it was. The first sign-in of a fresh server is the
    host plugin's.
    """
    if ((command.get("connection") or {}).get("user") or "root") == "root":
        yield "`connection.user` is root, or not set."


@rule(
    "R03",
    on=COMMANDS,
    severity=Severity.CRITICAL,
    remedy="Set `logging` to `none`, `addPreviousOutputInEnv` to false, and `stdout` and `stderr` as "
    "`additional_secret_outputs`.",
    sources=("pulumi-command#111", "pulumi-command#260", "pulumi-command#401", "pulumi-command#773"),
)
def command_with_a_secret_is_quiet(command: Resource) -> Iterator[Sentence]:
    """Commands that are given a secret show nothing of what they print.

    What a command echoes is in the log of the run and in the state, in plain text.
    """
    given = [name for name in (*STEPS, "stdin", "environment", "triggers") if _has_secret(command, name)]
    if not given:
        return
    if (command.get("logging") or "stdoutAndStderr") != "none":
        yield "`logging` is not `none`."
    if not command.secret_outputs >= QUIET:
        yield "`stdout` and `stderr` are not secret outputs."
    if command.get("addPreviousOutputInEnv") is not False:
        yield "`addPreviousOutputInEnv` is not false."


@rule(
    "R04",
    on=COMMANDS,
    severity=Severity.CRITICAL,
    remedy="Give the secret by `stdin`, and read it there.",
    sources=("CWE-532", "Dokploy#4600"),
    waivable=False,
    waits=True,
)
def command_line_holds_no_secret(command: Resource) -> Iterator[Sentence]:
    """No secret is on a command line.

    Every user of the machine sees it in the list of processes, and every error message quotes it.
    """
    for name in STEPS:
        if command.is_secret(name):
            yield f"`{name}` is made of a secret."
            continue
        try:
            text = command.get(name) or ""
        except UnknownValueError as unknown:
            yield not_known(unknown)
            continue
        if argued(text):
            yield f"`{name}` holds a password or key."


@rule(
    "R05",
    on=COMMANDS,
    severity=Severity.CRITICAL,
    remedy="Declare it: packages, files, users and firewall rules have typed resources, containers a compose file.",
    sources=("CIS Docker 5.1", "CIS Docker 5.21", "CIS Docker 5.23", "DL4006"),
    waits=True,
)
def command_does_nothing_dangerous(command: Resource) -> Iterator[Sentence]:
    """Commands do not undo what the rest of the stack is careful about.

    No other rule sees what happens inside a command.
    """
    for name in STEPS:
        try:
            text = command.get(name) or ""
        except UnknownValueError as unknown:
            yield not_known(unknown)
            continue
        yield from (f"`{name}` {what}." for what, pattern in DANGEROUS.items() if pattern.search(text))


@rule(
    "R06",
    on=REMOTE_COMMAND,
    severity=Severity.MEDIUM,
    level=EnforcementLevel.ADVISORY,
    remedy="Use a typed resource of the host plugin; else set `delete` and `triggers`.",
    waits=True,
)
def command_can_be_taken_back(command: Resource) -> Iterator[Sentence]:
    """Commands that change system files can be taken back, and are run again when what they depend on changes.

    What only a command has written stays for ever, and nobody sees it drift.
    """
    if SYSTEM_FILES.search(command.get("create") or ""):
        yield from (f"`{name}` is not set." for name in ("delete", "triggers") if not command.get(name))


def _has_secret(command: Resource, name: str) -> bool:
    if command.is_secret(name):
        return True
    if name not in {"environment", "triggers"} or name not in command.inputs:
        return False
    given = command.get(name)
    keys = range(len(given or ())) if name == "triggers" else tuple(given or ())
    return given is not None and any(given.is_secret(key) for key in keys)
