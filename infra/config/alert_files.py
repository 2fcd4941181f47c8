"""Files of alerts that a product brings along: read, judged, and given the label of their product."""

import json
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from infra.config.files import NamedFiles
from infra.config.mistakes import Finding, Step, place
from infra.config.plain_yaml import NotYamlError, parse
from infra.config.section import Form, Section
from infra.config.validation import judge
from infra.monitoring import catalogue, promql

_SECONDS = 30
_FOUND = re.compile(r"^.*?alerts\.yaml: (?:\d+:\d+: )?(?P<sentence>group .*)$", re.MULTILINE)
Span = Annotated[str, Form("duration", r"^([0-9]+(ms|[smhdwy]))+$", "must be a duration such as `30s` or `5m`")]
AlertName = Annotated[str, Form("name", "^[A-Za-z_][A-Za-z0-9_]*$", "must be a name such as `OrdersStopped`")]
RecordName = Annotated[str, Form("metric", "^[a-zA-Z_:][a-zA-Z0-9_:]*$", "must be the name of a metric")]


class Rule(Section):
    """An alert, or a value that is computed ahead."""

    alert: AlertName | None = None
    """Name of an alert."""
    record: RecordName | None = None
    """Metric that the value becomes."""
    expr: str
    """What is asked of Prometheus."""
    for_: Annotated[Span | None, Field(alias="for")] = None
    """How long it has to be so."""
    keep_firing_for: Span | None = None
    """How long it is still told after it has passed."""
    labels: dict[str, str] = Field(default_factory=dict)
    """What it carries; an alert has a `severity`."""
    annotations: dict[str, str] = Field(default_factory=dict)
    """What it tells; an alert has a `summary`."""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        self.check_one_of("alert", "record")
        if self.alert and self.labels.get("severity") not in catalogue.SEVERITIES:
            msg = "must have a label `severity` that is `critical`, `warning` or `info`: by it people are told"
            raise ValueError(msg)
        if self.alert and not self.annotations.get("summary"):
            msg = "must have an annotation `summary`: it is what people are told"
            raise ValueError(msg)
        return self


class Group(Section):
    """Rules that are judged together."""

    name: str
    """Name of the group."""
    interval: Span | None = None
    """How often; every 5 seconds when absent."""
    rules: Annotated[list[Rule], Field(min_length=1)]
    """The rules."""


def _each_once(groups: list[Group]) -> list[Group]:
    names = Counter(group.name for group in groups)
    repeated = sorted(name for name, count in names.items() if count > 1)
    if repeated:
        msg = f"has several groups called {', '.join(repeated)}, which Prometheus refuses: give each a name of its own"
        raise ValueError(msg)
    return groups


class AlertFile(Section):
    """A file of rules, as Prometheus has them."""

    groups: Annotated[list[Group], Field(min_length=1), AfterValidator(_each_once)]
    """Rules by group."""


@dataclass(slots=True)
class AlertFiles:
    """The files of all products, as far as they are right."""

    texts: dict[str, dict[str, str]] = field(default_factory=dict)
    """Product → name below the folder of rules → text."""
    findings: list[Finding] = field(default_factory=list)
    _owners: dict[str, str] = field(default_factory=lambda: dict.fromkeys(catalogue.names(), "Slipway itself"))
    _judged: list[tuple[tuple[Step, ...], str, Rule]] = field(default_factory=list)

    @classmethod
    def read(cls, named: Mapping[str, list[str]], files: NamedFiles) -> Self:
        """Read the files that the stack file names by product."""
        found = cls()
        for product, paths in sorted(named.items()):
            for index, path in enumerate(paths):
                at = ("monitoring", "rules", product, index)
                content = files.committed(at, path)
                if content is not None:
                    found._add(at, product, index, content)
        found._require_metrics()
        return found

    def _add(self, at: tuple[Step, ...], product: str, index: int, content: str) -> None:
        try:
            data = parse(content)
        except NotYamlError as error:
            self.findings.append(Finding(at, f"names a file that cannot be read: {error}"))
            return
        read, complaints = judge(AlertFile, data)
        for complaint in complaints:
            where = place(*complaint.steps) or "its beginning"
            self.findings.append(Finding(at, f"names a file with a mistake at {where}: {complaint.sentence}"))
        if read is None:
            return
        for group in read.groups:
            for rule in group.rules:
                self._note(at, f"group {group.name} of product {product}", rule)
        self.findings.extend(Finding(at, sentence) for sentence in unparsed(content))
        self.texts.setdefault(product, {})[f"{product}-{index}.yaml"] = _with_product(data, product)

    def _note(self, at: tuple[Step, ...], owner: str, rule: Rule) -> None:
        name = rule.alert or rule.record or ""
        if name in self._owners:
            text = f"has a rule {name}, and so has {self._owners[name]}: choose another name"
            self.findings.append(Finding(at, text))
        self._owners.setdefault(name, owner)
        self._judged.append((at, name, rule))

    def _require_metrics(self) -> None:
        """Refuse rules that can never fire, as nothing has what they ask for."""
        recorded = {rule.record for _, _, rule in self._judged if rule.record}
        for at, name, rule in self._judged:
            for metric in sorted(set(promql.metrics(rule.expr)) - recorded):
                if not promql.is_exported(metric):
                    self.findings.append(Finding(at, f"has a rule {name} on {metric}, a metric that nobody exports"))


def unparsed(content: str) -> Iterator[str]:
    """Yield what promtool says of a file of rules; nothing where there is no promtool on this machine."""
    promtool = shutil.which("promtool")
    if promtool is None:
        return
    with tempfile.TemporaryDirectory(prefix="slipway-rules-") as folder:
        path = Path(folder) / "alerts.yaml"
        path.write_text(content, encoding="utf-8")
        done = subprocess.run(
            [promtool, "check", "rules", str(path)], capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    if done.returncode == 0:
        return
    said = [match["sentence"] for match in _FOUND.finditer(done.stderr)]
    for sentence in said or ["it cannot be read"]:
        yield f"has a rule that Prometheus refuses: {sentence}"


def _with_product(data: Mapping[str, Any], product: str) -> str:
    """Return the text of a file whose alerts say which product they are of."""
    for group in data["groups"]:
        for rule in group["rules"]:
            rule["labels"] = {"product": product, **rule.get("labels", {})}
    return json.dumps(data, indent=2)
