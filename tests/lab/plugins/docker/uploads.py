"""Files that are put into a container before it starts."""

import base64
import binascii
import io
import tarfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.host.plugin.errors import ProviderError


def upload_archive(upload: Mapping[str, Any]) -> bytes:
    """Return the archive that puts one file into a container.

    Raises:
        ProviderError: unless exactly one source of the content is given.
    """
    content = _upload_content(upload)
    entry = tarfile.TarInfo(upload["file"])
    entry.size = len(content)
    entry.mode = int(upload.get("permissions") or ("744" if upload.get("executable") else "644"), 8)
    entry.mtime = int(time.time())
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as packed:
        packed.addfile(entry, io.BytesIO(content))
    return archive.getvalue()


def _upload_content(upload: Mapping[str, Any]) -> bytes:
    given = [name for name in ("content", "contentBase64", "source") if upload.get(name)]
    if len(given) != 1:
        wrong = "only one" if given else "one"
        message = f"error with upload content: {wrong} of content, contentBase64 or source must be set"
        raise ProviderError(message)
    try:
        match given[0]:
            case "source":
                return Path(upload["source"]).read_bytes()
            case "contentBase64":
                return base64.b64decode(upload["contentBase64"], validate=True)
            case _:
                return str(upload["content"]).encode()
    except (OSError, binascii.Error) as error:
        message = f"could not read the content of an upload: {type(error).__name__}"
        raise ProviderError(message) from error
