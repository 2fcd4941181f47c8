"""A route: which container serves a name, switched without a lost request."""

import http.client
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

from infra.host.agent import baking, certificate, docker, files, history, impact, places, product_lock, serving
from infra.host.agent.kind import AgentError, Kind
from infra.host.agent.released import Released
from infra.host.agent.request import current

_HEADER = re.compile(r"# container=(?P<container>\S+) release=(?P<release>\S+) revision=(?P<revision>\S+)$")
_UPSTREAM_FAULTS = frozenset({502, 503, 504})
_CONFIRMATIONS = 5
_POLL_SECONDS = 0.1
_CERTIFICATE_POLL_SECONDS = 0.5
_BACK = "the former route is back and has served all along"
_GONE = "the new route is gone again"
_CUT_OFF = "the run ended before it heard of the switch, and the former route was put back"


@dataclass(frozen=True, kw_only=True)
class Route(Released, Kind):
    """A file the edge reads; its first line is `# container=<container> release=<release> revision=<revision>`.

    The revision stands for the rest of the file: by it the edge says that it has read a change of the rules alone.
    `confirm_address` is the edge's container. `drain` is how long, in seconds, a former container still gets to answer
    what it was asked before the switch; `bake` for how long the new one is watched while the former one can take over.
    `hosts` are the public names; a switch gives the edge `certificate_timeout` seconds to get the certificate of a new
    one, and warns of a name that has none by then.
    """

    IDENTITY: ClassVar[tuple[str, ...]] = ("name",)
    COMPUTED: ClassVar[tuple[str, ...]] = ("impact",)
    SETTLED: ClassVar[Mapping[str, Any]] = MappingProxyType({"impact": impact.NO_CHANGE})

    name: str
    product: str
    container: str
    release: str
    content: str
    path: str
    confirm_address: str
    drain: float = 5
    bake: float = 0
    timeout: float = 60
    hosts: tuple[str, ...] = ()
    certificate_timeout: float = 60

    def read(self) -> dict[str, Any] | None:
        """Return container and release that the file names, and that its content differs where it does."""
        found = _read(Path(self.path))
        if found is None or found == self.content:
            return None if found is None else {}
        return {**_named(found), "content": files.difference(found.encode())}

    def apply(self) -> None:
        """Write the route, have the edge confirm it, drain; put the former one back when it cannot be confirmed."""
        product_lock.hold(self.product)
        path, request = Path(self.path), current()
        former = _read(path)
        answers = self._answers() if self._is_watched(former) else None
        if former != self.content:
            _write(path, self.content)
            request.undo = partial(self._take_back, former)
        try:
            self._switch(former, answers)
        except (AgentError, OSError) as error:
            request.undo = None
            self._put_back(former)
            raise AgentError(self._failed(error, former)) from error
        if _served(former) != self.container:
            self.note_success(self.release, self._described())

    def compare(self, former: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return what the change means for those who use the service."""
        if former is None:
            return {"impact": impact.NEW}
        if former["container"] != self.container:
            return {"impact": impact.ROLLING}
        return {"impact": impact.NO_CHANGE if former["content"] == self.content else impact.IN_PLACE}

    def remove(self) -> None:
        """Delete the file."""
        product_lock.hold(self.product)
        Path(self.path).unlink(missing_ok=True)

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield content whose first line names another container or release, and a path that is not absolute."""
        if _named(self.content) != {"container": self.container, "release": self.release}:
            line = "# container=<container> release=<release> revision=<revision>"
            yield "content", f"must begin with the line `{line}` of this route"
        if not self.path.startswith("/"):
            yield "path", "must be an absolute path"

    def _switch(self, former: str | None, answers: baking.Answers | None) -> None:
        """Wait until the edge serves what was written, then until the former container has answered its requests.

        Args:
            former: the route before.
            answers: what the edge had counted before, where the release is to be watched.
        """
        request = current()
        request.status(f"switching to {self.container}")
        with history.phase(self.service, "switch"):
            self._confirm()
            if former != self.content:
                self._await_certificates()
        if answers:
            with history.phase(self.service, "bake"):
                baking.watch(sorted(serving.upstreams(self.content)), self.bake, self._answers, answers)
        if self._leaves(former):
            # A former container that was there while the new one was watched has had its time to answer.
            left = max(0, self.drain - self.bake)
            request.status(f"switched to {self.container}, draining for {left:g} s")
            with history.phase(self.service, "drain"):
                request.pause(left)

    def _failed(self, error: Exception, former: str | None) -> str:
        """Write down why the release failed; return what a person is told of it."""
        if isinstance(error, baking.WorseError):
            self.note_failure(self.release, self._described(), "bake", error.reason)
            return f"route {self.name} leads to {_served(former)} again: {error}"
        self.note_failure(self.release, self._described(), "switch", str(error))
        back = "" if former == self.content else f"; {_BACK if former else _GONE}"
        return f"route {self.name} was not switched to {self.container}: {error}{back}"

    def _is_watched(self, former: str | None) -> bool:
        """Tell whether there is somebody to go back to, should this release do worse."""
        return self.bake > 0 and self._succeeds(former) and docker.container(_served(former) or "") is not None

    def _answers(self) -> baking.Answers:
        return baking.answers(self._edge(), self.name)

    def _confirm(self) -> None:
        """Wait until several answers in a row come from the release, by the rules that were written."""
        deadline = time.monotonic() + self.timeout
        confirmed = 0
        while confirmed < _CONFIRMATIONS:
            actual = self._probe()
            confirmed = confirmed + 1 if actual == "" else 0
            if actual and time.monotonic() > deadline:
                message = (
                    f"within {self.timeout:g} s the edge did not confirm release {self.release}, it gave {actual}. A "
                    "service that does not speak HTTP on its first port needs `x-slipway: {release: recreate}`"
                )
                raise AgentError(message)
            current().pause(_POLL_SECONDS if actual else 0)

    def _succeeds(self, former: str | None) -> bool:
        """Tell whether another container served before: that one still has requests to answer."""
        return _served(former) not in {None, self.container}

    def _leaves(self, former: str | None) -> bool:
        """Tell whether a container served before that does no more: it still has requests to answer."""
        return not serving.upstreams(former or "") <= serving.upstreams(self.content)

    def _await_certificates(self) -> None:
        """Wait until the edge has a certificate for every public name; warn of those that have none.

        The route stays: whoever mends the DNS record later need not release again.
        """
        request, edge = current(), self._edge()
        deadline = time.monotonic() + self.certificate_timeout
        missing = list(self.hosts)
        while missing := [host for host in missing if not certificate.is_served(edge, host)]:
            if time.monotonic() > deadline:
                request.warn(
                    f"{', '.join(missing)}: no certificate within {self.certificate_timeout:g} s, browsers will refuse "
                    f"it. Its DNS record must lead to {request.host}, where the world reaches ports 80 and 443; "
                    f"`docker logs {self.confirm_address}` there says what the certificate authority answered"
                )
                return
            request.status(f"waiting for the certificate of {', '.join(missing)}")
            request.pause(_CERTIFICATE_POLL_SECONDS)

    def _probe(self) -> str:
        """Ask the edge once; return nothing when the release has answered, else what came instead."""
        connection = http.client.HTTPConnection(
            self._edge(), places.EDGE_CONFIRM_PORT, timeout=places.EDGE_ANSWER_SECONDS
        )
        try:
            connection.request("GET", "/", headers={"Host": self.name})
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            return f"no answer ({type(error).__name__})"
        finally:
            connection.close()
        release = answer.headers.get(places.RELEASE_HEADER)
        said = f"status {answer.status} from {f'release {release}' if release else 'no release'}"
        if release != self.release or answer.status in _UPSTREAM_FAULTS:
            return said
        revision = _header(self.content)["revision"]
        return "" if answer.headers.get(places.REVISION_HEADER) == revision else f"{said} by the former rules"

    def _edge(self) -> str:
        """Return the edge's address on its own network."""
        container = docker.container(self.confirm_address)
        network = container and container["NetworkSettings"]["Networks"].get(places.EDGE_NETWORK)
        if not network or not network["IPAddress"]:
            message = f"the edge {self.confirm_address} does not run on {current().host}"
            raise AgentError(message)
        return str(network["IPAddress"])

    def _take_back(self, former: str | None) -> None:
        """Put the former route back after all, and write down that this release does not serve."""
        if self._put_back(former) and _served(former) != self.container:
            self.note_failure(self.release, self._described(), "switch", _CUT_OFF)

    def _described(self) -> Any:
        """Return what the engine knows about the container; nothing when it does not say."""
        with suppress(AgentError):
            return docker.container(self.container)
        return None

    def _put_back(self, former: str | None) -> bool:
        """Put the former route back where the file is still what this request wrote; tell whether it was."""
        path = Path(self.path)
        if former == self.content or _read(path) != self.content:
            return False
        if former is None:
            path.unlink(missing_ok=True)
        else:
            _write(path, former)
        return True


def _header(content: str) -> dict[str, str]:
    """Return container, release and revision that the first line names, or nothing where it names none."""
    header = _HEADER.match(content.partition("\n")[0])
    return header.groupdict() if header else {}


def _named(content: str) -> dict[str, str]:
    """Return the container and the release that the first line names: two of a route's inputs."""
    return {name: value for name, value in _header(content).items() if name != "revision"}


def _served(content: str | None) -> str | None:
    """Return the container that a route leads to."""
    return _header(content or "").get("container")


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None


def _write(path: Path, content: str) -> None:
    files.write(path, content.encode(), mode=0o644)
