"""Whether the clock of a server is right, by that of this machine."""

from datetime import timedelta

TOLERANCE_SECONDS = 60
"""Far more than a sign-in takes, and far less than what certificates and package lists allow for."""


def remark(host: str, lead: float) -> str | None:
    """Return what to tell of a clock that is far off, or nothing.

    Args:
        host: the server.
        lead: seconds by which its clock is ahead of that of this machine.
    """
    if abs(lead) < TOLERANCE_SECONDS:
        return None
    side = "ahead of" if lead > 0 else "behind"
    return (
        f"the clock of {host} is {timedelta(seconds=round(abs(lead)))} {side} that of this machine: by a wrong clock "
        "apt and TLS refuse package lists and certificates as expired or not valid yet; "
        "see which of the two is right (`timedatectl`), and have the other set (`timedatectl set-ntp true`)"
    )
