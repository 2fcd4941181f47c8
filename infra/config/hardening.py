"""What a server's section says about its settings, its firewall and whom it trusts."""

import difflib
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, WithJsonSchema

from infra.config.host_values import (
    ArchiveUri,
    Comment,
    Interface,
    PortRange,
    Reason,
    SettingValue,
    Source,
)
from infra.config.mistakes import listed
from infra.config.section import Section
from infra.profiles import known_names, matched

_SUGGESTIONS = 3
_SUGGESTION_CUTOFF = 0.5
_PLAIN = frozenset("*/._-")


def setting_pattern(text: str) -> str:
    """Return the name of a setting, or a pattern that is about at least one.

    Raises:
        ValueError: there is none, in any profile and release of Debian; the nearest names are suggested.
    """
    plain = all(letter.isalnum() or letter in _PLAIN for letter in text)
    if plain and matched(text, known_names()):
        return text
    if "*" in text:
        msg = "matches no setting; docs/configuration.md lists all settings"
        raise ValueError(msg)
    nearest = difflib.get_close_matches(text, known_names(), n=_SUGGESTIONS, cutoff=_SUGGESTION_CUTOFF)
    remark = f"the nearest are {listed(nearest)}" if nearest else "docs/configuration.md lists all settings"
    msg = f"is no setting; {remark}"
    raise ValueError(msg)


SettingPattern = Annotated[
    str,
    AfterValidator(setting_pattern),
    WithJsonSchema(
        {"title": "setting or pattern", "anyOf": [{"enum": list(known_names())}, {"type": "string", "pattern": "\\*"}]}
    ),
]


class Override(Section):
    """A setting that is otherwise here than the profile has it."""

    value: SettingValue = None
    """The other value; `null`, or nothing, leaves the setting to the server."""
    reason: Reason
    """Why, in at least 15 characters; the preview shows it."""


class Exclusive(Section):
    """Parts of the server that are exactly as declared: what somebody else added there is removed."""

    users: bool = False
    """Users: other people's accounts are locked and expired, their homes stay; `root`, `ssh.bootstrap_user` and users
    of the system are left alone. The users that Slipway makes are in no groups but the declared ones."""
    keys: bool = False
    """Keys of the users that Slipway makes; those of other users go with `users`."""
    firewall: bool = False
    """Rules of the firewall."""


class FirewallRule(Section):
    """Something that may come in besides what the edge and SSH need."""

    port: PortRange
    """Port of the server, or a range of them."""
    protocol: Literal["tcp", "udp", "any"] = "tcp"
    """Which of the two; `any` for both."""
    source: Source | None = None
    """Who; anyone when absent."""
    interface: Interface | None = None
    """Network interface it comes in by; any when absent."""
    comment: Comment
    """What it is for; the firewall keeps it."""


class Firewall(Section):
    """What may come in: everything else is refused, over IPv4 and IPv6."""

    rules: list[FirewallRule] = Field(default_factory=list)
    """What may come in besides SSH and, where there is an edge, ports 80 and 443."""
    ssh_from: list[Source] = Field(default_factory=list)
    """Networks that may reach the SSH server, that of CI among them; everyone when absent."""
    ipv6: bool = True
    """Whether the rules are for IPv6 too; `false` refuses all of IPv6."""


class Fail2ban(Section):
    """Who is banned after failed logins."""

    ignore: list[Source] = Field(default_factory=list)
    """Networks that are never banned."""


class OperatingSystem(Section):
    """Servers that this version was not tested on."""

    untested: bool = False
    """Go on where the server is neither Debian 12 nor 13 but a later Ubuntu LTS; `suite` then says whose settings it
    gets."""


class Apt(Section):
    """Where packages come from."""

    security: ArchiveUri
    """Archive of security updates; by default the one that belongs to the mirror which the server uses."""
