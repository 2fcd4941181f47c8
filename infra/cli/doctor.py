"""`slipway doctor`: find out what is missing before Pulumi does."""

import dataclasses
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from infra.cli.arguments import AsJson, complete_stack
from infra.cli.capacity_check import check_capacity
from infra.cli.checks import Result, failed
from infra.cli.project import Project, find_project, read_stack
from infra.cli.refusal import ExitCode
from infra.cli.repository_checks import check_repository
from infra.cli.server_checks import check_server
from infra.cli.stack_checks import check_backend, check_files, check_passphrase
from infra.cli.tool_checks import check_tools
from infra.config.mistakes import ConfigurationError
from infra.host.remote import Remote

NAME_WIDTH = 20

OneStack = Annotated[
    str | None,
    typer.Argument(help="Stack to look at too; tools and backend only when absent.", autocompletion=complete_stack),
]
Say = Callable[[str], None]
"""Shows what is being waited for."""


def doctor(stack: OneStack = None, *, as_json: AsJson = False) -> None:
    """Find out what is missing before Pulumi does.

    Looks at the tools, the state backend and, with a stack, at passphrase, stack file, compose files, digests and keys,
    signs in to each server with the pinned host key, compares its `capacity` with what it has, and asks GitHub what the
    token may do in each repository and how old the secrets there are. Changes nothing. Each line is `ok`, or `no` with
    what to do; the exit code is 1 when there is a `no`.

    **Examples**

    - `slipway doctor`
    - `slipway doctor dev`
    - `slipway doctor dev --json | jq '.[] | select(.ok == false)'`
    """
    project = find_project()
    results: list[Result] = []
    output = Console(soft_wrap=True, highlight=False)
    progress = Console(stderr=True)
    with progress.status("Looking at the tools") as status:
        for result in _results(project, stack, status.update):
            results.append(result)
            if not as_json:
                output.print(_line(result))
    if as_json:
        typer.echo(json.dumps([dataclasses.asdict(result) for result in results], indent=2))
    if not all(result.ok for result in results):
        raise typer.Exit(ExitCode.FAILED)


def _results(project: Project, name: str | None, say: Say) -> Iterator[Result]:
    stack = None
    if name is not None:
        try:
            stack = read_stack(project, name)
        except ConfigurationError as error:
            yield from _mistakes(error)
    yield from check_tools()
    say("Asking the state backend")
    stacks, result = check_backend(project)
    yield result
    if stack is None:
        return
    if stacks is not None:
        say("Trying the passphrase")
        yield check_passphrase(stack, stacks)
    say("Reading the stack")
    settings, results = check_files(stack)
    yield from results
    if settings is None:
        return
    for server in settings.servers.values():
        say(f"Signing in to {server.name} ({server.host})")
        result = check_server(project.root, server)
        yield result
        if result.ok:
            remote = Remote(name=server.name, root=project.root, connection=server.connection)
            yield check_capacity(remote, server.capacity)
    for repository in settings.repositories.values():
        say(f"Asking GitHub for {repository.path}")
        yield from check_repository(stack, settings.github, repository)


def _mistakes(error: ConfigurationError) -> Iterable[Result]:
    return (failed("stack", str(mistake)) for mistake in error.mistakes)


def _line(result: Result) -> Text:
    word = Text("ok  ", "green") if result.ok else Text("no  ", "bold red")
    return word.append(f"{result.name:<{NAME_WIDTH}}  ", "default").append(result.text, "default")
