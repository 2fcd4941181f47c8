"""How much of each server has drifted, as it is written down there."""

from infra.cli.differences import Comparison, Difference
from infra.cli.drift_record import counts


def difference(server: str, urn: str, path: str) -> Difference:
    return Difference(server=server, resource="File motd", urn=urn, property=path, expected="a", actual="b")


def test_a_resource_counts_once_however_much_of_it_has_changed() -> None:
    found = [difference("main", "1", "mode"), difference("main", "1", "owner"), difference("other", "2", "")]
    assert counts(Comparison(differences=found)) == {"main": 1, "other": 1}
