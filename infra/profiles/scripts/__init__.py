"""Scripts that run on a server, as files of their own, so that they are linted, typed and tested like the rest."""

from importlib.resources import files

FOLDER = "/usr/local/lib/slipway"
"""Where they lie on a server."""


def text(name: str) -> str:
    """Return the text of a script of this folder."""
    return files(__name__).joinpath(name).read_text(encoding="utf-8")
