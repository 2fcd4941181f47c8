"""`docs/stack.schema.json` for editors and `docs/configuration.md` for people: `python -m infra.config.schema`."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from infra.config.reference import reference
from infra.config.section import CONFIG_SECRET_NAME
from infra.config.stack_file import ENGINE_NAMESPACE, NAMESPACE, SECRET_PREFIX, StackFile

_CHECK = "--check"
_TEXT = {"type": "string"}
_WRITTEN_BY_PULUMI = {
    "encryptionsalt": {**_TEXT, "description": "Written by Pulumi: belongs to the passphrase."},
    "encryptedkey": {**_TEXT, "description": "Written by Pulumi: the data key, encrypted by a KMS."},
    "secretsprovider": {**_TEXT, "description": "Written by Pulumi: what encrypts the stack's secrets."},
}
_NO_DEFAULT_PROVIDERS = {
    "description": '`["*"]`: no provider takes its settings from the machine it runs on.',
    "const": ["*"],
}
_ENCRYPTED = {
    "type": "object",
    "description": f"A secret, set by `pulumi config set --secret {SECRET_PREFIX}<name>`.",
    "properties": {"secure": _TEXT},
    "required": ["secure"],
    "additionalProperties": False,
}


class _Generator(GenerateJsonSchema):
    """Gives a title to named values only: one made of the key would say it twice."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Leave keys without a title."""
        del schema
        return False


def stack_schema() -> dict[str, Any]:
    """Return the JSON Schema of a whole `Pulumi.<stack>.yaml`."""
    sections = StackFile.model_json_schema(schema_generator=_Generator)
    name = CONFIG_SECRET_NAME.pattern.removeprefix("^")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Stack file of Slipway",
        "type": "object",
        "properties": {
            "config": {
                "type": "object",
                "description": "What this stack consists of.",
                "properties": {
                    f"{ENGINE_NAMESPACE}:disable-default-providers": _NO_DEFAULT_PROVIDERS,
                    **{f"{NAMESPACE}:{key}": _tidy(value) for key, value in sections["properties"].items()},
                },
                "patternProperties": {f"^{SECRET_PREFIX}{name}": _ENCRYPTED, f"^{ENGINE_NAMESPACE}:": {}},
                "required": [f"{NAMESPACE}:{key}" for key in sections["required"]],
                "additionalProperties": False,
            },
            **_WRITTEN_BY_PULUMI,
        },
        "required": ["config"],
        "additionalProperties": False,
        "$defs": _tidy(sections["$defs"]),
    }


def documents() -> Mapping[str, str]:
    """Return the text of every generated document, by path below `docs`."""
    return {
        "stack.schema.json": json.dumps(stack_schema(), indent=2, ensure_ascii=False) + "\n",
        "configuration.md": reference(),
    }


def main(arguments: Sequence[str], folder: Path) -> int:
    """Write the documents, or only say which ones are out of date; return the exit code."""
    if set(arguments) - {_CHECK}:
        sys.stderr.write(f"usage: python -m infra.config.schema [{_CHECK}]\n")
        return 2
    stale = [name for name, text in documents().items() if _content(folder / name) != text]
    for name in stale:
        if _CHECK in arguments:
            sys.stderr.write(f"docs/{name} is out of date: run `python -m infra.config.schema`\n")
        else:
            (folder / name).write_text(documents()[name], encoding="utf-8")
    return 1 if stale and _CHECK in arguments else 0


def _content(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def _tidy(schema: Any) -> Any:
    """Leave out what tells an editor's user nothing: that an optional key may be null."""
    if isinstance(schema, list):
        return [_tidy(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    alternatives = [branch for branch in schema.get("anyOf", []) if branch != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    if len(alternatives) == 1:
        rest = {**alternatives[0], **rest}
    elif alternatives:
        rest["anyOf"] = alternatives
    if rest.get("default", "") is None:
        del rest["default"]
    return {key: _tidy(value) for key, value in rest.items()}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Path(__file__).parents[2] / "docs"))
