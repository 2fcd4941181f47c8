"""What is saved before a change that could lock people out, and how it takes effect again once it is put back."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Rescue:
    """What a kind names to have its change undone unless a new connection confirms it."""

    files: tuple[str, ...] = ()
    """Absolute paths of files, links, or nothing yet; saved byte for byte. Folders made for them go again, too."""
    accounts: tuple[str, ...] = ()
    """Users whose lines in passwd, shadow, group and the like are saved; those of others are left alone."""
    reload: tuple[tuple[str, ...], ...] = ()
    """Commands, run in order, that make what was put back effective; none restarts what people are connected by."""
