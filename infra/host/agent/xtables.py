"""Rules of iptables, as the kernel has them and as files write them."""

import shlex
from collections.abc import Iterable, Iterator
from ipaddress import ip_network
from typing import NamedTuple

from infra.host.agent.commands import must

PROGRAMS = {4: "iptables", 6: "ip6tables"}
"""IP version to its program; `-save` and `-restore` belong to each."""
_ADDRESSES = frozenset({"-s", "-d"})
_MODULE = "-m"
_NOT = "!"

Rule = frozenset[tuple[str, ...]]
"""Options with their values, in any order and without the modules they are from: files and kernel differ in both."""


class Table(NamedTuple):
    """The filter table of one IP version."""

    policies: dict[str, str]
    """Built-in chain to ACCEPT or DROP."""
    lines: list[str]
    """Every rule, as `iptables-save` writes it."""

    def chain(self, name: str) -> list[str]:
        """Return the rules of a chain, in order."""
        return [line for line in self.lines if line.startswith(f"-A {name} ")]


def read(version: int) -> Table:
    """Return what is loaded (3 ms)."""
    policies, lines = {}, []
    for line in must([f"{PROGRAMS[version]}-save", "-t", "filter"]).splitlines():
        if line.startswith(":"):
            chain, policy, *_ = line[1:].split()
            if policy != "-":
                policies[chain] = policy
        elif line.startswith("-A "):
            lines.append(line)
    return Table(policies, lines)


def parse(line: str) -> Rule:
    """Return a rule without what may be written in several ways."""
    return frozenset(_normal(words) for words in _options(shlex.split(line)) if words[0] != _MODULE)


def delete(version: int, line: str) -> None:
    """Delete a rule by the line that `iptables-save` writes for it."""
    must([PROGRAMS[version], "-D", *shlex.split(line)[1:]], finish=True)


def _options(words: Iterable[str]) -> Iterator[list[str]]:
    """Yield each option with its values; a negation belongs to the option behind it."""
    option: list[str] = []
    negated = False
    for word in words:
        if word == _NOT:
            negated = True
        elif word.startswith("-"):
            if option:
                yield option
            option = [_NOT + word if negated else word]
            negated = False
        else:
            option.append(word)
    if option:
        yield option


def _normal(words: list[str]) -> tuple[str, ...]:
    option, *values = words
    if option.lstrip(_NOT) in _ADDRESSES:
        values = [str(ip_network(value, strict=False)) for value in values]
    return option, *values
