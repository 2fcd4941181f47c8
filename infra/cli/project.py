"""The project a command works on, and the stack files in it, read as they lie there: Pulumi is not asked."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.cli.refusal import ExitCode, RefusalError, require_known
from infra.compose import measured
from infra.compose.binary import ComposeMissingError
from infra.compose.project import Project as Compose
from infra.compose.project import Service
from infra.config.files import NoHomeError, located
from infra.config.flat_config import flat_config
from infra.config.mistakes import ConfigurationError, did_you_mean
from infra.config.monitoring_images import MONITORING, needed
from infra.config.plain_yaml import NotYamlError, parse
from infra.config.readings import read_product
from infra.config.releases import EDGE_PRODUCT, release_path, releases_folder
from infra.config.sections import Sections, read_sections
from infra.config.sharing import file_of, read_partners, stacks

PROJECT_FILE = "Pulumi.yaml"


@dataclass(frozen=True, kw_only=True, slots=True)
class Project:
    """A checkout of the Pulumi project."""

    root: Path
    name: str

    def stack_file(self, stack: str) -> Path:
        """Return the path of a stack's file."""
        return self.root / file_of(stack)

    def stacks(self) -> list[str]:
        """Return the stacks that have a file here."""
        return stacks(self.root)

    def require_stack(self, stack: str) -> None:
        """Refuse a stack that has no file."""
        path = self.stack_file(stack)
        if not path.is_file():
            stacks = self.stacks()
            hint = did_you_mean(stack, stacks) or f"; there is {', '.join(stacks) or 'none'}."
            text = f"there is no stack file {path.name}{hint}"
            raise RefusalError(text, ExitCode.USAGE)

    def path(self, name: str) -> Path:
        """Return where a file is that a stack file names.

        Raises:
            RefusalError: it begins with `~` and a name that is no user's on this machine.
        """
        try:
            return located(self.root, name)
        except NoHomeError:
            text = f"{name} begins with `~` and a name that is no user's on this machine."
            raise RefusalError(text) from None

    def releases(self, stack: str) -> Path:
        """Return the folder of a stack's release file."""
        return releases_folder(self.root, stack, os.environ)


@dataclass(frozen=True, kw_only=True, slots=True)
class Stack:
    """A stack file; values of secrets stay encrypted."""

    name: str
    project: Project
    document: Mapping[str, Any]
    """The whole file."""
    sections: Sections

    @property
    def release_file(self) -> Path:
        """Where its digests are."""
        return release_path(self.project.releases(self.name), self.name)

    def shown(self, path: Path) -> str:
        """Return a path as people read it: from the project's folder where it lies in it."""
        return str(path.relative_to(self.project.root) if path.is_relative_to(self.project.root) else path)

    def images(self, product: str) -> Mapping[str, str]:
        """Return the image of each service of a product, as its compose files name it."""
        return {name: service.image for name, service in self.services(product).items()}

    def services(self, product: str) -> Mapping[str, Service]:
        """Return the services of a product, as its compose files describe them.

        Raises:
            ConfigurationError: the compose files have mistakes.
        """
        return self.compose(product).services

    def compose(self, product: str) -> Compose:
        """Return what the compose files of a product say.

        Raises:
            ConfigurationError: they have mistakes.
        """
        try:
            reading = read_product(self.name, product, self.sections.products[product], self.project.root)
        except ComposeMissingError as error:
            text = f"{error}."
            raise RefusalError(text) from None
        if reading.project is None:
            raise ConfigurationError(reading.mistakes)
        return reading.project

    def watchers(self) -> set[str]:
        """Return the services of what watches the stack, of which the release file has images; none without it."""
        section = self.sections.monitoring
        if section is None:
            return set()
        products = (self.services(name) for name in self.sections.products)
        databases = (kind for services in products for kind in measured.databases(services).values())
        return needed(databases, grafana=section.grafana)

    def require_product(self, product: str, *, or_monitoring: bool = False) -> None:
        """Refuse a product that the stack does not have; its edge is one of them, and what watches it where asked."""
        sections = self.sections
        known = {EDGE_PRODUCT: sections.edge, MONITORING: sections.monitoring if or_monitoring else None}
        products = {*sections.products, *(name for name, section in known.items() if section)}
        require_known(self.name, "product", product, products)


def find_project() -> Project:
    """Return the project around the working directory, as Pulumi finds it."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        path = folder / PROJECT_FILE
        if path.is_file():
            return Project(root=folder, name=str(_mapping(path).get("name", "")))
    text = f"there is no {PROJECT_FILE} here or above: change into the checkout."
    raise RefusalError(text, ExitCode.USAGE)


def read_stack(project: Project, name: str) -> Stack:
    """Return a stack by its file, judged by the models of its sections.

    Raises:
        ConfigurationError: the file has mistakes.
    """
    project.require_stack(name)
    path = project.stack_file(name)
    document = _mapping(path)
    if not isinstance(document.get("config") or {}, dict):
        text = f"{path.name}: config: must be a map of keys."
        raise RefusalError(text)
    config = flat_config(document)
    sections = read_sections(config.values, stack_file=path.name, encrypted=config.encrypted)
    read_partners(name, sections, project.root)
    if sections.mistakes:
        raise ConfigurationError(sections.mistakes)
    return Stack(name=name, project=project, document=document, sections=sections)


def _mapping(path: Path) -> Mapping[str, Any]:
    try:
        read = parse(path.read_text(encoding="utf-8"))
    except NotYamlError as error:
        text = f"{path.name}: {error}."
        raise RefusalError(text) from None
    if not isinstance(read, dict):
        text = f"{path.name} is not a map of keys."
        raise RefusalError(text)
    return read
