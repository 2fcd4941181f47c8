"""The sections of a stack file, judged entry by entry, so that one mistake does not hide another."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from infra.config.backups import Backups
from infra.config.edge import Edge
from infra.config.github import GitHub
from infra.config.mistakes import Mistake, Step, did_you_mean, listed, place
from infra.config.monitoring import Monitoring
from infra.config.products import Product
from infra.config.registries import Registry
from infra.config.repositories import Repository
from infra.config.section import CONFIG_SECRET_NAME, NAME, REGISTRY_HOST, Form, Section
from infra.config.servers import Guest, Server
from infra.config.stack_file import ENGINE_NAMESPACE, NAMESPACE, SECRET_PREFIX, StackFile
from infra.config.validation import Complaint, judge_on

Model = TypeVar("Model", bound=Section)


@dataclass(kw_only=True, slots=True)
class Sections:
    """What is right in a stack file."""

    servers: dict[str, Server] = field(default_factory=dict)
    """Those of other stacks too, once these have been read."""
    guests: dict[str, Guest] = field(default_factory=dict)
    """The servers of other stacks, as this one names them."""
    owners: dict[str, "Partner"] = field(default_factory=dict)
    """Server of another stack → that stack."""
    partners: dict[str, list["Partner"]] = field(default_factory=dict)
    """Server → other stacks on it, its owner among them."""
    edge: Edge | None = None
    registries: dict[str, Registry] = field(default_factory=dict)
    products: dict[str, Product] = field(default_factory=dict)
    github: GitHub = field(default_factory=GitHub)
    repositories: dict[str, Repository] = field(default_factory=dict)
    backups: Backups | None = None
    monitoring: Monitoring | None = None
    written: dict[str, Collection[str]] = field(default_factory=dict)
    """Section → names of its entries, those with mistakes included."""
    secrets: set[str] = field(default_factory=set)
    """Names of the `slipway:secret-<name>` that are set."""
    mistakes: list[Mistake] = field(default_factory=list)

    def edge_of(self, server: str) -> Edge | None:
        """Return the edge of a server: that of the stack it belongs to."""
        return self.owners[server].sections.edge if server in self.owners else self.edge

    def has_edge(self, server: str) -> bool:
        """Tell whether a server has an edge, be it one with mistakes, or nobody can tell."""
        owner = self.owners.get(server)
        if owner is None and server in self.guests:
            return True
        return "edge" in (owner.sections if owner else self).written

    @property
    def known_registries(self) -> dict[str, Registry]:
        """Registries that servers of this stack sign in to: its own, and those of the owners it is a guest of."""
        return {
            **{host: each for it in self.owners.values() for host, each in it.sections.registries.items()},
            **self.registries,
        }

    def is_public(self, product: str) -> bool:
        """Tell whether a product is for everybody; else visitors sign in, unless an ingress says otherwise."""
        edge = self.edge_of(self.products[product].server)
        return edge.public if edge else True


@dataclass(frozen=True, kw_only=True, slots=True)
class Partner:
    """Another stack that has to do with a server."""

    stack: str
    server: str
    """What it calls the server."""
    sections: Sections

    @property
    def products(self) -> dict[str, Product]:
        """What it has on the server, by name."""
        return {name: each for name, each in self.sections.products.items() if each.server == self.server}


def read_sections(values: Mapping[str, str], *, stack_file: str, encrypted: Collection[str]) -> Sections:
    """Read the flat configuration that Pulumi hands over.

    Args:
        values: key with namespace → text, or JSON where the stack file has a map.
        stack_file: name of the stack file, for mistakes.
        encrypted: keys whose values are encrypted in the stack file.
    """
    return _Reader(values, stack_file, encrypted).sections()


class _Reader:
    def __init__(self, values: Mapping[str, str], stack_file: str, encrypted: Collection[str]) -> None:
        self._values = values
        self._stack_file = stack_file
        self._encrypted = encrypted
        self._sections = Sections()

    def sections(self) -> Sections:
        """Return the sections, mistakes beside them."""
        for key in sorted(self._values):
            self._judge_key(key)
        sections = self._sections
        for name, server in self._entries("servers", _kind_of_server, NAME):
            if isinstance(server, Guest):
                sections.guests[name] = server
            elif isinstance(server, Server):
                sections.servers[name] = server
        sections.registries = dict(self._entries("registries", lambda _: Registry, REGISTRY_HOST))
        sections.products = dict(self._entries("products", lambda _: Product, NAME))
        sections.edge = self._single("edge", Edge)
        sections.backups = self._single("backups", Backups)
        sections.monitoring = self._single("monitoring", Monitoring)
        sections.repositories = dict(self._entries("repositories", lambda _: Repository, NAME))
        github = self._value("github")
        if github is not None:
            sections.github = self._judge(GitHub, github, ("github",)) or sections.github
        if "servers" not in sections.written:
            self._mistake(("servers",), "is missing: a stack has at least one server")
        return sections

    def _judge_key(self, key: str) -> None:
        namespace, _, name = key.partition(":")
        if namespace == ENGINE_NAMESPACE:
            return
        if namespace != NAMESPACE:
            text = f"has no effect: a stack file has keys of `{NAMESPACE}:` and `{ENGINE_NAMESPACE}:` only"
            self._sections.mistakes.append(Mistake(self._stack_file, key, text))
        elif key.startswith(SECRET_PREFIX):
            self._judge_secret(name, key.removeprefix(SECRET_PREFIX))
        elif name not in StackFile.model_fields:
            known = [*StackFile.model_fields, "secret-<name>"]
            self._mistake((name,), f"is not a section{did_you_mean(name, known) or f'; known are {listed(known)}'}")
        elif key in self._encrypted:
            text = f"must not be encrypted: put the secret into `{SECRET_PREFIX}<name>` and name it here"
            self._mistake((name,), text)

    def _judge_secret(self, key: str, name: str) -> None:
        try:
            CONFIG_SECRET_NAME.check(name)
        except ValueError as error:
            self._mistake((key,), str(error))
        if not self._values[f"{NAMESPACE}:{key}"]:
            self._mistake((key,), "is empty")
        elif f"{NAMESPACE}:{key}" not in self._encrypted:
            text = f"is in the file in the clear: give it a new value, `pulumi config set --secret {NAMESPACE}:{key}`"
            self._mistake((key,), text)
        self._sections.secrets.add(name)

    def _value(self, section: str) -> Any:
        """Return the plain data of a section; None when there is none, or none that can be read."""
        text = self._values.get(f"{NAMESPACE}:{section}")
        if text is None:
            return None
        try:
            return json.loads(text)
        except ValueError:
            self._mistake((section,), "must be a map")
            return None

    def _single(self, section: str, model: type[Model]) -> Model | None:
        """Return a section that is one thing rather than several by name."""
        value = self._value(section)
        if value is None:
            return None
        self._sections.written[section] = ()
        return self._judge(model, value, (section,))

    def _entries(self, section: str, model: Callable[[object], type[Model]], form: Form) -> Iterator[tuple[str, Model]]:
        value = self._value(section)
        if value is None:
            return
        if not isinstance(value, dict):
            self._mistake((section,), "must be a map")
            return
        self._sections.written[section] = tuple(value)
        for name, entry in sorted(value.items()):
            judged = self._judge(model(entry), entry, (section, name))
            try:
                form.check(name)
            except ValueError as error:
                self._mistake((section, name), str(error))
                continue
            if judged is not None:
                yield name, judged

    def _judge(self, model: type[Model], value: object, at: tuple[Step, ...]) -> Model | None:
        part, complaints = judge_on(model, value)
        for complaint in complaints:
            self._mistake((*at, *complaint.steps), _of_owner(model, complaint) or complaint.sentence)
        return part

    def _mistake(self, at: tuple[Step, ...], text: str) -> None:
        self._sections.mistakes.append(Mistake(self._stack_file, f"{NAMESPACE}:{place(*at)}", text))


def _kind_of_server(entry: object) -> type[Server | Guest]:
    return Guest if isinstance(entry, dict) and "owner" in entry else Server


def _of_owner(model: type[Section], complaint: Complaint) -> str | None:
    """Return what is wrong with a key of a server in the entry of a guest, or nothing."""
    if model is Guest and complaint.unknown_key and complaint.steps[-1] in Server.model_fields:
        return "is for the stack that the server belongs to, `owner`: write it in that one's file, or nowhere"
    return None
