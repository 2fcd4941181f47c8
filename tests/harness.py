"""`render(program)`: what a program registers, as plain data, without an engine."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec

import pulumi
import pytest
from pulumi.runtime import mocks, rpc, settings

from stacks.messages import leave_out_debugging


@dataclass(frozen=True, kw_only=True, slots=True)
class Registered:
    """A resource as the engine would get it."""

    type: str
    name: str
    urn: str
    inputs: Mapping[str, Any]
    """CamelCase names; secrets unwrapped."""
    secrets: frozenset[str]
    """Inputs that arrive as secrets."""
    parent: str
    """Name of the parent, empty for the stack."""
    dependencies: frozenset[str]
    """Names of the resources it waits for."""
    protect: bool
    retain_on_delete: bool
    ignore_changes: tuple[str, ...]
    hooks: tuple[str, ...]
    """Names of its `before_create` hooks."""


P = ParamSpec("P")


class _Echo(mocks.Mocks):
    """Answers every registration with its inputs and calls with nothing."""

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        return f"{args.name}-id", {"result": f"{args.name}-value", **args.inputs}

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], None]:
        return dict(args.args), None


class _Hooks:
    """Stands where the engine would learn of hooks: none of them runs here."""

    def register_resource_hook(self, hook: pulumi.ResourceHook) -> None:
        """Take note of a hook."""


class _Recorder(mocks.MockMonitor):
    """Keeps what is registered, options included."""

    def __init__(self) -> None:
        super().__init__(_Echo())
        self.registered: list[Registered] = []

    def RegisterResource(self, request: Any) -> Any:
        answer = mocks.MockMonitor.RegisterResource(self, request)
        inputs = rpc.deserialize_properties(request.object, keep_unknowns=True)
        self.registered.append(
            Registered(
                type=request.type,
                name=request.name,
                urn=answer.urn,
                inputs={name: rpc.unwrap_rpc_secret(value) for name, value in inputs.items()},
                secrets=frozenset(name for name, value in inputs.items() if rpc.is_rpc_secret(value)),
                parent=_name(request.parent),
                dependencies=frozenset(_name(urn) for urn in request.dependencies),
                protect=request.protect,
                retain_on_delete=request.retainOnDelete,
                ignore_changes=tuple(request.ignoreChanges),
                hooks=tuple(request.hooks.before_create),
            )
        )
        return answer


def render(program: Callable[[], object], *, stack: str = "dev", preview: bool = False) -> list[Registered]:
    """Run a program and return the resources it registers, in order."""
    recorder = _Recorder()
    mocks.set_mocks(_Echo(), project="slipway", stack=stack, preview=preview, monitor=recorder)

    settings.SETTINGS.callbacks = _Hooks()

    def body() -> None:
        leave_out_debugging()
        program()

    with pytest.MonkeyPatch.context() as patch:
        # Pulumi notes down the stack for every resource: as deep as pytest's, it takes more time than all the rest.
        patch.setattr(sys, "tracebacklimit", 1, raising=False)
        pulumi.runtime.test(body)()
    return [resource for resource in recorder.registered if resource.type != "pulumi:pulumi:Stack"]


def rendered_once(rendering: Callable[P, list[Registered]]) -> Callable[P, list[Registered]]:
    """Render once for all tests that give the same arguments, which are plain data and left as they are."""
    known: dict[str, list[Registered]] = {}

    @wraps(rendering)
    def once(*args: P.args, **kwargs: P.kwargs) -> list[Registered]:
        written = repr((args, kwargs))
        assert " at 0x" not in written, "an argument is no plain data"
        if written not in known:
            known[written] = rendering(*args, **kwargs)
        return known[written]

    return once


def one(registered: list[Registered], kind: str, name: str | None = None) -> Registered:
    """Return the one resource whose type ends so, and whose name is this when one is given."""
    found = [each for each in registered if each.type.endswith(kind) and name in {None, each.name}]
    assert len(found) == 1, f"{len(found)} resources of {kind} {name or ''}: {[each.name for each in registered]}"
    return found[0]


def _name(urn: str) -> str:
    parts = urn.split("::")
    return parts[3] if len(parts) > 3 and not parts[2].endswith("pulumi:Stack") else ""
