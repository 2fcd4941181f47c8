"""What a change means for those who use a service, in the words of a preview."""

NO_CHANGE = "no change"
IN_PLACE = "in place"
ROLLING = "rolling"
NEW = "new"


def stop_first(measured: float | None, longest: float) -> str:
    """Return what a release costs that starts after the former one has stopped.

    Args:
        measured: seconds the last one took until the service answered again, where that is known.
        longest: seconds after which it is given up: the former one has stopped by then, and this one is ready or not.
    """
    return f"stop-first ≈ {measured:.0f} s down" if measured is not None else f"stop-first ≤ {longest:.0f} s down"


def data(before: str, after: str) -> str:
    """Return that a service will find other data than it has now."""
    return f"data: on {after or 'none'}, now on {before or 'none'}"


def migration(phase: str) -> str:
    """Return that the database of a service is migrated before its new container starts."""
    return f"migrates first ({phase})"


def together(release: str, before: str) -> str:
    """Return the impact of a release and of what goes before it."""
    told = [text for text in (release, before) if text and text != NO_CHANGE]
    return ", ".join(told) or NO_CHANGE
