"""Who signs in at a registry, as the stack file says it."""

from collections.abc import Iterable

from infra.cli.project import Stack
from infra.cli.refusal import ExitCode, RefusalError
from infra.cli.registry import Login
from infra.config.stack_file import SECRET_PREFIX


def logins(stack: Stack, registries: Iterable[str], password: str | None, *, command: str) -> dict[str, Login]:
    """Return the logins of some registries; those that the stack file does not name have none.

    Args:
        stack: the stack.
        registries: hosts as images name them.
        password: the one that was given on stdin, for the registry whose own is encrypted in the stack file.
        command: the verb that asks, for the remedy.

    Raises:
        RefusalError: a password cannot be read, or nobody can tell which registry the given one is for.
    """
    known = stack.sections.known_registries
    sections = {host: known[host] for host in registries if host in known}
    encrypted = sorted(host for host, section in sections.items() if section.password.file is None)
    if password is not None and len(encrypted) != 1:
        text = f"--password-stdin is for exactly one registry with an encrypted password; here are {len(encrypted)}."
        raise RefusalError(text, ExitCode.USAGE)
    if password is None and encrypted:
        key = f"{SECRET_PREFIX}{sections[encrypted[0]].password.config}"
        whose = _named_by(stack, encrypted[0])
        text = (
            f"the password of {encrypted[0]} is encrypted in the stack file and stays so here: "
            f"`pulumi config get {key} --stack {whose} | slipway {command} {stack.name} --password-stdin`."
        )
        raise RefusalError(text)
    return {
        host: Login(section.username, password or "" if host in encrypted else _from_file(stack, host))
        for host, section in sections.items()
    }


def _named_by(stack: Stack, registry: str) -> str:
    """Return the stack whose file names a registry: this one, or an owner that it is a guest of."""
    owners = (it.stack for it in stack.sections.owners.values() if registry in it.sections.registries)
    return stack.name if registry in stack.sections.registries else next(owners, stack.name)


def _from_file(stack: Stack, registry: str) -> str:
    file = stack.sections.known_registries[registry].password.file or ""
    try:
        return stack.project.path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        text = f"the password of {registry} cannot be read from {file}: does the file exist?"
        raise RefusalError(text) from None
