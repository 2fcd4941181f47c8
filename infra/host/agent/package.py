"""A Debian package."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from infra.host.agent import apt, apt_joined, dpkg
from infra.host.agent.commands import run
from infra.host.agent.kind import AgentError, Kind
from infra.host.agent.request import current

_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+")
_CANDIDATE = re.compile(r"^  Candidate: (?!\(none\))\S", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Package(Kind):
    """An installed package, at the version that the archive has; one that is held stays at its version.

    A name may list alternatives as a Debian dependency does, `docker-cli | docker.io`: the first one is meant that is
    installed or that the archive has. Where one of `or_installed` is there already, it stays as it is and will do.
    """

    IDENTITY: ClassVar[tuple[str, ...]] = ("name",)
    COMPUTED: ClassVar[tuple[str, ...]] = ("version",)
    STABLE: ClassVar[tuple[str, ...]] = ("version",)

    name: str
    held: bool = False
    or_installed: tuple[str, ...] = ()

    def read(self) -> dict[str, Any] | None:
        """Return the installed version and whether it is held; one that is there instead counts as it is."""
        if instead := self._instead():
            return {"version": f"{instead.version} of {instead.name}"}
        found = self._installed()
        return None if found is None else {"version": found.version, "held": found.held}

    def apply(self) -> None:
        """Install the package, fetching the archive's lists first where they lack it; hold it or not."""
        if self._instead():
            return
        found = self._installed()
        if found is None:
            self._install()
            found = self._installed()
        if found is not None and found.held != self.held:
            with apt.changing():
                apt.hold(found.name, held=self.held)

    def remove(self) -> None:
        """Remove the package; its configuration stays, and so does what was there instead of it."""
        if self._instead():
            return
        with apt.changing():
            found = next((status for name in self._alternatives() if (status := dpkg.status(name)).version), None)
            if found is None:
                return
            if found.held:
                apt.hold(found.name, held=False)
            apt.remove(found.name)

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield a name that is none."""
        if not all(_NAME.fullmatch(name) for name in self._alternatives()):
            yield "name", "must be the name of a Debian package, or several separated by ` | `"
        if not all(map(_NAME.fullmatch, self.or_installed)):
            yield "or_installed", "must be names of Debian packages"

    def _instead(self) -> dpkg.Status | None:
        """Return the package of somebody else that is there and will do."""
        return next((status for name in self.or_installed if (status := dpkg.status(name)).version), None)

    def _install(self) -> None:
        name = self._listed()
        if dpkg.status(name).held:
            # A package can be held without being there: apt would refuse to install it.
            with apt.changing():
                apt.hold(name, held=False)
        apt_joined.install(name)

    def _alternatives(self) -> list[str]:
        return [name.strip() for name in self.name.split("|")]

    def _installed(self) -> dpkg.Status | None:
        """Return the alternative that is meant, if it is installed."""
        for name in self._alternatives():
            status = dpkg.status(name)
            if status.version:
                return status
            if _is_in_archive(name):
                return None
        return None

    def _listed(self) -> str:
        """Return the alternative that the archive has."""
        name = self._candidate()
        if name is None:
            with apt.changing():
                fetched = apt.fetch_lists(enough=lambda: self._candidate() is not None)
            name = self._candidate()
            if name is None:
                apt.check(f"fetching the package lists to find {self.name}", fetched)
                message = f"the package archive of {current().host} has no {self.name}"
                raise AgentError(message)
        return name

    def _candidate(self) -> str | None:
        return next((name for name in self._alternatives() if _is_in_archive(name)), None)


def _is_in_archive(name: str) -> bool:
    return bool(_CANDIDATE.search(run(["apt-cache", "policy", name]).output))
