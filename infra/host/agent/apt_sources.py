"""The sources of packages that the server uses, in both of apt's forms."""

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

from infra.host.agent import places, text_file
from infra.host.agent.kind import AgentError
from infra.host.agent.request import current

_ARCHIVE, _SECURITY = "debian", "debian-security"


class Source(NamedTuple):
    """One archive and suite that binary packages come from."""

    path: Path
    """File it is in."""
    uri: str
    """Archive, without a slash at its end."""
    suite: str
    """Suite, as in `bookworm-security`."""


def codename() -> str:
    """Return what the release of the server is called, as in `bookworm`."""
    for line in text_file.read(places.OS_RELEASE) or ():
        name, _, value = line.partition("=")
        if name == "VERSION_CODENAME":
            return "".join(shlex.split(value))
    message = f"{current().host} does not tell its release in {places.OS_RELEASE}"
    raise AgentError(message)


def sources() -> list[Source]:
    """Return the sources in use."""
    lists = (places.APT / "sources.list", *sorted((places.APT / "sources.list.d").glob("*.list")))
    paragraphs = sorted((places.APT / "sources.list.d").glob("*.sources"))
    return [
        Source(path, uri.rstrip("/"), suite)
        for paths, read in ((lists, _from_lines), (paragraphs, _from_paragraphs))
        for path in paths
        for uri, suite in read(text_file.read(path) or [])
    ]


def is_security(suite: str, release: str) -> bool:
    """Return whether a suite carries the security updates of a release."""
    return suite in {f"{name}{ending}" for name in (release, "stable") for ending in ("-security", "/updates")}


def security_uri(uri: str) -> str | None:
    """Return the archive of the security updates that lies beside an archive of Debian, if this is one."""
    parts = urlsplit(uri)
    folder, slash, name = parts.path.rpartition("/")
    if name != _ARCHIVE or not parts.scheme:
        return None
    return urlunsplit(parts._replace(path=f"{folder}{slash}{_SECURITY}"))


def _from_lines(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield archive and suite of each `deb [options] uri suite components`."""
    for line in lines:
        kind, *words = line.partition("#")[0].split() or [""]
        if kind != "deb":
            continue
        if words and words[0].startswith("["):
            end = next((number for number, word in enumerate(words) if word.endswith("]")), len(words))
            words = words[end + 1 :]
        if len(words) > 1:
            yield words[0], words[1]


def _from_paragraphs(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield every archive and suite of each paragraph of the deb822 form."""
    for fields in _paragraphs(lines):
        if "deb" in fields.get("types", ()) and fields.get("enabled", ["yes"])[:1] != ["no"]:
            for uri in fields.get("uris", ()):
                for suite in fields.get("suites", ()):
                    yield uri, suite


def _paragraphs(lines: Sequence[str]) -> Iterator[dict[str, list[str]]]:
    """Yield each paragraph as its fields, lower-case, with the words of each."""
    fields: dict[str, list[str]] = {}
    last: list[str] = []
    for line in (*lines, ""):
        if not line.strip():
            yield fields
            fields = {}
        elif line[0].isspace():
            last.extend(line.split())
        elif not line.startswith("#"):
            name, _, value = line.partition(":")
            last = fields[name.strip().lower()] = value.split()
