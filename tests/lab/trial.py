"""A change on trial and held there: whoever comes to confirm it waits, so that a test can interfere meanwhile."""

from collections.abc import Callable
from contextlib import suppress
from subprocess import CalledProcessError

from tests.lab.moments import Moment
from tests.lab.server import LabServer
from tests.lab.stack import Event

PENDING = "/var/lib/slipway/rescue/pending"
"""Is there while a change is on trial."""
ENDED = f"test ! -e {PENDING}"
DROP_IN = "/etc/ssh/sshd_config.d/00-slipway.conf"
_HELD, _OVER = "/run/lab-held", "/run/lab-over"
_SILENCE = "INPUT --protocol tcp --dport 22 --syn --jump DROP"
_LISTENING = "ss -Hlnte 'sport = :22'"
_HELD_SECONDS = 300


def hold(server: LabServer, changed: str, *, then: str = "true") -> None:
    """Have the server answer no new connection as soon as a change is on trial.

    Args:
        server: the server.
        changed: shell condition that holds once the change has been made; `$listening` is what listened before it.
        then: what is done there at that moment.
    """
    wait = "sleep 0.02; done"
    server.shell(f"rm -f {_HELD} {_OVER}")
    server.begin(
        f"listening=$({_LISTENING}); until test -e {PENDING}; do {wait}; "
        f"iptables -I {_SILENCE}; until {changed}; do {wait}; {then}; touch {_HELD}; "
        f"until {ENDED}; do {wait}; touch {_OVER}"
    )


def seconds_held(server: LabServer) -> float:
    """Return how long a change that was held stayed on trial from then on."""
    begun, ended = server.run("stat", "--format=%.2Y", _HELD, _OVER).split()
    return float(ended) - float(begun)


def sshd_has_read(text: str) -> str:
    """Return the condition that sshd has begun anew, with a text in its drop-in."""
    return f'grep -q "{text}" {DROP_IN} && test "$({_LISTENING})" != "$listening"'


def held(server: LabServer, begins: Moment) -> Callable[[Event], bool]:
    """Return the moment at which a change is held that begins at another moment."""

    def reached(event: Event) -> bool:
        if not begins(event):
            return False
        server.wait_for(f"test -e {_HELD}", seconds=_HELD_SECONDS)
        return True

    return reached


def release(server: LabServer) -> None:
    """Let connections in again."""
    # UFW may have been started anew meanwhile, and the server, too.
    with suppress(CalledProcessError):
        server.shell(f"iptables -D {_SILENCE}")
