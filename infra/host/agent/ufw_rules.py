"""UFW's file of rules: what people asked for, each with what is loaded for it.

Between `### RULES ###` and `### END RULES ###` every rule is a line such as
`### tuple ### allow tcp 22 0.0.0.0/0 any 203.0.113.0/24 in comment=<hex>` (action, protocol, port, destination, source
port, source, direction), and below it the lines that are loaded. UFW reads the former and writes the latter anew with
each change; at boot the latter count.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, Self

from infra.host.agent import places, xtables
from infra.host.agent.traffic import ANY, Traffic

OURS = "slipway: "
"""How the comments of declared rules begin."""
FILES = {4: "user.rules", 6: "user6.rules"}
"""IP version to the file."""
CHAINS = {4: "ufw-user-", 6: "ufw6-user-"}
"""IP version to how the chains of people's rules begin; `input`, `output` and `forward` follow."""
_EVERYWHERE = {4: "0.0.0.0/0", 6: "::/0"}
_BEGIN = "### RULES ###\n"
_END = re.compile(r"\n?^(?:### END RULES ###|COMMIT)$", re.MULTILINE)
_TUPLE = re.compile(r"^(?=### tuple ### )", re.MULTILINE)
_MARK = "### tuple ### "
_COMMENT = " comment="
_WITHOUT_DIRECTION = (6, 8)
"""Numbers of words that old versions of UFW wrote; rules about application profiles have two more."""
_WITH_DIRECTION = (7, 9)


class Rule(NamedTuple):
    """What a rule of UFW's says, word by word."""

    action: str
    protocol: str
    port: str
    destination: str
    source_port: str
    source: str
    direction: str


class Entry(NamedTuple):
    """A rule of UFW's, as it stands in the file."""

    words: str
    """The rule without its comment."""
    comment: str
    lines: tuple[str, ...]
    """What is loaded for it."""
    text: str
    """All of it, as it stands in the file."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the rule that a piece of the file describes."""
        first, *others = text.splitlines()
        words, _, comment = first.removeprefix(_MARK).partition(_COMMENT)
        return cls(words.strip(), _decoded(comment.strip()), tuple(line for line in others if line.strip()), text)

    @property
    def is_ours(self) -> bool:
        """Whether it is a declared rule, or was one."""
        return self.comment.startswith(OURS)

    @property
    def description(self) -> str:
        """What people are told about a rule that is not declared."""
        rule = self.rule
        text = self.words
        if rule:
            traffic = f"{rule.protocol} {rule.port} from {rule.source} to {rule.destination}"
            text = f"{rule.action} {traffic} {rule.direction}"
        return f"{text} # {self.comment}" if self.comment else text

    @property
    def rule(self) -> Rule | None:
        """What it says, or nothing when UFW passes over it, too."""
        words = self.words.split()
        if len(words) in _WITHOUT_DIRECTION:
            words.append("in")
        return Rule._make([*words[:6], words[-1]]) if len(words) in _WITH_DIRECTION else None


class RulesFile(NamedTuple):
    """One of UFW's two files of rules."""

    head: str
    strays: tuple[str, ...]
    """Lines for people's chains that belong to no rule: UFW drops them with its next change, a boot loads them."""
    entries: tuple[Entry, ...]
    tail: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return what is in a file."""
        begin = text.find(_BEGIN) + len(_BEGIN)
        end = _END.search(text, begin)
        tail = end.start() if end else len(text)
        stray, *entries = _TUPLE.split(text[begin:tail])
        lines = (line for line in stray.splitlines() if _is_users(line))
        return cls(text[:begin], tuple(lines), tuple(map(Entry.parse, entries)), text[tail:])

    def render(self, entries: Iterable[Entry]) -> str:
        """Return the file with these rules in this order, byte for byte where it has them already."""
        texts = [entry.text.rstrip("\n") for entry in entries]
        return self.head + "".join(f"\n{text}\n" for text in texts) + "\n" + self.tail.lstrip("\n")

    def find(self, words: str) -> Entry | None:
        """Return the rule that reads so, whatever its comment."""
        return next((entry for entry in self.entries if entry.words == words), None)


def read(version: int) -> RulesFile:
    """Return the rules of one IP version."""
    return RulesFile.parse((places.UFW / FILES[version]).read_text(errors="surrogateescape"))


def path(version: int) -> Path:
    """Return the file with the rules of one IP version."""
    return places.UFW / FILES[version]


def words(traffic: Traffic, version: int) -> str:
    """Return the rule that lets traffic in, as UFW writes it."""
    source = _EVERYWHERE[version] if traffic.source == ANY else traffic.source
    direction = "in" if traffic.interface == ANY else f"in_{traffic.interface}"
    return f"allow {traffic.protocol} {traffic.port} {_EVERYWHERE[version]} any {source} {direction}"


def lines(traffic: Traffic, version: int) -> list[xtables.Rule]:
    """Return what UFW loads to let traffic in."""
    return [xtables.parse(" ".join(_line(traffic, version, protocol))) for protocol in _protocols(traffic)]


def is_intact(entry: Entry, traffic: Traffic, version: int) -> bool:
    """Return whether what is loaded for a rule is what UFW loads for it."""
    return list(map(xtables.parse, entry.lines)) == lines(traffic, version)


def allow(traffic: Traffic) -> list[str]:
    """Return the part of UFW's command that says which traffic a rule is about."""
    interface = [] if traffic.interface == ANY else ["in", "on", traffic.interface]
    protocol = [] if traffic.protocol == ANY else ["proto", traffic.protocol]
    source = traffic.source
    if source == ANY != traffic.family:
        # Unlike `any`, the network of all addresses keeps UFW from making the rule for the other IP version, too.
        source = _EVERYWHERE[traffic.versions[0]]
    return ["allow", *interface, *protocol, "from", source, "to", "any", "port", traffic.port]


def _line(traffic: Traffic, version: int, protocol: str) -> Iterator[str]:
    yield from ("-A", f"{CHAINS[version]}input", "-p", protocol)
    yield from ("--dports" if ":" in traffic.port else "--dport", traffic.port)
    if traffic.source != ANY:
        yield from ("-s", traffic.source)
    if traffic.interface != ANY:
        yield from ("-i", traffic.interface)
    yield from ("-j", "ACCEPT")


def _protocols(traffic: Traffic) -> tuple[str, ...]:
    return ("tcp", "udp") if traffic.protocol == ANY else (traffic.protocol,)


def _is_users(line: str) -> bool:
    return re.match(r"-[AI] ufw6?-user-(input|output|forward)\b", line) is not None


def _decoded(comment: str) -> str:
    try:
        return bytes.fromhex(comment).decode(errors="backslashreplace")
    except ValueError:
        return comment
