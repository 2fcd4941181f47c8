"""Compose files written into a folder and read."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import pytest

from infra.compose.project import Project
from infra.compose.reader import Reading, read_project


class Read(Protocol):
    """Reads compose files given as text."""

    def __call__(self, *files: str, variables: Mapping[str, str] | None = None) -> Reading:
        """Write each text as `compose.yaml`, `second.yaml`, …, and read them."""


class Parse(Protocol):
    """Reads compose files that have no mistakes."""

    def __call__(self, *files: str, variables: Mapping[str, str] | None = None) -> Project:
        """Return the project."""


class Mistakes(Protocol):
    """Reads compose files that have mistakes."""

    def __call__(self, *files: str, variables: Mapping[str, str] | None = None) -> list[str]:
        """Return the lines a person sees."""


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(*files: str, variables: Mapping[str, str] | None = None) -> Reading:
        names = ["compose.yaml", "second.yaml", "third.yaml"][: len(files)]
        for name, text in zip(names, files, strict=True):
            (tmp_path / name).write_text(text, encoding="utf-8")
        return read_project(names, root=tmp_path, variables=variables or {}, name="dev-shop")

    return read


@pytest.fixture
def parse(read: Read) -> Parse:
    def parse(*files: str, variables: Mapping[str, str] | None = None) -> Project:
        reading = read(*files, variables=variables)
        assert not reading.mistakes, [str(mistake) for mistake in reading.mistakes]
        assert reading.project is not None
        return reading.project

    return parse


@pytest.fixture
def mistakes(read: Read) -> Mistakes:
    def mistakes(*files: str, variables: Mapping[str, str] | None = None) -> list[str]:
        reading = read(*files, variables=variables)
        assert reading.project is None, "a project with mistakes must not come into being"
        return sorted({str(mistake) for mistake in reading.mistakes})

    return mistakes
