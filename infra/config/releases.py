"""Release files `<releases>/<stack>.yaml`: written by machines, they say which image by digest runs where."""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from infra.config.mistakes import ConfigurationError, Mistake, place
from infra.config.plain_yaml import NotYamlError, parse
from infra.config.section import NAME, ImageReference, Section
from infra.config.settings import ImageRelease
from infra.config.validation import judge

FOLDER = "stacks/releases"
FOLDER_VARIABLE = "SLIPWAY_RELEASES"
EDGE_PRODUCT = "edge"
EDGE_SERVICE = "traefik"
_HEADER = "# Which image runs where. Written by `slipway release`, `slipway pin` and CI; a revert is a rollback.\n"
_WIDTH = 4096
"""No line of a file is ever broken in two."""


class ReleaseEntry(Section):
    """One service's image."""

    image: ImageReference
    """The image by digest."""
    tag: str | None = None
    """Tag that the digest was resolved from, for people."""
    revision: str | None = None
    """Commit that the image was built from."""


@dataclass(kw_only=True, slots=True)
class ReleaseFile:
    """What a release file says."""

    images: dict[str, dict[str, ImageRelease]] = field(default_factory=dict)
    """Product → service → image; the edge is product `edge`, service `traefik`."""
    mistakes: list[Mistake] = field(default_factory=list)
    unreadable: bool = False
    """Nothing is known of any service."""

    def get(self, product: str, service: str) -> ImageRelease | None:
        """Return a service's image."""
        return self.images.get(product, {}).get(service)


def releases_folder(root: Path, stack: str, environment: Mapping[str, str]) -> Path:
    """Return the folder that a stack's release file is in.

    The environment may name another one, as the lab does; it counts for the stacks that have a file there.
    """
    other = environment.get(FOLDER_VARIABLE)
    if other and release_path(root / other, stack).is_file():
        return root / other
    return root / FOLDER


def release_path(folder: Path, stack: str) -> Path:
    """Return the path of a stack's release file."""
    return folder / f"{stack}.yaml"


def read_releases(path: Path, shown: str) -> ReleaseFile:
    """Read a release file.

    Args:
        path: the file.
        shown: its path as people should read it.
    """
    try:
        data = parse(path.read_text(encoding="utf-8")) or {}
    except FileNotFoundError:
        problem = f"does not exist: `slipway pin {path.stem}` writes it"
    except (OSError, UnicodeDecodeError):
        problem = "cannot be read"
    except NotYamlError as error:
        problem = str(error)
    else:
        return _judge(data, shown)
    return ReleaseFile(mistakes=[Mistake(shown, "", problem)], unreadable=True)


def set_images(path: Path, images: Mapping[tuple[str, str], ImageRelease]) -> None:
    """Write images into a release file in one step, keeping comments and order of all the rest.

    Args:
        path: the file; made when there is none.
        images: product and service → image; none leaves the file as it is.

    Raises:
        ConfigurationError: a reference has no digest, or the file is no release file.
    """
    if not images:
        return
    entries = {
        place: {"image": release.image, "tag": release.tag, "revision": release.revision}
        for place, release in images.items()
    }
    mistakes = [
        mistake
        for (product, service), entry in entries.items()
        for mistake in _judge({product: {service: entry}}, str(path)).mistakes
    ]
    if path.exists():
        mistakes.extend(read_releases(path, str(path)).mistakes)
    if mistakes:
        raise ConfigurationError(mistakes)
    text = path.read_text(encoding="utf-8") if path.exists() else _HEADER
    editor = round_trip()
    document = editor.load(text)
    header = "" if document else text
    document = document or CommentedMap()
    for (product, service), entry in entries.items():
        _set(document.setdefault(product, CommentedMap()).setdefault(service, CommentedMap()), entry)
    output = StringIO()
    editor.dump(document, output)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, header + output.getvalue())


def set_image(path: Path, product: str, service: str, release: ImageRelease) -> None:
    """Write one image into a release file; see `set_images`."""
    set_images(path, {(product, service): release})


def _set(written: CommentedMap, entry: Mapping[str, str | None]) -> None:
    for key, value in entry.items():
        if value is None:
            written.pop(key, None)
        else:
            written[key] = value


def _judge(data: object, shown: str) -> ReleaseFile:
    """Judge entry by entry, so that one mistake does not hide another."""
    file = ReleaseFile()
    for product, services in _items(file, shown, (), data):
        images = file.images.setdefault(product, {})
        for service, value in _items(file, shown, (product,), services):
            entry, complaints = judge(ReleaseEntry, value)
            file.mistakes.extend(
                Mistake(shown, place(product, service, *complaint.steps), complaint.sentence)
                for complaint in complaints
            )
            image = entry or ReleaseEntry.model_construct(image="")
            images[service] = ImageRelease(image=image.image, tag=image.tag, revision=image.revision)
    return file


def _items(file: ReleaseFile, shown: str, at: tuple[str, ...], data: object) -> list[tuple[str, Any]]:
    """Return the entries of a map whose keys are names."""
    if not isinstance(data, Mapping):
        file.mistakes.append(Mistake(shown, place(*at), "must be a map"))
        return []
    for key in data:
        try:
            NAME.check(str(key))
        except ValueError as error:
            file.mistakes.append(Mistake(shown, place(*at, str(key)), str(error)))
    return [(str(key), value) for key, value in data.items()]


def round_trip() -> YAML:
    """Return an editor that keeps comments, order and quotes of a file."""
    editor = YAML(typ="rt")
    editor.preserve_quotes = True
    editor.width = _WIDTH
    return editor


def replace_file(path: Path, text: str) -> None:
    """Write a file in one step: a reader sees the old one or the new one, and a killed run leaves the old one."""
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False
    ) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary = Path(file.name)
    temporary.chmod(mode)
    temporary.replace(path)
