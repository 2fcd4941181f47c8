"""GitHub's own description of its interface, which the stand-in and those who use it are held to."""

import json
import re
import tarfile
from collections.abc import Iterator, Mapping
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft4Validator

from tests.github_standin.world import Answer
from tests.tiers import unavailable
from tools.command import SetupError, run
from tools.paths import CACHE

PACKAGE: Final = "@octokit/openapi@23.0.2"
FILE: Final = "package/generated/api.github.com.json"
UNDOCUMENTED: Final = frozenset({"can_admins_bypass"})
"""What GitHub takes and gives without saying so; the vendor's plugin sends it too."""

REFUSAL: Final = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/basic-error"}}}}
"""What GitHub answers to a request that it refuses, also where that is not described."""


class Description:
    """The description, path by path."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    @cached_property
    def _routes(self) -> list[tuple[re.Pattern[str], Mapping[str, Any]]]:
        """Paths as patterns; those with fewer placeholders come first."""
        paths = sorted(self._document["paths"].items(), key=lambda item: item[0].count("{"))
        return [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), methods) for path, methods in paths]

    def complaints(self, answer: Answer) -> Iterator[str]:
        """Yield where a request or its answer is not as it is described."""
        call = answer.call
        where = f"{call.method} {call.path}"
        operation = self._operation(call.method.lower(), call.path)
        if operation is None:
            yield f"{where}: there is no such path"
            return
        if call.content is not None:
            body = self._resolved(operation.get("requestBody", {}))
            yield from self._judge(f"{where}, sent", body, _without(call.content))
        described = operation["responses"].get(str(answer.status))
        if described is None:
            yield f"{where}: no answer has status {answer.status}"
        elif answer.body is not None:
            form = self._resolved(described)
            is_refusal = answer.status >= HTTPStatus.BAD_REQUEST and "content" not in form
            yield from self._judge(f"{where}, answered", REFUSAL if is_refusal else form, answer.body)

    def _operation(self, method: str, path: str) -> Mapping[str, Any] | None:
        for pattern, methods in self._routes:
            if pattern.fullmatch(path) and method in methods:
                operation: Mapping[str, Any] = methods[method]
                return operation
        return None

    def _resolved(self, part: Mapping[str, Any]) -> Mapping[str, Any]:
        if "$ref" not in part:
            return part
        found: Any = self._document
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        resolved: Mapping[str, Any] = found
        return resolved

    def _judge(self, where: str, described: Mapping[str, Any], content: object) -> Iterator[str]:
        schema = described.get("content", {}).get("application/json", {}).get("schema")
        if schema is None:
            if content not in (None, {}):
                yield f"{where}: nothing belongs here"
            return
        whole = {**schema, "components": self._document["components"]}
        for error in Draft4Validator(whole).iter_errors(content):
            place = ".".join(map(str, error.absolute_path))
            yield f"{where}: {place}: {error.message[:200]}"


def description() -> Description:
    """Return the description, from npm's registry the first time; skip the test where it cannot be had."""
    path = CACHE / "openapi" / PACKAGE.rpartition("@")[2] / "api.json"
    if not path.exists():
        _download(path)
    return Description(_nullable(json.loads(path.read_text(encoding="utf-8"))))


def _download(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        archive = run("npm", "pack", "--silent", PACKAGE, folder=path.parent).strip().splitlines()[-1]
    except SetupError as error:
        unavailable(f"GitHub's description of its interface cannot be had: {error}")
    with tarfile.open(path.parent / archive) as packed:
        member = packed.extractfile(FILE)
        assert member is not None, f"{FILE} is no file"
        path.write_bytes(member.read())
    (path.parent / archive).unlink()


def _without(content: object) -> object:
    """Return what is sent, but for what is undocumented."""
    if not isinstance(content, dict):
        return content
    return {name: value for name, value in content.items() if name not in UNDOCUMENTED}


def _nullable(part: Any) -> Any:
    """Return a description with `nullable` as JSON Schema has it."""
    if isinstance(part, list):
        return [_nullable(each) for each in part]
    if not isinstance(part, dict):
        return part
    changed = {name: _nullable(each) for name, each in part.items() if name not in {"example", "examples"}}
    if part.get("nullable") is True:
        return {"anyOf": [{"type": "null"}, changed]}
    return changed
