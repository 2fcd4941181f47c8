"""apt and dpkg, with patience for what else happens to packages and to the way there."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from urllib.parse import urlsplit

from infra.host.agent import apt_lock, clock, places
from infra.host.agent.commands import Result, last_words, must, run
from infra.host.agent.kind import AgentError
from infra.host.agent.request import current

_APT = ("apt-get", "--yes", "--option", "DPkg::Lock::Timeout=300", "--option", "Dpkg::Options::=--force-confold")
_QUIET = {"DEBIAN_FRONTEND": "noninteractive", "NEEDRESTART_SUSPEND": "1", "APT_LISTCHANGES_FRONTEND": "none"}
RETRIES = 3
"""How often apt is called again where a mirror is out of reach."""
_PAUSE_SECONDS = 5.0
_NOT_FETCHED = re.compile(r"Failed to fetch (\S+)\s+(.*)")
_OUTDATED = re.compile(r"Failed to fetch \S+\s+404 ")
_IN_THE_WAY = "remove is disabled"
"""Part of what apt says where it would have to remove something, and may not."""
_REMOVED = re.compile(r"^(?:The following packages will be REMOVED|REMOVING):\n((?: .*\n)+)", re.MULTILINE)
_SIMULATED = re.compile(r"^(?:Remv|Purg) (\S+)", re.MULTILINE)

_changing = Lock()
"""Held while packages change: one request at a time."""
_fetched: dict[tuple[int, ...], Result] = {}
"""How fetching the lists of all sources ended, by what the sources were at that time."""


@contextmanager
def changing() -> Iterator[None]:
    """Have packages for oneself: after other requests, and after other programs that change them."""
    with _changing:
        apt_lock.wait()
        yield


def install(name: str, *, retries: int = RETRIES) -> None:
    """Install a package.

    Raises:
        AgentError: also when another one would have to be removed for it; it stays.
    """
    result = try_to_install(name, retries=retries)
    if _IN_THE_WAY in result.complaint:
        raise AgentError(_in_the_way(name, result))
    check(f"installing {name}", result)


def try_to_install(*names: str, retries: int = RETRIES) -> Result:
    """Install packages, and remove none for them; fetch the lists again where they name a version that is gone."""
    words = ("--no-remove", "install", "--no-install-recommends", *names)
    result = _persistent(*words, retries=retries)
    if result.code and _OUTDATED.search(result.complaint):
        _fetched.clear()
        check("fetching package lists", fetch_lists())
        result = _persistent(*words, retries=retries)
    return result


def remove(name: str) -> None:
    """Remove a package; its configuration stays.

    Raises:
        AgentError: before anything is removed, when others need it and would go, too.
    """
    action = f"removing {name}"
    simulated = _persistent("--simulate", "remove", name)
    check(action, simulated)
    # The name may carry the architecture, as in `libc6:i386`.
    removed = (found.partition(":")[0] for found in _SIMULATED.findall(simulated.output))
    if others := [found for found in removed if found != name.partition(":")[0]]:
        message = (
            f"{action} failed: {', '.join(others)} on {current().host} would be removed with it. Nothing was removed. "
            f"Remove these there yourself first, or keep {name}: `pulumi state delete` makes it nobody's"
        )
        raise AgentError(message)
    check(action, _persistent("remove", name))


def hold(name: str, *, held: bool) -> None:
    """Have apt leave a package as it is, or no longer."""
    must(["apt-mark", "hold" if held else "unhold", name], environment=_QUIET, finish=True)


def fetch_lists(enough: Callable[[], bool] = lambda: False) -> Result:
    """Fetch the package lists, once as long as the sources stay what they are.

    Args:
        enough: whether the lists there are will do, though not all could be fetched.
    """
    sources = _sources()
    if sources in _fetched:
        return _fetched[sources]
    current().status("fetching package lists")
    result = _persistent("update", "--error-on=any", enough=enough)
    if result.code == 0 or not enough():
        _fetched[sources] = result
    return result


def fetch_lists_of(source: Path) -> None:
    """Fetch the lists of one source and leave the others as they are."""
    current().status(f"fetching the package lists of {source}")
    only = (f"Dir::Etc::SourceList={source}", "Dir::Etc::SourceParts=-", "APT::Get::List-Cleanup=0")
    options = [word for option in only for word in ("--option", option)]
    check(f"fetching the package lists of {source}", _persistent("update", "--error-on=any", *options))


def check(action: str, result: Result) -> None:
    """Raise the error that a failed call of apt means, if it failed."""
    if result.code == 0:
        return
    host = current().host
    if "No space left on device" in result.complaint or "enough free space" in result.complaint:
        message = f"{action} failed: no space left on {host} for packages: `df -h` there tells which disk is full"
    elif untimely := clock.fault(result.complaint):
        message = f"{action} failed: {untimely}"
    elif is_out_of_reach(result):
        mirror, reason = _failure(result)
        message = f"{action} failed, {RETRIES} retries included: {host} cannot fetch from {mirror}: {reason}"
    else:
        message = f"{action} failed: {last_words(result)}"
    raise AgentError(message)


def is_out_of_reach(result: Result) -> bool:
    """Tell whether a call of apt failed because a mirror could not be reached."""
    # What is refused by a clock that is wrong would be refused again.
    lasting = _OUTDATED.search(result.complaint) or clock.fault(result.complaint)
    return result.code != 0 and bool(_NOT_FETCHED.search(result.complaint)) and not lasting


def _persistent(*words: str, retries: int = RETRIES, enough: Callable[[], bool] = lambda: False) -> Result:
    """Call apt, again where the mirror could not be reached."""
    result = _mended(*words)
    for retry in range(1, retries + 1):
        if not is_out_of_reach(result) or enough():
            break
        mirror, _ = _failure(result)
        current().status(f"{mirror} is out of reach, trying again ({retry} of {retries})")
        current().pause(_PAUSE_SECONDS * retry)
        result = _mended(*words)
    return result


def _mended(*words: str) -> Result:
    """Call apt; finish an interrupted installation, or wait for another program, where that is in the way."""
    result = _apt(*words)
    if result.code and "dpkg --configure -a" in result.complaint:
        _finish_installation()
    elif result.code and "Could not get lock" in result.complaint:
        apt_lock.wait()
    else:
        return result
    return _apt(*words)


def _finish_installation() -> None:
    """Set up what a run that was killed half-way left unpacked; nothing can be installed before."""
    action = "finishing an interrupted installation"
    current().status(action)
    result = run(["dpkg", "--configure", "-a"], environment=_QUIET, finish=True)
    if result.code:
        # Packages that it needs may be missing. It must not solve that by removing others.
        result = _apt("--fix-broken", "--no-remove", "install")
    check(action, result)


def _apt(*words: str) -> Result:
    return run([*_APT, *words], environment=_QUIET, finish=True)


def _in_the_way(name: str, result: Result) -> str:
    """Return what would have to be removed for a package, and what people can do about it."""
    found = _REMOVED.search(result.output)
    packages = ", ".join(word.rstrip("*") for word in found[1].split()) if found else "other packages"
    return (
        f"installing {name} failed: {packages} on {current().host} would be removed for it. Nothing was changed. "
        f"Remove {packages} there yourself, or keep it: where {name} is a setting of the profile, leave that to the "
        f"server, and its units too, under the server's `overrides`: `package/{name}: {{value: null, reason: …}}` and "
        f"`unit/{name}*: {{value: null, reason: …}}`"
    )


def _sources() -> tuple[int, ...]:
    """Return what changes with every file that is written, renamed or deleted where apt's sources and keys are."""
    return tuple(folder.stat().st_mtime_ns for folder in sorted(places.APT.glob("**/")))


def _failure(result: Result) -> tuple[str, str]:
    """Return the mirror that could not be fetched from, and why; the address itself may hold a password."""
    found = _NOT_FETCHED.search(result.complaint)
    address, reason = found.groups() if found else ("", "")
    parts = urlsplit(address)
    return parts.hostname or f"{parts.scheme}:{parts.path}", reason.strip()
