"""`slipway rotate --repository`: ask for a new value of a secret on GitHub that Slipway makes."""

import json
from collections.abc import Mapping

import typer

from infra.cli.project import Stack
from infra.cli.refusal import RefusalError, require_known
from infra.config.repositories import Deploy, Repository, RepositorySecret
from infra.config.repository_deploys import SSH_KEY, given_name, secret_names
from infra.config.rotation import rotate as count_up

_SECTION = "slipway:repositories"


def rotate_of_repository(stack: Stack, name: str, environment: str, secret: str, *, as_json: bool) -> None:
    """Count a rotation up in the stack file, and tell it.

    Args:
        stack: the stack, without mistakes.
        name: one of its repositories.
        environment: one of the repository's; empty for what is all its workflows'.
        secret: one of the secrets there, as GitHub calls it.
        as_json: print it for programs.

    Raises:
        RefusalError: there is no such secret, or Slipway does not make it.
    """
    repository = _repository(stack, name)
    path = stack.project.stack_file(stack.name)
    number = count_up(path, (_SECTION, name, *_place(stack, name, repository, environment, secret)))
    if as_json:
        data = {"stack": stack.name, "repository": name, "environment": environment or None}
        typer.echo(json.dumps({**data, "secret": secret, "rotation": number}))
        return
    typer.echo(f"{secret} of {_shown(name, environment)} in {stack.name} gets a new value: rotation {number}.")
    typer.echo(f"Written to {stack.shown(path)}. Next: `slipway up {stack.name}`, then commit the file.")


def _repository(stack: Stack, name: str) -> Repository:
    repositories = stack.sections.repositories
    require_known(stack.name, "repository", name, repositories)
    return repositories[name]


def _place(stack: Stack, name: str, repository: Repository, environment: str, secret: str) -> tuple[str, ...]:
    """Return the keys that lead from a repository to what has the number."""
    if not environment:
        _require_made(stack, _shown(name, ""), secret, repository.secrets, None)
        return ("secrets", secret)
    require_known(f"{name} in {stack.name}", "environment", environment, repository.environments)
    section = repository.environments[environment]
    if section.deploy and section.deploy.by == "ssh" and secret == given_name(section.deploy, SSH_KEY):
        return ("environments", environment, "deploy")
    _require_made(stack, _shown(name, environment), secret, section.secrets, section.deploy)
    return ("environments", environment, "secrets", secret)


def _require_made(
    stack: Stack, place: str, secret: str, secrets: Mapping[str, RepositorySecret], deploy: Deploy | None
) -> None:
    given = secret_names(deploy) if deploy else []
    require_known(f"{place} in {stack.name}", "secret", secret, [*secrets, *given])
    if secret in given:
        text = f"{secret} of {place} is not made but given by `deploy: {deploy.by if deploy else ''}`"
    elif source := secrets[secret].config:
        text = (
            f"{secret} is a value that a person has set: `pulumi config set --secret slipway:secret-{source} "
            f"--stack {stack.name}` sets another, and the next `up` gives it to GitHub"
        )
    elif output := secrets[secret].output:
        text = f"{secret} is the stack's own {output}, and changes with it"
    else:
        return
    text = f"{text}. Nothing was written."
    raise RefusalError(text)


def _shown(name: str, environment: str) -> str:
    return f"{name}, environment {environment}," if environment else f"repository {name}"
