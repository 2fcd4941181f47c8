"""`docs/compose.md`: every compose key, where it ends, and what tests it: `python -m tools.compose_table`.

The table is measured, not written: each key is taken out of a test's compose file, and the resources with it and
without it are compared. A key that no test has is an error.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from infra.compose.binary import normalise
from infra.compose.document import ServiceDocument
from infra.compose.mapping import to_network, to_service, to_volume
from infra.compose.objects import ConfigDocument, NetworkDocument, VolumeDocument
from infra.compose.project import ConfigFile, Service
from infra.compose.shipped import Shipment
from infra.config.plain_yaml import parse
from infra.services import postgres_settings
from infra.services.defaults import table as defaults
from tests.unit.compose import cases
from tools.command import SetupError
from tools.measured import Pair, differences
from tools.model_paths import ANY, KeyPath, key_paths, without, written
from tools.paths import PROJECT

_CHECK = "--check"
_TEMPLATE = Path(__file__).with_name("compose_reference.md")
_DOCUMENT = PROJECT / "docs" / "compose.md"
_IDLE = ("idle",)
_GIVEN = {("image",), ("name",), ("profiles",)}
"""Names are Docker Compose's; what an image and a profile lead to is no property, and told in the text."""
_ONLY_VALUE = "nothing: any other value is refused"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Kind:
    """One kind of thing in a compose file, and the cases that tests have of it."""

    prefix: str
    model: type[BaseModel]
    test: str
    documents: Mapping[str, Any]
    """Case → what Docker Compose makes of it."""
    keys: Mapping[str, Any]
    """Case → what the test writes."""
    make: Callable[[Any], Any]
    """From such a document to what the components get."""


def document() -> str:
    """Return the whole document."""
    tables = {"keys": _rows(), "defaults": defaults(), "postgres": postgres_settings.table()}
    text = _TEMPLATE.read_text(encoding="utf-8")
    for name, rows in tables.items():
        text = text.replace(f"<!-- table: {name} -->", "\n".join(rows))
    return text


def main(arguments: Sequence[str]) -> int:
    """Write the document, or only say that it is out of date; return the exit code."""
    if set(arguments) - {_CHECK}:
        sys.stderr.write(f"usage: python -m tools.compose_table [{_CHECK}]\n")
        return 2
    text = document()
    if _DOCUMENT.exists() and _DOCUMENT.read_text(encoding="utf-8") == text:
        return 0
    if arguments:
        sys.stderr.write("docs/compose.md is out of date: run `python -m tools.compose_table`\n")
        return 1
    _DOCUMENT.write_text(text, encoding="utf-8")
    return 0


def _rows() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        kinds = _kinds(Path(folder))
        probes = [
            (kind, path, *_probe(kind, path)) for kind in kinds for path in key_paths(kind.model) if path not in _GIVEN
        ]
    found = differences([pair for _, _, _, pair in probes])
    yield from ("| compose key | ends in | tested by |", "|---|---|---|")
    for (kind, path, tests, _), properties in zip(probes, found, strict=True):
        ends = ", ".join(f"`{name}`" for name in properties) or _ONLY_VALUE
        yield f"| `{kind.prefix}{written(path)}` | {ends} | `{kind.test}`: {', '.join(tests)} |"


def _probe(kind: _Kind, path: KeyPath) -> tuple[list[str], Pair]:
    """Return the cases that have a key, and the first one's thing with the key and without it."""
    have = [
        case
        for case, document in kind.documents.items()
        if path[0] in kind.keys[case] and without(document, path) is not None
    ]
    if not have:
        message = f"no case in tests/unit/compose/cases.py has `{kind.prefix}{written(path)}`"
        raise SetupError(message)
    whole = kind.documents[have[0]]
    for length in (length for length in range(len(path), 0, -1) if path[length - 1] not in ANY):
        try:
            return have, (kind.make(whole), kind.make(without(whole, path[:length])))
        except (ValidationError, AttributeError, TypeError):
            # The key has to be there: what is measured is the part that it belongs to.
            continue
    message = f"`{kind.prefix}{written(path)}` cannot be measured"
    raise SetupError(message)


def _kinds(folder: Path) -> list[_Kind]:
    names = {f"s{number}": case for number, case in enumerate(cases.SERVICES)}
    cases.write(folder, {name: cases.SERVICES[case][0] for name, case in names.items()})
    answer = normalise([folder / "compose.yaml"], cases.VARIABLES, "dev-shop")
    normalised = parse(answer.document)
    configs = {name: ConfigDocument.model_validate(value) for name, value in normalised["configs"].items()}
    shipment = Shipment(folder, folder, configs, cases.VARIABLES)

    def service(document: Any) -> Service:
        said = {key: value for key, value in document.items() if key == "x-slipway" or not key.startswith("x-")}
        judged = ServiceDocument.model_validate(said)
        files = [file for file in shipment.files(judged) if isinstance(file, ConfigFile)]
        return to_service("service", judged, files, _IDLE)

    return [
        _Kind(
            prefix="services.<name>.",
            model=ServiceDocument,
            test="test_compose_key_is_mapped",
            documents={case: normalised["services"][name] for name, case in names.items()},
            keys={case: _written(keys) for case, (keys, _) in cases.SERVICES.items()},
            make=service,
        ),
        _Kind(
            prefix="networks.<name>.",
            model=NetworkDocument,
            test="test_network_is_mapped",
            documents={case: {"name": "n", **parse(keys)} for case, (keys, _) in cases.NETWORKS.items()},
            keys={case: parse(keys) for case, (keys, _) in cases.NETWORKS.items()},
            make=lambda document: to_network("n", NetworkDocument.model_validate(document)),
        ),
        _Kind(
            prefix="volumes.<name>.",
            model=VolumeDocument,
            test="test_volume_is_mapped",
            documents={case: {"name": "v", **parse(keys)} for case, (keys, _) in cases.VOLUMES.items()},
            keys={case: parse(keys) for case, (keys, _) in cases.VOLUMES.items()},
            make=lambda document: to_volume("v", VolumeDocument.model_validate(document)),
        ),
    ]


def _written(keys: str) -> Any:
    return parse("    " + keys) or {}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
