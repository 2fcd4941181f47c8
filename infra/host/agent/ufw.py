"""UFW, the firewall of the server itself."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from infra.host.agent import host_rule, ufw_commands, ufw_reach, ufw_rules, ufw_settings, ufw_state
from infra.host.agent.kind import AgentError, Kind
from infra.host.agent.request import current
from infra.host.agent.rescue import Rescue
from infra.host.agent.traffic import Traffic
from infra.host.agent.ufw_rules import Entry
from infra.host.agent.ufw_settings import CHAINS, LEVELS, POLICIES, Settings
from infra.host.agent.ufw_state import State, changing


@dataclass(frozen=True, kw_only=True)
class Ufw(Kind):
    """UFW with its policies, enabled; what it lets in are `FirewallRule` resources, which have to be there first.

    `rules` are those by the labels of their traffic, as in `tcp 22 from any`, in their order: others with a comment of
    ours go. Rules of other people are listed in `undeclared`, and go only when it is `exclusive`.
    """

    IDENTITY: ClassVar[tuple[str, ...]] = ()
    COMPUTED: ClassVar[tuple[str, ...]] = ("undeclared",)

    rules: tuple[str, ...]
    incoming: str = "deny"
    routed: str = "deny"
    outgoing: str = "allow"
    ipv6: bool = True
    logging: str = "low"
    exclusive: bool = False
    enabled: bool = True
    sysctls: bool = False

    def read(self) -> dict[str, Any] | None:
        """Return the settings, and the rules with a remark at each that does not work and what else differs."""
        with changing:
            state = ufw_state.read()
        return None if state is None else self._found(state)

    def apply(self) -> None:
        """Put settings and rules right, then enable UFW, or load anew what it has.

        Raises:
            AgentError: before anything is touched, when the connection in use could not be made again.
        """
        with changing:
            state = ufw_state.read()
            if state is None:
                message = f"ufw is not installed on {current().host}"
                raise AgentError(message)
            found, enabled_before = self._found(state), ufw_state.was_enabled_before(state.settings)
            if any(found[name] != wanted for name, wanted in vars(self).items()):
                if self.enabled:
                    ufw_reach.refuse_cut(self._planned(), self.incoming)
                    ufw_reach.refuse_unread(state)
                self._change()
                ufw_commands.load(enabled=self.enabled, before=state.settings.enabled, exclusive=self.exclusive)
                state = ufw_state.read() or state
            ufw_state.record(state, self.rules, enabled_before=enabled_before)

    def foresee(self) -> dict[str, Any] | None:
        """Return the connection in use when it could not be made again once every declared rule is there."""
        with changing:
            installed = ufw_settings.read() is not None
            planned = {version: self._complete(version, installed=installed) for version in self._wanted.versions}
        found = ufw_reach.cut(planned, self.incoming) if self.enabled else None
        return found and found._asdict()

    def remove(self) -> None:
        """Disable UFW unless it was enabled before it was ours; its rules and settings stay."""
        with changing:
            settings = ufw_settings.read()
            if settings and settings.enabled and self.enabled and not ufw_state.was_enabled_before(settings):
                ufw_commands.disable()
            ufw_state.record_path().unlink(missing_ok=True)

    def rescue(self) -> Rescue:
        """Return UFW's files, and how they are loaded as they were saved."""
        return host_rule.rescue()

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield policies and levels that UFW does not have, and labels that are none or name nothing."""
        for direction in CHAINS:
            if getattr(self, direction) not in POLICIES:
                yield direction, f"must be {', '.join(POLICIES)}"
        if self.logging not in LEVELS:
            yield "logging", f"must be {', '.join(LEVELS)}"
        for label in self.rules:
            traffic = Traffic.parse(label)
            if traffic is None:
                yield "rules", f"must be labels of rules, as in `tcp 22 from any`; `{label}` is none"
            elif not {*traffic.versions} & {*self._wanted.versions}:
                yield "rules", f"let nothing in by `{label}`, because IPv6 is off"

    def identity(self) -> str:
        """Return the one id there is on a server."""
        return "ufw"

    @property
    def _wanted(self) -> Settings:
        return Settings(**{name: getattr(self, name) for name in Settings._fields})

    @property
    def _declared(self) -> Mapping[str, Traffic]:
        named = {label: Traffic.parse(label) for label in self.rules}
        return {label: traffic for label, traffic in named.items() if traffic}

    def _words(self, version: int) -> list[str]:
        """Return the declared rules of one IP version as UFW writes them."""
        traffic = self._declared.values()
        return [ufw_rules.words(each, version) for each in traffic if version in each.versions]

    def _found(self, state: State) -> dict[str, Any]:
        undeclared = list(ufw_state.undeclared(state))
        return {
            **state.settings._asdict(),
            **ufw_state.policies(state),
            "rules": (*self._remarked(state), *self._problems(state)),
            "exclusive": self.exclusive and not undeclared,
            "undeclared": undeclared,
        }

    def _remarked(self, state: State) -> Iterator[str]:
        """Yield the declared rules, each with what keeps it from working."""
        for label, traffic in self._declared.items():
            versions = [version for version in traffic.versions if version in state.settings.versions]
            closed = [f"IPv{version}" for version in versions if not state.is_effective(traffic, version)]
            yield f"{label} (not let in by {', '.join(closed)})" if closed else label

    def _problems(self, state: State) -> Iterator[str]:
        """Yield what there is beside the declared rules and should not be."""
        for version, found in state.files.items():
            wanted = self._words(version)
            present = [entry.words for entry in found.entries]
            yield from (f"{each.description} (not declared)" for each in found.entries if self._is_stale(each, wanted))
            if [each for each in wanted if each in present] != [each for each in present if each in wanted]:
                yield f"the rules for IPv{version} are in another order"
        yield from ufw_state.misloaded(state)

    def _is_stale(self, entry: Entry, wanted: list[str]) -> bool:
        return entry.is_ours and entry.words not in wanted

    def _kept(self, version: int) -> list[Entry]:
        """Return the rules of the file that stay: the declared ones in their order, others where they are."""
        found = ufw_rules.read(version).entries
        wanted = self._words(version)
        ordered = iter(
            sorted((each for each in found if each.words in wanted), key=lambda each: wanted.index(each.words))
        )
        return [
            next(ordered) if entry.words in wanted else entry
            for entry in found
            if entry.words in wanted or not (entry.is_ours or self.exclusive)
        ]

    def _planned(self) -> dict[int, list[Entry]]:
        """Return the rules as they are going to be."""
        planned = {version: self._kept(version) for version in self._wanted.versions}
        for version, _, traffic in self._incomplete():
            planned[version].append(_rule(ufw_rules.words(traffic, version)))
        return planned

    def _complete(self, version: int, *, installed: bool) -> list[Entry]:
        """Return the rules of one IP version as they are going to be once every declared rule has been made."""
        wanted = self._words(version)
        # UFW replaces a rule that says otherwise of the same traffic where it stands.
        kept = [_unless_allowed(entry, wanted) for entry in self._kept(version)] if installed else []
        present = {entry.words for entry in kept}
        return [*kept, *(_rule(words) for words in wanted if words not in present)]

    def _incomplete(self) -> Iterator[tuple[int, str, Traffic]]:
        """Yield the declared rules for both IP versions that are there for one: IPv6 may have been off so far."""
        files = {version: ufw_rules.read(version) for version in self._wanted.versions}
        for traffic in self._declared.values():
            found = {
                version: files[version].find(ufw_rules.words(traffic, version))
                for version in traffic.versions
                if version in files
            }
            comment = next((entry.comment for entry in found.values() if entry), None)
            if comment is not None:
                yield from ((version, comment, traffic) for version, entry in found.items() if entry is None)

    def _change(self) -> None:
        """Put settings and files right."""
        ufw_settings.write(self._wanted)
        for _, comment, traffic in list(self._incomplete()):
            ufw_commands.let_in(traffic, comment)
        ufw_commands.log(self.logging)
        for version in self._wanted.versions:
            self._arrange(version)
        if self.exclusive:
            ufw_commands.restore_packaged(self._wanted.versions)

    def _arrange(self, version: int) -> None:
        found = ufw_rules.read(version)
        kept = self._kept(version)
        if kept != list(found.entries) or (self.exclusive and found.strays):
            ufw_commands.write(version, found.render(kept))


def _rule(words: str) -> Entry:
    """Return a rule that is not in a file yet."""
    return Entry(words, "", (), "")


def _unless_allowed(entry: Entry, wanted: list[str]) -> Entry:
    """Return a rule, or the wanted one that takes its place."""
    allowed = " ".join(["allow", *entry.words.split()[1:]])
    return _rule(allowed) if allowed in wanted else entry
