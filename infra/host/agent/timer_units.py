"""The texts of the two units of a timer."""

import re
from collections.abc import Sequence

_PLAIN = re.compile(r"[A-Za-z0-9_@+=:,./-]+")
_ESCAPED = {"\\": r"\\", '"': r"\"", "\n": r"\n", "\t": r"\t", "%": "%%", "$": "$$"}

# What a job of the server's upkeep needs stays open: the network, the Docker socket and folders below /var.
_SANDBOX = """\
NoNewPrivileges=yes
PrivateTmp=yes
ProtectSystem=full
ProtectHome=read-only
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectClock=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
UMask=0077
"""


def service(*, description: str, command: Sequence[str]) -> str:
    """Return the unit that runs the command once."""
    return (
        f"[Unit]\nDescription={_line(description)}\n\n"
        f"[Service]\nType=oneshot\nExecStart={quoted(command)}\nNice=10\nIOSchedulingClass=idle\n{_SANDBOX}"
    )


def job(*, description: str, container: str, command: Sequence[str], longest: int, stopping: int) -> str:
    """Return the unit of a product's job; its first line names the container, so that nobody removes that one.

    Args:
        description: what it does.
        container: name of the container that the command starts.
        command: what starts it and waits for its end.
        longest: seconds after which the command itself has failed.
        stopping: seconds it gets to end once it is told to.
    """
    return (
        f"{named(container)}\n{service(description=description, command=command)}"
        # The command stops its container: a signal to all its processes at once would take its client from it.
        f"KillMode=mixed\nTimeoutStartSec={longest}\nTimeoutStopSec={stopping}\n"
    )


def job_timer(*, description: str, calendar: str) -> str:
    """Return the timer of a product's job: to the second, and a run that was missed is not made up for."""
    text = timer(description=description, calendar=calendar, randomized_delay=0, persistent=False)
    return text.replace("\nRandomizedDelaySec=0\n", "\nAccuracySec=1s\n")


def named(container: str) -> str:
    """Return the line by which a unit says which container it starts."""
    return f"# container={container}"


def timer(*, description: str, calendar: str, randomized_delay: int, persistent: bool) -> str:
    """Return the unit that starts the other one by the calendar."""
    return (
        f"[Unit]\nDescription={_line(description)}\n\n"
        f"[Timer]\nOnCalendar={calendar}\nRandomizedDelaySec={randomized_delay}\n"
        f"Persistent={'yes' if persistent else 'no'}\n\n"
        "[Install]\nWantedBy=timers.target\n"
    )


def quoted(command: Sequence[str]) -> str:
    """Return a command line that systemd reads as exactly these words."""
    return " ".join(word if _PLAIN.fullmatch(word) else f'"{_escaped(word)}"' for word in command)


def _escaped(word: str) -> str:
    return "".join(_ESCAPED.get(character, character) for character in word)


def _line(text: str) -> str:
    return text.replace("%", "%%")
