"""A clock that is wrong, by what programs say that were refused something for it."""

import re
import time

from infra.host.agent.request import current

REMEDY = "see whether that clock is right (`timedatectl`), and have it set (`timedatectl set-ntp true`)"
# In the words of apt, of GnuTLS (Debian 12), of OpenSSL and of sqv (both Debian 13).
_TOO_EARLY = re.compile(r"is not valid yet|not yet valid certificate|certificate is not yet valid|Not live until")
_TOO_LATE = re.compile(r"is expired \(invalid since|expired certificate|certificate has expired")


def fault(complaint: str) -> str | None:
    """Return the sentence about what was refused as too new or too old, or nothing when it was something else."""
    if _TOO_EARLY.search(complaint):
        verdict = "what the archive sends is of the future"
    elif _TOO_LATE.search(complaint):
        verdict = "what the archive sends has expired"
    else:
        return None
    now = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    return f"by the clock of {current().host}, where it is {now}, {verdict}: {REMEDY}"
