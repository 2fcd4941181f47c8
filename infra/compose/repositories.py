"""Which repository an image is from, wherever it is mirrored."""


def repository(image: str) -> str:
    """Return the repository as Docker Hub names it, without registry and tag: `library/postgres` for `postgres:17`.

    Args:
        image: repository and tag.
    """
    first, slash, rest = image.partition("/")
    has_registry = bool(slash) and (first == "localhost" or "." in first or ":" in first)
    path = (rest if has_registry else image).partition(":")[0]
    return path if "/" in path else f"library/{path}"
