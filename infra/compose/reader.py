"""Compose files in, a `Project` out, or every mistake that stands in the way."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from infra.compose.binary import normalise
from infra.compose.complaints import refusals, unknown_refusal, warnings
from infra.compose.document import ServiceDocument
from infra.compose.keys import SERVICE_REFUSED, TOP_LEVEL_REFUSED, advice
from infra.compose.mapping import to_network, to_service, to_volume
from infra.compose.objects import ConfigDocument, NetworkDocument, SecretDocument, VolumeDocument
from infra.compose.placeholders import misplaced, misspelt
from infra.compose.profiles import left_out, names, running
from infra.compose.project import ConfigFile, Project, Service
from infra.compose.rules import Names, broken_rules
from infra.compose.shipped import Shipment
from infra.compose.sources import Sources, read_sources
from infra.compose.written import refused, unused_parts, unused_variables, written_mistakes
from infra.config.mistakes import Mistake, Step
from infra.config.plain_yaml import parse
from infra.config.section import NAME, Section
from infra.config.validation import judge_on

_NOT_ROLLING = "cannot be `rolling`: two containers would share a writable mount, a device, an address or a port"
Model = TypeVar("Model", bound=Section)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What became of a product's compose files."""

    project: Project | None
    """None when there are mistakes."""
    mistakes: tuple[Mistake, ...]
    unused_variables: tuple[str, ...] = ()
    """Variables given that no file asks for."""
    profiles: tuple[str, ...] = ()
    """Profiles that services have."""


def read_project(
    files: Sequence[str], *, root: Path, variables: Mapping[str, str], name: str, profiles: Collection[str] = ()
) -> Reading:
    """Read the compose files of a product.

    Args:
        files: paths, relative to `root`, in the order they are merged.
        root: folder of the stack file.
        variables: all that `${VARIABLE}` may stand for.
        name: name of the Compose project, `<stack>-<product>`.
        profiles: those that are switched on; a service that has others only is left out.
    """
    sources, mistakes = read_sources(files, root)
    if mistakes:
        return Reading(project=None, mistakes=tuple(mistakes))
    idle = left_out(sources, profiles)
    mistakes.extend(written_mistakes(sources, idle))
    complete = not any(mistake.path.endswith(".env_file") for mistake in mistakes)
    answer = normalise([source.path for source in sources.listed], variables, name, env_files=complete)
    project = None
    if answer.accepted:
        mistakes.extend(warnings(answer.remarks, sources))
        reader = _Reader(sources, _unescape(parse(answer.document)), idle, name)
        project = reader.project(root, variables)
        mistakes.extend(reader.mistakes)
    else:
        known = {mistake.path for mistake in mistakes}
        mistakes.extend(refusal for refusal in refusals(answer.remarks, sources) if refusal.path not in known)
        mistakes = mistakes or [unknown_refusal(sources)]
    return Reading(
        project=None if mistakes else project,
        mistakes=tuple(dict.fromkeys(mistakes)),
        unused_variables=unused_variables(sources, variables),
        profiles=names(sources),
    )


class _Reader:
    """Judges a normalised document part by part, and remembers every mistake."""

    def __init__(
        self, sources: Sources, document: Mapping[str, Any], idle: Mapping[str, tuple[str, ...]], name: str
    ) -> None:
        self.mistakes: list[Mistake] = list(unused_parts(sources, document))
        self._sources = sources
        self._document = running(document, idle)
        self._idle = idle
        self._name = name

    def project(self, root: Path, variables: Mapping[str, str]) -> Project:
        """Return what is right in the document; it is the whole of it when there are no mistakes.

        Args:
            root: folder of the stack file, of which services may read texts.
            variables: what those of them that come from a variable hold.
        """
        self._judge_secrets()
        configs = self._objects("configs", ConfigDocument)
        shipment = Shipment(root, self._sources.listed[0].path.parent, configs, variables)
        project = Project(
            services=dict(self._services(shipment)),
            networks={name: to_network(name, it) for name, it in self._objects("networks", NetworkDocument).items()},
            volumes={name: to_volume(name, it) for name, it in self._objects("volumes", VolumeDocument).items()},
            left_out=self._idle,
        )
        named = Names(**{kind: self._part(kind) for kind in ("services", "networks", "volumes", "secrets")})
        for finding in broken_rules(project, named, self._name):
            self._add(finding.steps, finding.sentence)
        for steps in misplaced({part: value for part, value in self._document.items() if not part.startswith("x-")}):
            self._add(steps, "a secret may stand in a value of `environment` only; as a file it is named by `secrets`")
        return project

    def _part(self, kind: str) -> Mapping[str, Any]:
        part: Mapping[str, Any] = self._document.get(kind) or {}
        return dict(sorted(part.items()))

    def _add(self, steps: Sequence[Step], sentence: str) -> None:
        self.mistakes.append(self._sources.mistake(steps, sentence))

    def _judge(self, model: type[Model], value: object, at: tuple[Step, ...], table: dict[str, str]) -> Model | None:
        """Return a part as its model; what is wrong with it becomes a mistake."""
        part, complaints = judge_on(model, value)
        for complaint in complaints:
            steps = complaint.steps if at[0] == "services" else (*at, *complaint.steps)
            text = advice(table, steps) if complaint.unknown_key else None
            self._add((*at, *complaint.steps), refused(text) if text else complaint.sentence)
        return part

    def _services(self, shipment: Shipment) -> Iterator[tuple[str, Service]]:
        if not self._part("services"):
            self._add(("services",), "there is no service")
        for name, value in self._part("services").items():
            at = ("services", name)
            try:
                NAME.check(name)
            except ValueError as error:
                self._add(at, str(error))
            document = self._judge(ServiceDocument, _said(value), at, SERVICE_REFUSED)
            if document is not None:
                self._judge_environment(at, document)
                files = self._shipped(at, shipment, document)
                service = to_service(name, document, files, self._idle)
                if service.release == "rolling" and service.strategy != "rolling":
                    self._add((*at, *document.release_key), _NOT_ROLLING)
                yield name, service

    def _shipped(self, at: tuple[Step, ...], shipment: Shipment, document: ServiceDocument) -> list[ConfigFile]:
        """Return the texts of the repository that a service reads."""
        files: list[ConfigFile] = []
        for found in shipment.files(document):
            if isinstance(found, ConfigFile):
                files.append(found)
            else:
                self._add((*at, *found.steps), found.sentence)
        return files

    def _judge_environment(self, at: tuple[Step, ...], document: ServiceDocument) -> None:
        for variable, value in document.environment.items():
            steps = (*at, "environment", variable)
            if value is None:
                text = f'has no value: set {variable} under the product\'s `env`, or write `{variable}: ""` for nothing'
                self._add(steps, text)
            elif misspelt(value):
                self._add(steps, "a secret is written `{secret:<name>}`")

    def _objects(self, kind: str, model: type[Model]) -> dict[str, Model]:
        """Return networks, volumes or configs by name; Docker Compose gives each a name unless the file does."""
        objects = {}
        for key, value in self._part(kind).items():
            judged = self._judge(model, value, (kind, key), TOP_LEVEL_REFUSED)
            if judged is not None:
                objects[key] = judged
                if "external" not in value and value["name"] != f"{self._name}_{key}":
                    self._add((kind, key, "name"), refused(TOP_LEVEL_REFUSED[f"{kind}.*.name"]))
        return objects

    def _judge_secrets(self) -> None:
        """Judge where secrets are said to come from: Slipway fills them all in, by name."""
        for key, value in self._part("secrets").items():
            secret = self._judge(SecretDocument, value, ("secrets", key), TOP_LEVEL_REFUSED)
            if secret is not None and secret.name not in {key, f"{self._name}_{key}"}:
                self._add(("secrets", key, "name"), refused(TOP_LEVEL_REFUSED["secrets.*.name"]))


def _said(service: Mapping[str, Any]) -> dict[str, Any]:
    """Return a service without what is not said to Slipway: keys of other programs, and what Docker Compose adds."""
    said = {key: item for key, item in service.items() if key == "x-slipway" or not key.startswith("x-")}
    # Left only when a file is missing, which is told by then.
    said.pop("env_file", None)
    implied = {str(link).partition(":")[0] for link in said.get("links", ())}
    implied |= {str(said.get(mode)).removeprefix("service:") for mode in ("network_mode", "ipc", "pid")}
    uses = said.get("depends_on") or {}
    plain = {name: {key: use[key] for key in use if key != "restart"} for name, use in uses.items() if name in implied}
    return {**said, "depends_on": {**uses, **plain}}


def _unescape(value: Any) -> Any:
    """Undo what Docker Compose does to a dollar sign on its way out."""
    if isinstance(value, str):
        return value.replace("$$", "$")
    if isinstance(value, dict):
        return {_unescape(key): _unescape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_unescape(item) for item in value]
    return value
