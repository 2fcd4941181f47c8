"""Texts of the repository that a service reads as files: its `configs`, and files it mounts read-only."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from infra.compose.document import ServiceDocument
from infra.compose.objects import ConfigDocument
from infra.compose.project import ConfigFile
from infra.compose.uses import ConfigUse, MountUse
from infra.config.mistakes import Step, did_you_mean

_LARGEST = 500_000
"""Bytes: the most that Docker takes for a config, too."""
_FROM_THE_SERVER = ("/", "~")


@dataclass(frozen=True, slots=True)
class NotShipped:
    """A text that cannot be brought to the server."""

    steps: tuple[Step, ...]
    """Place in the service."""
    sentence: str


class NotShippedError(Exception):
    """A text cannot be brought to the server; the message is the sentence that a person sees."""


@dataclass(frozen=True, slots=True)
class Shipment:
    """What the services of a product read from the repository."""

    root: Path
    """Folder of the stack file; nothing outside of it is read."""
    folder: Path
    """Folder that paths in compose files are relative to."""
    configs: Mapping[str, ConfigDocument]
    variables: Mapping[str, str]

    def files(self, document: ServiceDocument) -> Iterator[ConfigFile | NotShipped]:
        """Yield the texts that a service reads, and those that it cannot."""
        for index, use in enumerate(document.configs):
            yield self._try(("configs", index), partial(self._used, use))
        for index, mount in enumerate(document.volumes):
            if mount.type == "bind" and not (mount.source or "/").startswith(_FROM_THE_SERVER):
                yield self._try(("volumes", index), partial(self._mounted, mount))

    def _try(self, steps: tuple[Step, ...], read: Callable[[], ConfigFile]) -> ConfigFile | NotShipped:
        try:
            return read()
        except NotShippedError as error:
            return NotShipped(steps, str(error))

    def _used(self, use: ConfigUse) -> ConfigFile:
        config = self.configs.get(use.source)
        if config is None:
            remark = did_you_mean(use.source, self.configs)
            msg = f"config {use.source} is not under the top-level `configs`{remark}"
            raise NotShippedError(msg)
        return ConfigFile(
            name=use.source,
            path=use.target or f"/{use.source}",
            content=self._content(config),
            owner=use.uid,
            group=use.gid,
            mode=use.mode,
        )

    def _content(self, config: ConfigDocument) -> str:
        if config.content is not None:
            return config.content
        if config.environment is not None:
            if config.environment not in self.variables:
                msg = f"variable {config.environment} has to be set under the product's `env`"
                raise NotShippedError(msg)
            return self.variables[config.environment]
        return self._text(config.file or "")

    def _mounted(self, mount: MountUse) -> ConfigFile:
        """Return a file of the repository that a service mounts; what it could write there would be lost."""
        content = self._text(mount.source or "")
        if not mount.read_only:
            msg = "is a file of the repository: mount it read-only (`:ro`), and keep data in a named volume"
            raise NotShippedError(msg)
        name = Path(mount.source or "").name
        return ConfigFile(name=name, path=mount.target, content=content)

    def _text(self, name: str) -> str:
        path = (self.folder / name).resolve()
        if not path.is_relative_to(self.root.resolve()):
            msg = "must name a file of the repository, below the folder of the stack file"
            raise NotShippedError(msg)
        if path.is_dir():
            msg = "is a folder of the repository: mount its files one by one, read-only, or put them into the image"
            raise NotShippedError(msg)
        if not path.is_file():
            msg = (
                "is not in the repository: data belongs in a named volume, a file of the server under an absolute path"
            )
            raise NotShippedError(msg)
        try:
            text = path.read_bytes().decode()
        except UnicodeDecodeError:
            text = ""
        if not 0 < len(text) <= _LARGEST:
            msg = f"must be a text of at most {_LARGEST} bytes: put anything else into the image"
            raise NotShippedError(msg)
        return text
