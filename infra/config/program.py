"""Where a Pulumi program gets its settings from."""

import os
from pathlib import Path

import pulumi
from pulumi.runtime.config import get_config_env, get_config_secret_keys_env

from infra.config.flat_config import FlatConfig
from infra.config.load import load, shown
from infra.config.makeshifts import makeshifts
from infra.config.mistakes import ConfigurationError
from infra.config.releases import releases_folder
from infra.config.settings import Settings


def settings_from_pulumi() -> Settings:
    """Return the settings of the stack that the engine asks for; say at the head of the output where they came from.

    Raises:
        pulumi.RunError: all mistakes in one message, one a line; or that real servers stand on what is for a lab.
    """
    root = Path.cwd()
    try:
        settings = load(
            FlatConfig(values=get_config_env(), encrypted=get_config_secret_keys_env()),
            stack=pulumi.get_stack(),
            root=root,
            releases=releases_folder(root, pulumi.get_stack(), os.environ),
            preview=pulumi.runtime.is_dry_run(),
        )
    except ConfigurationError as error:
        message = f"{_count(len(error.mistakes))} to put right, nothing was changed:\n{error}"
        raise pulumi.RunError(message) from None
    pulumi.log.info(f"Images are those of {shown(settings.release_file, root)}.")
    if settings.missing_files:
        pulumi.log.info(f"Not there yet, so unknown to this preview: {', '.join(settings.missing_files)}.")
    _judge_foundations(settings, root)
    return settings


def _judge_foundations(settings: Settings, root: Path) -> None:
    """Refuse an update of real servers that stands on what serves a lab alone; a preview says so."""
    found = list(makeshifts(settings, root, os.environ))
    if found and not pulumi.runtime.is_dry_run():
        lines = "\n".join(f"- {line}" for line in found)
        head = f"stack {settings.stack} has real servers, and what it stands on is a lab's. Nothing was changed:"
        message = f"{head}\n{lines}"
        raise pulumi.RunError(message)
    for line in found:
        pulumi.log.warn(f"`up` will refuse stack {settings.stack}: {line}.")


def _count(mistakes: int) -> str:
    return "One mistake" if mistakes == 1 else f"{mistakes} mistakes"
