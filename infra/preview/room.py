"""Where a copy of the project is previewed: without a server, a secret, or anything of this process's environment."""

import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from infra.cli.events import Event, engine_events
from infra.cli.pulumi import ask
from infra.config.releases import replace_file
from infra.preview.placeholders import redact

PACK: Final = "policies/run"
PASSED_ON: Final = ("LANG", "LC_ALL", "TMPDIR", "TZ")
"""All that a program of somebody else's gets of this process's environment, besides where the tools are."""
PULUMI_HOME: Final = "PULUMI_HOME"
NO_WAY_OUT: Final = "#!/bin/sh\necho 'an offline preview signs in nowhere' >&2\nexit 255\n"
"""What is found in the place of ssh, by which host plugin and docker plugin reach servers."""
EXECUTABLE: Final = 0o700


class Room:
    """Runs previews, each with a state, a passphrase and a home folder of its own.

    Args:
        folder: one that is thrown away.
        variables: what programs get besides.
    """

    def __init__(self, folder: Path, variables: Mapping[str, str] | None = None) -> None:
        self._folder = folder
        self._variables = variables or {}
        self._programs = folder / "bin"
        self._programs.mkdir()
        ssh = self._programs / "ssh"
        ssh.write_text(NO_WAY_OUT, encoding="utf-8")
        ssh.chmod(EXECUTABLE)

    def events(self, project: Path, stack: str, name: str) -> "Iterator[Event | str | None]":
        """Preview a stack, and return the events, and after them the error of a run that failed.

        Args:
            project: a copy of the project; its stack file is rewritten.
            stack: name of the stack.
            name: what tells this run from others of the stack.

        Raises:
            PulumiError: the stack cannot be made.
            ValueError: the stack file cannot be read.
            RefusalError: there is no Pulumi, or it refused before its first event.
        """
        state = self._folder / "state" / f"{name}-{stack}"
        state.mkdir(parents=True)
        environment = self._environment(state)
        _without_secrets(project, project / f"Pulumi.{stack}.yaml", stack, environment)
        return _events(project, stack, environment)

    def _environment(self, state: Path) -> Mapping[str, str]:
        given = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        home = Path(os.environ.get(PULUMI_HOME, "~/.pulumi")).expanduser()
        return {
            **given,
            **self._variables,
            "HOME": str(state),
            "PATH": f"{self._programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            PULUMI_HOME: str(home),
            "PULUMI_BACKEND_URL": f"file://{state}",
            "PULUMI_CONFIG_PASSPHRASE": secrets.token_hex(),
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }


def _without_secrets(project: Path, path: Path, stack: str, environment: Mapping[str, str]) -> None:
    """Make the stack in its backend, with placeholders for its secrets."""
    text, placeholders = redact(path.read_text(encoding="utf-8"))
    # In one step, as the preview of another stack may read it; where it is a link, what that leads to stays as it is.
    replace_file(path, text)
    ask(project, "stack", "init", stack, "--no-select", environment=environment, alone=True)
    if placeholders:
        pairs = [word for key, value in placeholders.items() for word in ("--secret", f"{key}={value}")]
        ask(project, "config", "set-all", "--stack", stack, *pairs, environment=environment, alone=True)


def _events(project: Path, stack: str, environment: Mapping[str, str]) -> "Iterator[Event | str | None]":
    """Yield the events, and then the error of a run that failed."""
    command = ["pulumi", "preview", "--json", "--refresh=false", "--stack", stack, "--policy-pack", PACK]
    failure = f"{stack} cannot be previewed"
    yield (yield from engine_events(project, command, failure=failure, environment=environment, alone=True))
