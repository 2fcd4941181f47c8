"""`docs/configuration.md`: the models as tables for people, with an example a section."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Le
from pydantic import WithJsonSchema
from pydantic.fields import FieldInfo

from infra.compose.extension import Extension
from infra.compose.keys import SERVICE_REFUSED, TOP_LEVEL_REFUSED
from infra.config import host_values
from infra.config import ingress as ingress_values
from infra.config import repositories as repository_values
from infra.config import section as kinds
from infra.config.backups import Backups
from infra.config.edge import Edge
from infra.config.github import GitHub
from infra.config.github_plans import OFFERS, Plan, offers
from infra.config.monitoring import Monitoring
from infra.config.products import Product
from infra.config.registries import Registry
from infra.config.releases import ReleaseEntry
from infra.config.repositories import Repository
from infra.config.section import Form, Section
from infra.config.servers import Guest, Server
from infra.config.validation import parts
from infra.ingress.headers import SECURITY_HEADERS, TRANSPORT_SECURITY
from infra.profiles import HostSetting, Particulars, PoolsSetting, Suite, declared
from infra.profiles.setting import FAMILIES

_TEMPLATE = Path(__file__).with_name("reference.md")
"""Everything but the tables."""
_MARK = re.compile(r"^<!-- table: ([a-z-]+) -->$", re.MULTILINE)
_HEAD = ("| key | value | default | meaning |", "|---|---|---|---|")
_NOTHING = "none"
_LONG = ("file", "sudoers")
"""Families whose values are whole files."""
_PLAIN = {str: "text", int: "whole number", float: "number", bool: "`true` or `false`"}


def reference() -> str:
    """Return the whole document."""
    tables = {
        "servers": _table(Server, "<name>."),
        "guests": _table(Guest, "<name>."),
        "settings": _settings(),
        "edge": _table(Edge, ""),
        "registries": _table(Registry, "<host>."),
        "backups": _table(Backups, ""),
        "monitoring": _table(Monitoring, ""),
        "products": _table(Product, "<name>."),
        "headers": _headers(),
        "github": _table(GitHub, ""),
        "repositories": _table(Repository, "<name>."),
        "plans": _plans(),
        "x-slipway": _table(Extension, "x-slipway."),
        "refused": _refusals(),
        "release": _table(ReleaseEntry, "<product>.<service>."),
        "values": _forms(),
    }
    return _MARK.sub(lambda mark: "\n".join(tables[mark[1]]), _TEMPLATE.read_text(encoding="utf-8"))


def _table(model: type[Section], prefix: str) -> Iterator[str]:
    yield from _HEAD
    yield from _rows(model, prefix)


def _rows(model: type[Section], prefix: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        key = f"{prefix}{field.alias or name}"
        meaning = (field.description or "").replace("\n", " ")
        yield f"| `{key}` | {_value(field)} | {_default(field)} | {meaning} |"
        for inner, step in _nested(field.annotation):
            yield from _rows(inner, f"{key}{step}")


def _nested(annotation: object) -> Iterator[tuple[type[Section], str]]:
    """Yield the models inside a type, each with the steps that lead to its keys."""
    for part in parts(annotation):
        if isinstance(part, type) and issubclass(part, Section):
            yield part, "."
        elif get_origin(part) is list:
            yield from ((model, f"[]{step}") for model, step in _nested(get_args(part)[0]))
        elif get_origin(part) is dict:
            yield from ((model, f".<name>{step}") for model, step in _nested(get_args(part)[1]))


def _value(field: FieldInfo) -> str:
    return field.title or _kind(field.annotation, field.metadata)


def _kind(annotation: Any, metadata: Iterable[object] = ()) -> str:
    """Return what a value is, in words."""
    named = next((name for note in metadata for name in _named(note)), None)
    if named is not None:
        return named
    arguments = get_args(annotation)
    match get_origin(annotation):
        case origin if origin is Annotated:
            words = _kind(arguments[0], arguments[1:])
        case origin if origin in (Union, UnionType):
            words = " or ".join(_kind(argument) for argument in arguments if argument is not NoneType)
        case origin if origin is Literal:
            words = " or ".join(f"`{argument}`" for argument in arguments)
        case origin if origin is list:
            words = f"list: {_kind(arguments[0])}"
        case origin if origin is dict:
            words = f"map: {_kind(arguments[0])} → {_kind(arguments[1])}"
        case _:
            words = _PLAIN.get(annotation, "map") + _range(metadata)
    return words


def _named(note: object) -> Iterator[str]:
    if isinstance(note, Form):
        yield note.name
    elif isinstance(note, FieldInfo):
        yield note.title or _PLAIN[int] + _range(note.metadata)
    elif isinstance(note, WithJsonSchema) and note.json_schema:
        yield note.json_schema["title"]


def _range(metadata: Iterable[object]) -> str:
    lower = [note.ge for note in metadata if isinstance(note, Ge)]
    upper = [note.le for note in metadata if isinstance(note, Le)]
    return "".join([*(f", at least {bound}" for bound in lower), *(f", at most {bound}" for bound in upper)])


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    value = field.get_default(call_default_factory=True)
    return _NOTHING if value is None or value in ({}, []) or isinstance(value, Section) else f"`{value}`"


def _refusals() -> Iterator[str]:
    yield from ("| compose key | what to do |", "|---|---|")
    yield from _refused(SERVICE_REFUSED, "services.<service>.")
    yield from _refused(TOP_LEVEL_REFUSED, "")


def _refused(table: Mapping[str, str], prefix: str) -> Iterator[str]:
    yield from (f"| `{prefix}{pattern}` | {advice} |" for pattern, advice in table.items())


def _headers() -> Iterator[str]:
    """Yield a table of what the edge adds to every answer."""
    yield from ("| header | value |", "|---|---|")
    yield from (f"| `{name}` | `{value}` |" for name, value in {**TRANSPORT_SECURITY, **SECURITY_HEADERS}.items())


def _plans() -> Iterator[str]:
    """Yield a table of what each plan has for repositories that are not public, and whether public ones have it."""
    yield from ("| | public | private: free | pro | team | enterprise |", "|---|---|---|---|---|---|")
    for feature, offer in OFFERS.items():
        private = ("yes" if offers(feature, plan, "private") else "no" for plan in get_args(Plan))
        yield f"| {offer.title} | {'yes' if offer.public else 'no'} | {' | '.join(private)} |"


def _settings() -> Iterator[str]:
    """Yield a table of every setting of the profile `hardened`, and what each release of Debian gets."""
    particulars = Particulars(ssh_from=("`firewall.ssh_from`",), reboot_window="04:00")
    found = {suite: {each.name: each for each in declared("hardened", suite, particulars)} for suite in get_args(Suite)}
    yield from ("| setting | Debian 12 | Debian 13 | after |", "|---|---|---|---|")
    for family, described in FAMILIES.items():
        yield f"| **{described.title}** | | | |"
        for name, setting in {**found["bookworm"], **found["trixie"]}.items():
            if setting.family == family:
                values = " | ".join(_setting_value(found[suite].get(name)) for suite in get_args(Suite))
                yield f"| `{name}` | {values} | {setting.source} |"


def _setting_value(setting: HostSetting | None) -> str:
    if setting is None:
        return "not set"
    if setting.family in _LONG:
        return "set"
    if isinstance(setting.value, bool):
        return "on" if setting.value else "off"
    # A long list may break between its words; pools are written without a space.
    text = str(setting.value) if isinstance(setting, PoolsSetting) else str(setting.value).replace(",", ", ")
    return f"`{text}`".replace("``", "`")


def _forms() -> Iterator[str]:
    """Yield a table of the named values."""
    yield from ("| value | form |", "|---|---|")
    named = (
        *vars(kinds).values(),
        *vars(host_values).values(),
        *vars(ingress_values).values(),
        *vars(repository_values).values(),
    )
    forms = {note for kind in named if get_origin(kind) is Annotated for note in get_args(kind)}
    for form in sorted((note for note in forms if isinstance(note, Form)), key=lambda form: form.name):
        yield f"| {form.name} | {form.sentence.removeprefix('must be ')} |"
    yield "| duration | `500ms`, `30s`, `1m30s` or `1h` |"
    yield "| network | a private IPv4 network, such as `10.213.0.0/16` |"
    yield "| port | a whole number from 1 to 65535 |"
