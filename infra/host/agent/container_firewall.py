"""The container firewall: what from outside reaches a container."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from infra.host.agent import edge_rules, edge_table, places
from infra.host.agent.kind import Kind
from infra.host.agent.rescue import Rescue
from infra.host.agent.traffic import Traffic


@dataclass(frozen=True, kw_only=True)
class ContainerFirewall(Kind):
    """A table of our own that drops what comes from outside for a container, but for the declared rules.

    `rules` are those by the labels of their traffic, as in `tcp 443 from any`: other files in the folder of rules go.
    Outside is every network interface that is not one of the server's own or of a network of containers.
    """

    IDENTITY: ClassVar[tuple[str, ...]] = ()

    rules: tuple[str, ...]

    def read(self) -> dict[str, Any] | None:
        """Return the rules with a remark at each that does not work, and what else differs behind them."""
        with edge_rules.changing:
            return {"rules": self._rules()} if edge_rules.is_configured() else None

    def apply(self) -> None:
        """Load the table, unless it is as wanted."""
        with edge_rules.changing:
            if edge_rules.is_configured() and self._rules() == self.rules:
                return
            for path in places.FIREWALL_RULES.glob("*.json"):
                if path not in self._paths():
                    path.unlink()
            edge_table.load(edge_rules.table())
            edge_rules.configure()

    def remove(self) -> None:
        """Delete the table; the files of rules stay, for they are resources of their own."""
        with edge_rules.changing:
            places.FIREWALL_SETTINGS.unlink(missing_ok=True)
            edge_table.unload()

    def rescue(self) -> Rescue:
        """Return the table and what it is made from, and how it is loaded as it was saved."""
        return edge_rules.rescue(*places.FIREWALL_RULES.glob("*.json"))

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield a label that is none."""
        for label in self.rules:
            if Traffic.parse(label) is None:
                yield "rules", f"must be labels of rules, as in `tcp 443 from any`; `{label}` is none"

    def identity(self) -> str:
        """Return the one id there is on a server."""
        return "container-firewall"

    def _paths(self) -> list[Path]:
        return [edge_rules.path(traffic) for traffic in map(Traffic.parse, self.rules) if traffic]

    def _rules(self) -> tuple[str, ...]:
        """Return the rules, each as it works, and behind them what should not be so."""
        admitted = edge_rules.admissions()
        labels = [each.traffic.label for each in admitted]
        names = edge_table.names(admitted)
        text = edge_rules.table()
        live = edge_table.compare(text, names)
        problems = [
            *(f"{label} (not declared)" for label in labels if label not in self.rules),
            *(f"{name} (not loaded)" for name in names if name in live.missing and name not in self.rules),
            *live.problems,
        ]
        if not edge_table.is_kept(text):
            problems.append(f"{places.FIREWALL_TABLE} has another table for the next boot")
        remarks = {
            **{label: " (not let through)" for label in self.rules if label not in labels},
            **dict.fromkeys(live.missing, " (not loaded)"),
        }
        return (*(label + remarks.get(label, "") for label in self.rules), *problems)
