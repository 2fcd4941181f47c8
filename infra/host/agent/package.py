"""A Debian package."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Lock
from typing import Any, ClassVar

from infra.host.agent.commands import Result, last_words, run
from infra.host.agent.kind import AgentError, Kind
from infra.host.agent.request import current

_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+")
_CANDIDATE = re.compile(r"^  Candidate: (?!\(none\))\S", re.MULTILINE)
_APT = ("apt-get", "--yes", "--option", "DPkg::Lock::Timeout=300", "--option", "Dpkg::Options::=--force-confold")
_QUIET = {"DEBIAN_FRONTEND": "noninteractive", "NEEDRESTART_SUSPEND": "1", "APT_LISTCHANGES_FRONTEND": "none"}

_changing = Lock()
"""Held while packages change: one request at a time, and apt's own lock is waited for besides."""


@dataclass(frozen=True, kw_only=True)
class Package(Kind):
    """An installed package.

    A name may list alternatives as a Debian dependency does, `docker-cli | docker.io`: the first one is meant that is
    installed or that the archive has.
    """

    IDENTITY: ClassVar[tuple[str, ...]] = ("name",)
    COMPUTED: ClassVar[tuple[str, ...]] = ("version",)
    STABLE: ClassVar[tuple[str, ...]] = ("version",)

    name: str

    def read(self) -> dict[str, Any] | None:
        """Return the installed version."""
        for name in self._alternatives():
            version = _installed_version(name)
            if version:
                return {"version": version}
            if _is_in_archive(name):
                return None
        return None

    def apply(self) -> None:
        """Install the package; fetch the archive's lists first when they are missing or outdated."""
        with _changing:
            if self.read() is not None:
                return
            name = self._candidate()
            if name is None:
                current().status("fetching package lists")
                _check("fetching package lists", _apt("update"))
                name = self._candidate()
            if name is None:
                message = f"the package archive of {current().host} has no {self.name}"
                raise AgentError(message)
            current().status(f"installing {name}")
            _install(name)

    def remove(self) -> None:
        """Remove the package; its configuration stays."""
        with _changing:
            for name in self._alternatives():
                if _installed_version(name):
                    _check(f"removing {name}", _apt("remove", name))
                    return

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield a name that is none."""
        if not all(_NAME.fullmatch(name) for name in self._alternatives()):
            yield "name", "must be the name of a Debian package, or several separated by ` | `"

    def _alternatives(self) -> list[str]:
        return [name.strip() for name in self.name.split("|")]

    def _candidate(self) -> str | None:
        return next((name for name in self._alternatives() if _is_in_archive(name)), None)


def _installed_version(name: str) -> str | None:
    status, _, version = run(["dpkg-query", "--show", "--showformat=${Status}\t${Version}", name]).output.partition(
        "\t"
    )
    return version if status.endswith(" ok installed") else None


def _is_in_archive(name: str) -> bool:
    return bool(_CANDIDATE.search(run(["apt-cache", "policy", name]).output))


def _install(name: str) -> None:
    result = _apt("install", "--no-install-recommends", name)
    if result.code and "dpkg --configure -a" in result.complaint:
        # A run that was killed half-way left packages unpacked; nothing can be installed before they are set up.
        _check(
            "finishing an interrupted installation", run(["dpkg", "--configure", "-a"], environment=_QUIET, finish=True)
        )
        result = _apt("install", "--no-install-recommends", name)
    elif result.code and "apt-get update" in result.complaint:
        _check("fetching package lists", _apt("update"))
        result = _apt("install", "--no-install-recommends", name)
    _check(f"installing {name}", result)


def _apt(*words: str) -> Result:
    return run([*_APT, *words], environment=_QUIET, finish=True)


def _check(action: str, result: Result) -> None:
    if result.code == 0:
        return
    if "No space left on device" in result.complaint or "enough free space" in result.complaint:
        message = f"no space left on {current().host} for packages: {action}"
        raise AgentError(message)
    message = f"{action} failed: {last_words(result)}"
    raise AgentError(message)
