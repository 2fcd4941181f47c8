"""A firewall rule."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from infra.host.agent import edge_rules, host_rule
from infra.host.agent.edge_table import Admission
from infra.host.agent.kind import Kind
from infra.host.agent.rescue import Rescue
from infra.host.agent.traffic import ANY, Traffic

HOST = "host"
FORWARDED = "forwarded"
_LONGEST_COMMENT = 100
"""In bytes; nftables keeps 128."""
_QUOTES = frozenset("'\"\\`")
"""What UFW or nftables cannot have in a comment."""


@dataclass(frozen=True, kw_only=True)
class FirewallRule(Kind):
    """New connections that are let in: to the server itself by UFW, or to its containers by a table of our own.

    For containers, `port` is the published one.
    """

    IDENTITY: ClassVar[tuple[str, ...]] = ("target", "port", "protocol", "source", "interface", "family")

    port: str
    comment: str
    protocol: str = "tcp"
    source: str = ANY
    interface: str = ANY
    family: str = ANY
    target: str = HOST

    def read(self) -> dict[str, Any] | None:
        """Return the comment, and the family where not all of it is let in."""
        if self.target == HOST:
            return host_rule.read(self._traffic, self.comment)
        comment = edge_rules.read(self._traffic)
        return None if comment is None else {"comment": comment}

    def apply(self) -> None:
        """Let the traffic in."""
        if self.read() == {"comment": self.comment}:
            return
        if self.target == HOST:
            host_rule.apply(self._traffic, self.comment)
        else:
            edge_rules.write(Admission(self._traffic, self.comment))

    def remove(self) -> None:
        """Delete exactly this rule; refuse when it is the one by which the agent came."""
        if self.target == HOST:
            host_rule.remove(self._traffic)
        elif edge_rules.read(self._traffic) is not None:
            edge_rules.delete([self._traffic])

    def rescue(self) -> Rescue:
        """Return the files of the firewall that has the rule, and how they are loaded."""
        return host_rule.rescue() if self.target == HOST else edge_rules.rescue(edge_rules.path(self._traffic))

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield what no firewall can take, and a comment that says nothing or cannot be kept."""
        yield from self._traffic.mistakes()
        if self.target not in {HOST, FORWARDED}:
            yield "target", "must be host or forwarded"
        yield from _comment_mistakes(self.comment)

    def identity(self) -> str:
        """Return what is let in, and where."""
        return f"{self.target} {self._traffic.label}"

    @property
    def _traffic(self) -> Traffic:
        return Traffic(
            port=self.port,
            protocol=self.protocol,
            source=self.source,
            interface=self.interface,
            family=self.family,
        )


def _comment_mistakes(comment: str) -> Iterator[tuple[str, str]]:
    if not comment.strip():
        yield "comment", "must say what the rule is for"
    elif not comment.isprintable() or _QUOTES & {*comment} or comment != comment.strip():
        yield "comment", "must be one line without quotes, backslashes or spaces around it"
    elif len(comment.encode()) > _LONGEST_COMMENT:
        yield "comment", f"must be at most {_LONGEST_COMMENT} bytes long"
