"""What is written down of the networks that a container was joined to: Docker forgets it with the container."""

import json

from infra.host.agent import files, places


def keep(network: str, container: str, aliases: tuple[str, ...]) -> None:
    """Write down that a container is on a network, and by which names."""
    content = json.dumps({"container": container, "aliases": list(aliases)}, sort_keys=True) + "\n"
    path = places.ATTACHMENTS / f"{network}.json"
    if not path.exists() or path.read_text(encoding="utf-8") != content:
        files.write(path, content.encode(), mode=0o644)


def forget(network: str) -> None:
    """Strike a network out."""
    (places.ATTACHMENTS / f"{network}.json").unlink(missing_ok=True)


def of(container: str) -> dict[str, tuple[str, ...]]:
    """Return the networks that a container was joined to, each with its names there; what is no record is left out."""
    found: dict[str, tuple[str, ...]] = {}
    for path in sorted(places.ATTACHMENTS.glob("*.json")):
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            if kept["container"] == container:
                found[path.stem] = tuple(map(str, kept["aliases"]))
        except (ValueError, LookupError, TypeError):
            continue
    return found
