"""Checks of the state backend, the passphrase, and a stack's files."""

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from infra.cli.checks import Result, failed, passed
from infra.cli.project import Project, Stack
from infra.cli.pulumi import PulumiError, ask
from infra.config.flat_config import flat_config
from infra.config.load import load
from infra.config.makeshifts import makeshifts
from infra.config.mistakes import ConfigurationError
from infra.config.settings import Settings

SALT: Final = "encryptionsalt"
PROVIDER: Final = "secretsprovider"
PROBE: Final = "slipway:probe"
NAMED_BY: Final = "PULUMI_CONFIG_PASSPHRASE_FILE"


def check_backend(project: Project) -> tuple[frozenset[str] | None, Result]:
    """Check that Pulumi knows where the state is, and reaches it; return the stacks that are there, if it does."""
    try:
        url = json.loads(ask(project.root, "whoami", "--json"))["url"]
        stacks = frozenset(stack["name"] for stack in json.loads(ask(project.root, "stack", "ls", "--json")))
    except PulumiError as error:
        text = f'{error}: `eval "$(make -s env)"` or `pulumi login` names one.'
        return None, failed("state backend", text)
    return stacks, passed("state backend", str(url))


def check_passphrase(stack: Stack, stacks: frozenset[str]) -> Result:
    """Check that what encrypts the stack's secrets can be used, by encrypting with a copy of its salt."""
    if stack.name not in stacks:
        return failed("state", f"the backend has no {stack.name} yet: `pulumi stack init {stack.name}` makes it.")
    provider = stack.document.get(PROVIDER)
    salt = stack.document.get(SALT)
    if salt is None:
        found = (
            f"kept by {str(provider).partition(':')[0]}" if provider else "none set up yet: `pulumi stack init` does"
        )
        return passed("passphrase", found)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / f"Pulumi.{stack.name}.yaml"
        copy.write_text(f"{SALT}: {salt}\n", encoding="utf-8")
        command = ("config", "set", "--secret", PROBE, "--config-file", str(copy), "--stack", stack.name)
        try:
            ask(stack.project.root, *command, stdin="probe")
        except PulumiError as error:
            return failed("passphrase", f"{error}: {_how_to_set(stack.project.root)}.")
    return passed("passphrase", "fits the stack file")


def _how_to_set(root: Path) -> str:
    """Return what to do about a passphrase that cannot be used; Pulumi, which is run at the root, looks from there."""
    named = os.environ.get(NAMED_BY, "")
    if not named:
        return f'set {NAMED_BY}; for the lab `eval "$(make -s env)"` does'
    if not (root / named).is_file():
        return f"{NAMED_BY} names {named}, which is not there: put the passphrase of this stack into it"
    return f"{NAMED_BY} names {named}: is it the passphrase of this stack?"


def check_files(stack: Stack) -> tuple[Settings | None, list[Result]]:
    """Check stack file, compose files and release file as a preview does; return what a preview would work with."""
    try:
        settings = load(
            flat_config(stack.document),
            stack=stack.name,
            root=stack.project.root,
            releases=stack.project.releases(stack.name),
            preview=True,
        )
    except ConfigurationError as error:
        return None, [failed("stack", str(mistake)) for mistake in error.mistakes]
    count = sum(len(product.images) for product in settings.products.values())
    products = f"{len(settings.products)} products, {count} images by digest"
    found = [passed("stack", f"{products} ({stack.shown(settings.release_file)})"), *_keys(settings)]
    shaky = makeshifts(settings, stack.project.root, os.environ)
    return settings, [*found, *(failed("foundations", f"{line}.") for line in shaky)]


def _keys(settings: Settings) -> Iterator[Result]:
    for name in settings.missing_files:
        yield failed("keys", f"{name} does not exist: `slipway up` needs it (for the lab `make lab` writes it).")
    if not settings.missing_files:
        yield passed("keys", "every file that the stack file names is there")
    for server in settings.servers.values():
        if not server.ssh.identity_file and "SSH_AUTH_SOCK" not in os.environ:
            yield failed(
                "keys",
                f"{server.name} has no identity_file and there is no SSH agent: start one and `ssh-add` the key.",
            )
