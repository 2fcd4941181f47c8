"""The table that decides what from outside reaches a container, by an nft that keeps what it is told."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.host.agent import edge_rules, edge_table, places
from infra.host.agent.container_firewall import ContainerFirewall
from infra.host.agent.edge_table import Admission
from infra.host.agent.firewall_rule import FirewallRule
from infra.host.agent.kind import AgentError
from infra.host.agent.traffic import Traffic
from tests.integration.host import nft_standin
from tests.unit.host.conftest import lines

WEB = "tcp 443 from any"
API = "tcp 8443 from 203.0.113.0/24"


class Server:
    """A server whose nft keeps its table in a file."""

    def __init__(self, folder: Path, command: Callable[[str, str], Path]) -> None:
        self.table = folder / "kernel.json"
        self.log = command("nft", f'exec {sys.executable} -IS {nft_standin.__file__} {self.table} "$@"')

    def change(self, changed: Callable[[list[Any]], list[Any]]) -> None:
        """Change the rules in the kernel."""
        found = json.loads(self.table.read_text())["nftables"]
        rules = [each for each in found if "rule" in each]
        others = [each for each in found if "rule" not in each]
        self.table.write_text(json.dumps({"nftables": [*others, *changed(rules)]}))


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Callable[[str, str], Path]) -> Server:
    for name, path in {
        "FIREWALL_RULES": "firewall.d",
        "FIREWALL_SETTINGS": "firewall.json",
        "FIREWALL_TABLE": "firewall.nft",
        "FIREWALL_RECORDS": "records",
    }.items():
        monkeypatch.setattr(places, name, tmp_path / path)
    return Server(tmp_path, command)


@pytest.fixture
def loaded(server: Server) -> Server:
    """Return a server with two rules and the table that has them."""
    web().apply()
    api().apply()
    firewall().apply()
    server.log.write_text("")
    return server


def web() -> FirewallRule:
    return FirewallRule(port="443", comment="edge", target="forwarded")


def api() -> FirewallRule:
    return FirewallRule(port="8443", source="203.0.113.0/24", comment="office", target="forwarded")


def firewall(*rules: str) -> ContainerFirewall:
    return ContainerFirewall(rules=rules or (WEB, API))


def remarks(wanted: ContainerFirewall | None = None) -> tuple[str, ...]:
    """Return what of the rules is not as declared."""
    wanted = wanted or firewall()
    found = (wanted.read() or {})["rules"]
    return tuple(each for each in found if each not in wanted.rules)


def test_rules_are_there_before_the_table_cuts_what_they_let_through(server: Server) -> None:
    web().apply()
    assert web().read() == {"comment": "edge"}
    assert lines(server.log) == [], "nothing is filtered before the container firewall is there"
    assert firewall(WEB).read() is None
    firewall(WEB).apply()
    assert firewall(WEB).read() == {"rules": (WEB,)}


def test_a_table_from_before_that_knew_the_outside_by_name_is_drift_and_loaded_anew(loaded: Server) -> None:
    assert loaded.table.exists()
    text = places.FIREWALL_TABLE.read_text()
    first, rest = text.index("\t\tiifname"), text.index("\t\tct state established")
    inside = 'iifname != { "eth0" } accept comment "slipway: what comes from inside"'
    edge_table.load(f"{text[:first]}\t\t{inside}\n{text[rest:]}")
    places.FIREWALL_SETTINGS.write_text('{"interfaces": []}\n')
    assert "another table inet slipway_edge is loaded" in remarks()
    firewall().apply()
    assert remarks() == ()


def test_a_table_that_is_as_wanted_is_not_loaded_again(loaded: Server) -> None:
    firewall().apply()
    assert [line for line in lines(loaded.log) if not line.startswith("-j list")] == []


def test_the_order_in_which_the_kernel_keeps_a_set_is_no_drift(loaded: Server) -> None:
    edge_table.load(edge_rules.table())
    before = loaded.table.read_text()
    loaded.change(lambda rules: [{"rule": {**rules[0]["rule"], "expr": _turned(rules[0]["rule"]["expr"])}}, *rules[1:]])
    assert loaded.table.read_text() != before
    assert remarks() == ()


def _turned(expression: list[Any]) -> list[Any]:
    return [{"set": each["set"][::-1]} if isinstance(each, dict) else each for each in expression]


def test_a_rule_deleted_from_the_kernel_is_shown_and_healed(loaded: Server) -> None:
    loaded.change(lambda rules: [each for each in rules if each["rule"]["comment"] != "slipway: edge"])
    assert remarks() == (f"{WEB} (not loaded)",)
    firewall().apply()
    assert remarks() == ()


def test_the_rule_that_drops_everything_else_is_missed(loaded: Server) -> None:
    loaded.change(lambda rules: rules[:-1])
    assert remarks() == ("everything else (not loaded)",)
    firewall().apply()
    assert remarks() == ()


def test_a_rule_added_to_the_kernel_is_shown_and_healed(loaded: Server) -> None:
    loaded.change(lambda rules: [{"rule": {"expr": ["accept"], "handle": 99}}, *rules])
    assert remarks() == ('["accept"] (added)',)
    firewall().apply()
    assert remarks() == ()


def test_rules_reordered_in_the_kernel_are_shown_and_healed(loaded: Server) -> None:
    loaded.change(lambda rules: rules[::-1])
    assert remarks() == ("the table's rules are in another order, or its hook is another",)
    firewall().apply()
    assert remarks() == ()


def test_a_table_that_was_deleted_is_shown_and_healed(loaded: Server) -> None:
    loaded.table.unlink()
    assert remarks() == ("the table inet slipway_edge is not loaded",)
    firewall().apply()
    assert remarks() == ()


def test_a_change_of_the_file_for_the_next_boot_is_shown_and_healed(loaded: Server) -> None:
    assert loaded.table.exists()
    places.FIREWALL_TABLE.write_text("# nothing\n")
    assert remarks() == (f"{places.FIREWALL_TABLE} has another table for the next boot",)
    firewall().apply()
    assert remarks() == ()


def test_a_file_of_rules_that_nobody_declared_is_shown_and_goes(loaded: Server) -> None:
    assert loaded.table.exists()
    edge_rules.write(Admission(Traffic(port="5432"), "added"))
    assert remarks() == ("tcp 5432 from any (not declared)",)
    firewall().apply()
    assert remarks() == ()
    assert len(list(places.FIREWALL_RULES.iterdir())) == 2


def test_a_file_that_is_no_rule_lets_nothing_through(loaded: Server) -> None:
    assert loaded.table.exists()
    for name, text in {"a": "[]", "b": "{", "c": '{"port": "0", "comment": "x"}', "d": '{"port": "1"}'}.items():
        (places.FIREWALL_RULES / f"{name}.json").write_text(text)
    assert [each.traffic.label for each in edge_rules.admissions()] == [WEB, API]


def test_a_rule_whose_file_is_gone_is_not_let_through(loaded: Server) -> None:
    assert loaded.table.exists()
    edge_rules.path(Traffic(port="443")).unlink()
    assert web().read() is None
    assert remarks()[0] == f"{WEB} (not let through)"
    web().apply()
    assert remarks() == ()


def test_a_rule_added_later_is_loaded_at_once(loaded: Server) -> None:
    FirewallRule(port="80", comment="edge", target="forwarded").apply()
    assert "proto-dst 80 accept" in loaded.table.read_text()


def test_another_comment_is_drift_of_the_rule(loaded: Server) -> None:
    path = edge_rules.path(Traffic(port="443"))
    path.write_text(path.read_text().replace("edge", "changed"))
    assert web().read() == {"comment": "changed"}
    web().apply()
    assert web().read() == {"comment": "edge"}
    assert loaded.table.exists()


def test_removing_a_rule_deletes_exactly_it(loaded: Server) -> None:
    web().remove()
    assert web().read() is None
    assert api().read() == {"comment": "office"}
    assert "proto-dst 443" not in loaded.table.read_text()
    web().remove()


def test_a_rule_that_cannot_be_loaded_leaves_all_as_it_was(loaded: Server) -> None:
    kept = [places.FIREWALL_TABLE, loaded.table, *places.FIREWALL_RULES.iterdir(), *places.FIREWALL_RECORDS.iterdir()]
    before = [path.read_bytes() for path in kept]
    with pytest.raises(AgentError, match="syntax error"):
        FirewallRule(port="80", comment="bad", target="forwarded").apply()
    assert [path.read_bytes() for path in kept] == before
    assert len(list(places.FIREWALL_RULES.iterdir())) == 2


def test_removing_the_container_firewall_opens_it_and_leaves_the_rules(loaded: Server) -> None:
    firewall().remove()
    assert not loaded.table.exists()
    assert firewall().read() is None
    assert web().read() == {"comment": "edge"}
    firewall().remove()


def test_the_rescue_loads_the_table_as_it_was_saved_or_removes_one_that_was_not_there(server: Server) -> None:
    assert web().rescue().reload == (
        ("nft", "add", "table", "inet", "slipway_edge"),
        ("nft", "delete", "table", "inet", "slipway_edge"),
    )
    web().apply()
    firewall(WEB).apply()
    rescue = firewall(WEB).rescue()
    assert rescue.reload == (("nft", "-f", str(places.FIREWALL_TABLE)),)
    assert str(edge_rules.path(Traffic(port="443"))) in rescue.files
    assert server.table.exists()


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (firewall("web"), "rules"),
        (firewall("tcp 70000 from any"), "rules"),
    ],
)
def test_what_is_no_rule_is_a_mistake(wanted: ContainerFirewall, field: str) -> None:
    assert [name for name, _ in wanted.mistakes()] == [field]


def test_a_container_firewall_without_mistakes_has_none() -> None:
    assert list(firewall().mistakes()) == []
