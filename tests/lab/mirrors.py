"""How this machine reaches Debian's archive, so that the lab's images reach it the same way.

Mirrors, proxies, credentials and certificates are read from the machine each time; none is written in this project.
"""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.command import SetupError, run

APT = Path("/etc/apt")
LOCAL_CERTIFICATES = Path("/usr/local/share/ca-certificates")
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
SUFFIXES = ("", "-updates", "-security")
"""What follows a suite's name in the suites a server takes packages from."""
ALIASES = ("stable", "oldstable", "oldoldstable", "bookworm", "trixie", "bullseye", "forky", "testing", "sid")
HANDED_OVER = ("Acquire::http", "Acquire::https", "Acquire::Check-", "Acquire::Retries", "Acquire::ForceIPv")
"""Settings of apt that say how the archive is reached."""


@dataclass(frozen=True, slots=True)
class Source:
    """One configured archive."""

    uri: str
    suite: str


def archives(root: Path = APT) -> Mapping[str, str]:
    """Map each suffix (none, `-updates`, `-security`) to the archive this machine takes it from.

    Raises:
        SetupError: The machine has no source of Debian packages.
    """
    found: dict[str, str] = {}
    for source in _sources(root):
        for suffix in SUFFIXES:
            if source.suite.removesuffix("/updates") in {alias + suffix for alias in ALIASES}:
                found.setdefault(suffix, source.uri)
    if "" not in found:
        message = (
            f"No source of Debian packages in {root}: the lab builds Debian servers and takes the mirror from there. "
            "Add one, for example /etc/apt/sources.list.d/debian.sources."
        )
        raise SetupError(message)
    return found


def sources_for(suite: str, found: Mapping[str, str]) -> str:
    """Write the sources of a server that runs the given suite, a line each, as Debian's installer does.

    Lynis finds security updates of a mirror in this form alone; of security.debian.org it finds them in both.
    """
    return "".join(f"deb [signed-by={KEYRING}] {uri} {suite}{suffix} main\n" for suffix, uri in found.items())


def settings() -> str:
    """Write the settings of apt that say how the archive is reached."""
    lines = [line for line in run("apt-config", "dump").splitlines() if line.startswith(HANDED_OVER)]
    dumped = "\n".join(lines)
    for scheme in ("http", "https"):
        proxy = os.environ.get(f"{scheme}_proxy") or os.environ.get(f"{scheme.upper()}_PROXY")
        if proxy and f"Acquire::{scheme}::Proxy " not in dumped:
            lines.append(f'Acquire::{scheme}::Proxy "{proxy}";')
    return "".join(f"{line}\n" for line in lines)


def lay_out(suite: str, folder: Path) -> None:
    """Lay the files out that an image of the suite needs to reach the archive, under the image's own paths."""
    written = {
        "sources.list": sources_for(suite, archives()),
        "apt.conf.d/70slipway-lab-archive": settings(),
    }
    for name, text in written.items():
        path = folder / "etc/apt" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for path in (APT / "auth.conf", *sorted((APT / "auth.conf.d").glob("*.conf"))):
        if path.is_file():
            copy = folder / path.relative_to("/")
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)
    certificates = folder / LOCAL_CERTIFICATES.relative_to("/")
    certificates.mkdir(parents=True, exist_ok=True)
    for path in sorted(LOCAL_CERTIFICATES.glob("**/*.crt")):
        shutil.copy(path, certificates / path.name)


def _sources(root: Path) -> Iterator[Source]:
    """Read both forms of apt's source lists."""
    for path in (root / "sources.list", *sorted((root / "sources.list.d").glob("*.list"))):
        if path.is_file():
            for line in path.read_text(encoding="utf-8").splitlines():
                yield from _one_line(line.partition("#")[0].split())
    for path in sorted((root / "sources.list.d").glob("*.sources")):
        for paragraph in path.read_text(encoding="utf-8").split("\n\n"):
            yield from _paragraph(paragraph)


def _one_line(words: Sequence[str]) -> Iterator[Source]:
    """Read `deb [options] uri suite components`."""
    if not words or words[0] != "deb":
        return
    rest = list(words[1:])
    if rest and rest[0].startswith("["):
        while not rest.pop(0).endswith("]"):
            pass
    if len(rest) > 1:
        yield Source(rest[0].rstrip("/"), rest[1])


def _paragraph(text: str) -> Iterator[Source]:
    """Read one paragraph of the deb822 form."""
    fields: dict[str, list[str]] = {}
    last = ""
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        if line[:1].isspace():
            fields.setdefault(last, []).extend(line.split())
            continue
        last, _, value = line.partition(":")
        last = last.strip().lower()
        fields[last] = value.split()
    if "deb" in fields.get("types", []) and fields.get("enabled", ["yes"]) != ["no"]:
        for uri in fields.get("uris", []):
            for suite in fields.get("suites", []):
                yield Source(uri.rstrip("/"), suite)
