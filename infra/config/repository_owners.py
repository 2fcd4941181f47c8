"""Repositories of other stacks, read from their stack files in the checkout."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.config.mistakes import did_you_mean
from infra.config.plain_yaml import NotYamlError, parse
from infra.config.repositories import Repository
from infra.config.validation import judge

_KEY = "slipway:repositories"


@dataclass(frozen=True, kw_only=True, slots=True)
class Owned:
    """A repository as the stack says that has it; or why it cannot be told."""

    repository: Repository | None
    mistake: str = ""


def read_owners(root: Path, repositories: Mapping[str, Repository]) -> dict[str, Owned]:
    """Return what the owner's stack says of each repository of another stack."""
    return {
        name: _read(root, name, repository, repository.owned_by)
        for name, repository in repositories.items()
        if repository.owned_by is not None
    }


def _read(root: Path, name: str, guest: Repository, stack: str) -> Owned:
    file = f"Pulumi.{stack}.yaml"
    try:
        entries = dict(_entries((root / file).read_text(encoding="utf-8")))
    except OSError:
        stacks = sorted(path.name.split(".")[1] for path in root.glob("Pulumi.*.yaml"))
        return Owned(repository=None, mistake=f"names a stack without a stack file{did_you_mean(stack, stacks)}")
    except NotYamlError:
        return Owned(repository=None, mistake=f"names a stack whose file {file} cannot be read")
    wanted = (guest.owner.lower(), (guest.name or name).lower())
    for key, entry in entries.items():
        if (entry.owner.lower(), (entry.name or key).lower()) == wanted and entry.owned_by is None:
            return Owned(repository=entry)
    return Owned(repository=None, mistake=f"{file} has no repository {guest.owner}/{guest.name or name} of its own")


def _entries(text: str) -> Iterator[tuple[str, Repository]]:
    """Yield the repositories of a stack file that are without mistakes; the others are told of where they are."""
    document = parse(text)
    config = document.get("config") if isinstance(document, dict) else None
    section = config.get(_KEY) if isinstance(config, dict) else None
    if isinstance(section, str):
        try:
            section = json.loads(section)
        except ValueError:
            return
    for key, entry in section.items() if isinstance(section, dict) else ():
        repository, _ = judge(Repository, entry)
        if repository is not None:
            yield str(key), repository
