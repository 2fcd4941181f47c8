"""What dpkg knows about packages."""

from typing import NamedTuple

from infra.host.agent.commands import run


class Status(NamedTuple):
    """A package as dpkg knows it."""

    name: str
    version: str
    """Empty when it is not installed."""
    held: bool


def status(name: str) -> Status:
    """Return what dpkg knows about a package, whether it is there or not."""
    shown = run(["dpkg-query", "--show", "--showformat=${Status}\t${Version}", name]).output
    words, _, version = shown.partition("\t")
    return Status(name, version if words.endswith(" ok installed") else "", words.startswith("hold "))
