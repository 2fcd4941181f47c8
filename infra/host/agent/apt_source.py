"""A source of packages."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from infra.host.agent import apt, apt_sources, own_file, places
from infra.host.agent.kind import AgentError, Kind
from infra.host.agent.request import current

_OURS = "slipway-"
"""How the names of our own files begin."""
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_WORD = re.compile(r"[^\s#]+")
_SIGN_IN = re.compile(r"//[^/@\s]*@")
"""User and password of an archive, which are told to nobody."""
_TYPES = frozenset({"deb", "deb-src"})
_TITLE = "X-Repolib-Name:"
"""What people and scanners know a source by: in this form Lynis (PKGS-7388) finds a mirror's security updates by it."""
_FIELDS = {
    "uris": "URIs:",
    "types": "Types:",
    "suites": "Suites:",
    "components": "Components:",
    "signed_by": "Signed-By:",
}


@dataclass(frozen=True, kw_only=True)
class AptSource(Kind):
    """Archives that packages come from, in a file of its own.

    With `security` it is the security updates of the server's own release: from the archive given, or from the one
    beside the mirror that the server already uses. A server that has such a source needs no further one.
    """

    IDENTITY: ClassVar[tuple[str, ...]] = ("name",)

    name: str
    types: tuple[str, ...] = ("deb",)
    uris: tuple[str, ...] = ()
    suites: tuple[str, ...] = ()
    components: tuple[str, ...] = ("main",)
    signed_by: str = "/usr/share/keyrings/debian-archive-keyring.gpg"
    security: bool = False

    def read(self) -> dict[str, Any] | None:
        """Return what differs; nothing at all when the source is not there.

        A field that is left out is as wanted.
        """
        if not self._path.exists() and self._is_there_already():
            return {}
        try:
            content = self._content()
        except AgentError:
            # Nothing can be derived any more: what there is was derived when it could, and stays.
            return {} if self._path.exists() else None
        found = own_file.differences(self._path, content, _FIELDS)
        return found and {name: _SIGN_IN.sub("//", value) for name, value in found.items()}

    def apply(self) -> None:
        """Write the source and fetch its lists; one that cannot be fetched from is not left behind."""
        if not self._path.exists() and self._is_there_already():
            return
        if not Path(self.signed_by).exists():
            message = f"{current().host} has no key {self.signed_by} to check the source {self.name} with"
            raise AgentError(message)
        content = self._content()
        if own_file.is_intact(self._path, content):
            return
        with apt.changing():
            former = self._path.read_text() if self._path.exists() else None
            own_file.write(self._path, content)
            try:
                apt.fetch_lists_of(self._path)
            except AgentError:
                # One source that does not answer would fail every later fetching of lists.
                if former is None:
                    own_file.remove(self._path)
                else:
                    own_file.write(self._path, former)
                raise

    def remove(self) -> None:
        """Delete the source; packages from it stay."""
        own_file.remove(self._path)

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield what cannot stand in a source."""
        if not _NAME.fullmatch(self.name):
            yield "name", "must be of lower-case letters, digits, `_` and `-`"
        for name in ("types", "uris", "suites", "components"):
            if not all(_WORD.fullmatch(word) for word in getattr(self, name)):
                yield name, "must be words without blanks"
        if not self.types or not _TYPES.issuperset(self.types):
            yield "types", "must be `deb`, `deb-src` or both"
        if not all("://" in uri for uri in self.uris):
            yield "uris", "must be addresses of archives, as in `https://…`"
        if not re.fullmatch(r"/\S+", self.signed_by):
            yield "signed_by", "must be the absolute path of a key, without blanks"
        if self.security and self.suites:
            yield "suites", "are those of the server's own release when it is about security updates"
        if not self.security and not self.uris:
            yield "uris", "are needed, unless it is about security updates"
        if not self.security and not self.suites:
            yield "suites", "are needed, unless it is about security updates"

    @property
    def _path(self) -> Path:
        return places.APT / "sources.list.d" / f"{_OURS}{self.name}.sources"

    def _content(self) -> str:
        values = {
            "types": self.types,
            "uris": self.uris or self._derived(),
            "suites": (f"{apt_sources.codename()}-security",) if self.security else self.suites,
            "components": self.components,
            "signed_by": (self.signed_by,),
        }
        lines = [f"{_FIELDS[name]} {' '.join(words)}\n" for name, words in values.items() if words]
        return f"# Kept by slipway.\n{_TITLE} {self.name} (slipway)\n{''.join(lines)}"

    def _is_there_already(self) -> bool:
        """Return whether another source brings the security updates, from the archives given where there are any."""
        release = apt_sources.codename()
        wanted = {uri.rstrip("/") for uri in self.uris}
        # One of ours under a former name goes as soon as this one is there.
        others = (source for source in apt_sources.sources() if not source.path.name.startswith(_OURS))
        found = {source.uri for source in others if apt_sources.is_security(source.suite, release)}
        return self.security and bool(found) and wanted.issubset(found)

    def _derived(self) -> tuple[str, ...]:
        """Return the archive of security updates beside the mirror in use."""
        release = apt_sources.codename()
        mirrors = [source for source in apt_sources.sources() if source.suite in {release, "stable"}]
        for source in mirrors:
            uri = apt_sources.security_uri(source.uri)
            if uri:
                return (uri,)
        # Not the address itself: it may hold a password.
        place = f"the mirror named in {mirrors[0].path}" if mirrors else "any mirror"
        message = f"where {current().host} gets security updates cannot be told from {place}: give it as `uris`"
        raise AgentError(message)
