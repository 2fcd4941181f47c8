"""Routes switched, confirmed by an edge that reads them, and put back."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from infra.host.agent import places
from infra.host.agent.kind import AgentError
from infra.host.agent.request import Request, enter
from tests.unit.host.edge import NAME, SecureEdge, route


def test_a_confirmed_route_is_what_its_file_says(edge_folder: Path) -> None:
    assert route(edge_folder, "r1").read() is None
    route(edge_folder, "r1").apply()
    assert route(edge_folder, "r1").read() == {}


def test_a_status_of_the_product_itself_confirms(edge_folder: Path) -> None:
    # The edge answers 401: whatever the product says on `/` is its own affair.
    route(edge_folder, "r2").apply()


def test_a_route_that_somebody_else_switched_is_read_with_its_container_and_release(edge_folder: Path) -> None:
    route(edge_folder, "r1").apply()
    found = route(edge_folder, "r2").read() or {}
    assert (found["container"], found["release"]) == ("web-r1", "r1")
    assert found["content"].startswith("<differs on the server")


def test_changed_content_is_drift_although_the_first_line_is_right(edge_folder: Path) -> None:
    route(edge_folder, "r1").apply()
    with (edge_folder / f"{NAME}.yaml").open("a") as file:
        file.write("tcp: {}\n")
    assert set(route(edge_folder, "r1").read() or {}) == {"container", "release", "content"}


@pytest.mark.parametrize(
    ("release", "what"),
    [
        ("mute", "status 401 from no release"),
        ("broken", "status 502"),
        ("slow", "status 401 from release slow by the former rules"),
    ],
)
def test_a_route_that_is_not_confirmed_is_put_back(edge_folder: Path, release: str, what: str) -> None:
    route(edge_folder, "r1").apply()
    with pytest.raises(AgentError, match=f"did not confirm release {release}, it gave {what}.* former route is back"):
        route(edge_folder, release).apply()
    assert route(edge_folder, "r1").read() == {}


def test_a_first_route_that_is_not_confirmed_is_gone_again(edge_folder: Path) -> None:
    with pytest.raises(AgentError, match="the new route is gone again"):
        route(edge_folder, "mute").apply()
    assert route(edge_folder, "mute").read() is None


def test_an_edge_that_does_not_run_is_named(edge_folder: Path) -> None:
    with pytest.raises(AgentError, match=r"the edge other does not run on server\.test"):
        route(edge_folder, "r1", confirm_address="other").apply()


def test_an_unacknowledged_route_can_be_put_back(edge_folder: Path, request_handled: Request) -> None:
    route(edge_folder, "r1").apply()
    route(edge_folder, "r2").apply()
    assert request_handled.undo
    request_handled.undo()
    assert route(edge_folder, "r1").read() == {}


def test_a_route_that_was_switched_again_is_not_put_back(edge_folder: Path, request_handled: Request) -> None:
    route(edge_folder, "r1").apply()
    route(edge_folder, "r2").apply()
    undo = request_handled.undo
    assert undo
    (edge_folder / f"{NAME}.yaml").write_text(route(edge_folder, "r3").content)
    undo()
    assert route(edge_folder, "r3").read() == {}


def test_a_drain_that_is_given_up_puts_the_former_route_back(edge_folder: Path, request_handled: Request) -> None:
    route(edge_folder, "r1").apply()
    with ThreadPoolExecutor(1, initializer=enter, initargs=(request_handled,)) as pool:
        switching = pool.submit(route(edge_folder, "r2", drain=600).apply)
        while route(edge_folder, "r2").read() != {}:
            time.sleep(0.01)
        request_handled.stop.set()
        assert "interrupted; the former route is back" in str(switching.exception())
    assert route(edge_folder, "r1").read() == {}


@pytest.mark.parametrize("issuer", ["LAB CA", "TRAEFIK DEFAULT CERT"])
def test_a_public_name_without_a_certificate_is_a_warning(
    edge_folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, request_sent: list[dict[str, Any]], issuer: str
) -> None:
    with SecureEdge(tmp_path, issuer) as edge:
        monkeypatch.setattr(places, "EDGE_HTTPS_PORT", edge.port)
        route(edge_folder, "r1", hosts=("shop.test",), certificate_timeout=0).apply()
    warnings = [line["warning"] for line in request_sent if "warning" in line]
    if issuer == "LAB CA":
        assert warnings == []
    else:
        assert len(warnings) == 1
        assert "shop.test: no certificate within 0 s" in warnings[0]
    assert route(edge_folder, "r1").read() == {}, "the route went with its certificate"


def test_a_certificate_that_comes_late_is_waited_for(
    edge_folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, request_handled: Request
) -> None:
    with SecureEdge(tmp_path, "TRAEFIK DEFAULT CERT") as edge:
        monkeypatch.setattr(places, "EDGE_HTTPS_PORT", edge.port)
        with ThreadPoolExecutor(1, initializer=enter, initargs=(request_handled,)) as pool:
            switching = pool.submit(route(edge_folder, "r1", hosts=("shop.test",)).apply)
            edge.wait_for_a_caller()
            assert not switching.done()
            edge.use("LAB CA")
            switching.result()


def test_a_route_whose_container_stays_is_not_drained(edge_folder: Path, request_sent: list[dict[str, Any]]) -> None:
    route(edge_folder, "r1").apply()
    changed = route(edge_folder, "r1").content + "tcp: {}\n"
    route(edge_folder, "r1", content=changed, drain=1).apply()
    assert not [line for line in request_sent if "draining" in line.get("status", "")]


def test_removing_a_route_twice_succeeds(edge_folder: Path) -> None:
    route(edge_folder, "r1").apply()
    route(edge_folder, "r1").remove()
    route(edge_folder, "r1").remove()
    assert route(edge_folder, "r1").read() is None


def test_content_that_names_another_release_is_a_mistake(edge_folder: Path) -> None:
    wrong = route(edge_folder, "r1", content="http: {}\n", path="relative")
    assert [name for name, _ in wrong.mistakes()] == ["content", "path"]
    assert list(route(edge_folder, "r1").mistakes()) == []
