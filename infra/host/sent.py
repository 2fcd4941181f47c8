"""Programs of ours that run on servers: their modules as files there, or as what a program reads from its input."""

from collections.abc import Mapping
from importlib.resources import files

ENTRY = "__main__.py"
_ENDING = ".py"


def as_files(package: str) -> dict[str, str]:
    """Return a program that is put on a server: path below its folder → text.

    Args:
        package: holds all its modules, and an entry that `python3` runs the folder by.
    """
    folder = package.replace(".", "/")
    return {name if name == ENTRY else f"{folder}/{name}": text for name, text in _texts(package).items()}


def label(path: str) -> str:
    """Return what the resource of one of these files is called."""
    return "entry" if path == ENTRY else path.rpartition("/")[2].removesuffix(_ENDING)


def as_modules(package: str) -> dict[str, str]:
    """Return a program that is sent to a server: name of the module → text."""
    return {f"{package}.{name.removesuffix(_ENDING)}": text for name, text in _texts(package).items() if name != ENTRY}


def _texts(package: str) -> Mapping[str, str]:
    found = sorted(each.name for each in files(package).iterdir() if each.name.endswith(_ENDING))
    return {name: files(package).joinpath(name).read_text(encoding="utf-8") for name in found if name != "__init__.py"}
