"""Where a Pulumi program gets its settings from."""

import os
from pathlib import Path

import pulumi
from pulumi.runtime.config import get_config_env, get_config_secret_keys_env

from infra.config.load import FlatConfig, load, shown
from infra.config.mistakes import ConfigurationError
from infra.config.releases import releases_folder
from infra.config.settings import Settings


def settings_from_pulumi() -> Settings:
    """Return the settings of the stack that the engine asks for; say at the head of the output where they came from.

    Raises:
        pulumi.RunError: all mistakes in one message, one a line.
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
    return settings


def _count(mistakes: int) -> str:
    return "One mistake" if mistakes == 1 else f"{mistakes} mistakes"
