"""A container image on the server."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from infra.host.agent import clock, docker, history, places, releases
from infra.host.agent.commands import Result, last_words, run
from infra.host.agent.kind import AgentError, Kind
from infra.host.agent.released import Released
from infra.host.agent.request import current

_PAUSES_SECONDS = (1, 4)
"""Pauses before the second and the third try."""
_REFUSED = ("unauthorized", "denied", "authentication required", "no basic auth credentials")
_MISSING = ("not found", "manifest unknown", "name unknown")
_FOREIGN = ("no matching manifest", "does not match the specified platform")
_FULL = ("no space left on device",)
_UNTIMELY = ("certificate has expired or is not yet valid",)
_SERVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*/[A-Za-z0-9][A-Za-z0-9_.-]*")


@dataclass(frozen=True, kw_only=True)
class Image(Kind):
    """An image by digest; it stays on the server when the resource goes, because a former release may need it."""

    IDENTITY: ClassVar[tuple[str, ...]] = ("reference",)

    reference: str
    used_by: str | None = None

    def read(self) -> dict[str, Any] | None:
        """Return whether it is there, and whether the record of the service that uses it says so."""
        if docker.find(f"/images/{self.reference}/json") is None:
            return None
        if self.used_by is None or self.reference in releases.noted(self.used_by):
            return {}
        return {"used_by": "<not recorded>"}

    def apply(self) -> None:
        """Pull the image; try again when a fault may pass. It is recorded first, so that nothing removes it."""
        service = self.used_by or ""
        if service:
            releases.note(service, self.reference)
        try:
            if docker.find(f"/images/{self.reference}/json") is None:
                current().status(f"pulling {self.reference}")
                with history.phase(service, "pull"):
                    self._pull()
            self._require_architecture()
        except AgentError as error:
            Released(service=service, image=self.reference).note_failure("", None, "pull", str(error))
            raise

    def remove(self) -> None:
        """Leave the image on the server."""

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield a reference without a digest."""
        if "@sha256:" not in self.reference:
            yield "reference", "must name the image by digest, as in `repository@sha256:…`"
        if self.used_by is not None and not _SERVICE.fullmatch(self.used_by):
            yield "used_by", "must be `<stack>-<product>/<service>`"

    def _require_architecture(self) -> None:
        """Refuse an image that cannot run here: Docker would start it, and it would crash."""
        image, engine = docker.find(f"/images/{self.reference}/json"), docker.find("/version")
        if image and image["Architecture"] != engine["Arch"]:
            message = f"{self.reference} is for {image['Architecture']}, {current().host} is {engine['Arch']}"
            raise AgentError(message)

    def _pull(self) -> None:
        config = ["--config", str(places.DOCKER_CONFIG)] if places.DOCKER_CONFIG.is_dir() else []
        for pause in (*_PAUSES_SECONDS, None):
            result = run(["docker", *config, "pull", "--quiet", self.reference])
            if result.code == 0:
                return
            reason = self._lasting_fault(result)
            if reason or pause is None:
                raise AgentError(reason or f"pulling {self.reference} failed: {last_words(result)}")
            current().pause(pause)

    def _lasting_fault(self, result: Result) -> str | None:
        """Return the sentence about a fault that another try would meet again."""
        complaint = result.complaint.lower()
        host, registry = current().host, f"the registry {self.reference.partition('/')[0]}"
        faults = {
            _FULL: f"no space left on {host} for {self.reference}: `df -h` there tells which disk is full",
            _FOREIGN: f"{self.reference} has no image for the architecture of {host}",
            _UNTIMELY: f"by the clock of {host} the certificate of {registry} is not valid: {clock.REMEDY}",
            _REFUSED: f"{registry} refused the login of {host} for {self.reference}: "
            "see `username` and `password` under `slipway:registries`",
            _MISSING: f"there is no image {self.reference}: push it, or name another digest in the release file",
        }
        return next((reason for signs, reason in faults.items() if any(sign in complaint for sign in signs)), None)
