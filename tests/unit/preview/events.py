"""Events of the engine as a preview tells them, for tests."""

from collections.abc import Mapping
from typing import Any

from infra.cli.events import Event
from policies.guard.message import Message

SEALED = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "[secret]"}
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
CONTAINER = "docker:index/container:Container"
VOLUME = "docker:index/volume:Volume"
FILE = "host:index:File"
READY = "host:index:Ready"
ROUTE = "host:index:Route"
MIGRATION = "host:index:Migration"
SUMMARY: Event = {"summaryEvent": {"result": "succeeded", "isPreview": True}}
SAID = Message(rule="Containers have a limit.", sentence="`memory` is not set.", reason="R.", remedy="Set `memory`.")

Inputs = Mapping[str, Any]


def urn(type_: str, name: str, stack: str = "dev") -> str:
    """Return the name of a resource of a service."""
    return f"urn:pulumi:{stack}::slipway::slipway:services:Service${type_}::{name}"


def step(word: str, type_: str, name: str, old: Inputs | None = None, new: Inputs | None = None, **more: Any) -> Event:
    """Return the event by which the engine comes to a resource."""
    sides = {
        side: None if inputs is None else {"inputs": inputs, "protect": more.get("protect", False)}
        for side, inputs in (("old", old), ("new", new))
    }
    metadata = {"op": word, "urn": urn(type_, name), "type": type_, **sides, "detailedDiff": more.get("detailed")}
    return {"resourcePreEvent": {"metadata": metadata, "planning": True}}


def created(type_: str, name: str, /, **inputs: Any) -> Event:
    """Return the event of a resource that is made."""
    return step("create", type_, name, new=inputs)


def updated(type_: str, name: str, old: Inputs, new: Inputs, **more: Any) -> Event:
    """Return the event of a resource that is changed in place."""
    return step("update", type_, name, old, new, **more)


def outputs(word: str, type_: str, name: str, /, **known: Any) -> Event:
    """Return the event by which the engine is done with a resource."""
    metadata = {"op": word, "urn": urn(type_, name), "type": type_, "new": {"outputs": known}}
    return {"resOutputsEvent": {"metadata": metadata}}


def error(message: str) -> Event:
    """Return the event of something that went wrong."""
    return {"diagnosticEvent": {"severity": "error", "message": f"{message}\n"}}


def finding(level: str = "mandatory", resource: str = "shop-web-0a1b2c3d", rule: str = "a_rule") -> Event:
    """Return the event of a broken rule."""
    return {
        "policyEvent": {
            "resourceUrn": urn(CONTAINER, resource),
            "message": str(SAID),
            "policyName": rule,
            "enforcementLevel": level,
            "severity": "high",
        }
    }
