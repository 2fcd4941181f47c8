"""Write docs/policies.md and the schema of the level files from the rules themselves.

python -m policies.guard.document            writes them
python -m policies.guard.document --check    exits 1 when one is not current
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from . import waivers
from .levels import ALL, CHOICES, LEVEL
from .pack import POLICIES
from .rules import Policy

DOCS: Final = Path(__file__).resolve().parents[2] / "docs"
HEAD: Final = """\
<!-- Generated from policies/guard by `python -m policies.guard.document`; do not edit. -->
# Policies

Every preview and every `up` of a stack is judged by these rules: `pulumi preview --policy-pack policies/run`;
`slipway policy` judges every stack, or a state, and writes a report. A message says what is wrong and where, why that
matters and what to do. It never holds a value, since any input may be a secret.

| no. | rule | severity | level | what holds | why | what to do | judges | known elsewhere as |
|---|---|---|---|---|---|---|---|---|
"""
LEVELS_EXAMPLE: Final = """
```json
{
  "all": "mandatory",
  "image_comes_from_a_known_registry": {
    "registries": ["docker.io", "quay.io", "registry.example.com"]
  }
}
```
"""
WAIVER_EXAMPLE: Final = """
```yaml
- rule: container_has_a_read_only_root
  resource: production/shop-web
  reason: The image writes its cache beside the program until release 4.
  expires: 2027-01-31
- rule: environment_is_released_by_somebody
  resource: production/shop-production
  reason: The plan team has no reviewers for private repositories; only tags go there.
  permit: reviewed
  owner: ops@example.com
```
"""
TAIL: Final = f"""
An input that is not known before `up` cannot be judged. Where it could have been written as a plain value that counts
as a violation: a rule that waits for `up` would pass the pull request and stop the release half-way. Where it comes
from another resource the preview says so, and `up` judges it. A rule that raises counts as violated.

## Levels and settings
`policies/levels/<stack>.json` sets another level for one stack, under the rule's name or, for all rules it does not
name, under `{ALL}`: `mandatory`, `advisory` (shown, stops nothing) or `disabled`. A rule with settings is told them
there. The whole file of a production stack with a registry of its own, `policies/levels/production.json`:
{LEVELS_EXAMPLE}
A list takes the place of the default: repeat what you still need of it. The schema is
[policy-levels.schema.json](policy-levels.schema.json). The pack finds the file by the name of the stack;
`--policy-pack-config` wins over it for one run. Pulumi drops unknown names in that file before the pack sees them.

| rule | setting | what it is | default |
|---|---|---|---|
"""
WAIVERS: Final = f"""
## Waivers
`policies/waivers.yaml` is a list; each entry excuses one resource from one rule until a day:
{WAIVER_EXAMPLE}
`resource` is the name the preview shows, without the eight letters a release adds to it; `<stack>/<name>` excuses it
in one stack alone. One for a service holds for its migration and its jobs, too.
The reason has at least {waivers.SHORTEST_REASON} characters, the day is at most
{waivers.LONGEST.days} days ahead and counts itself. What a product really needs has `permit: {waivers.REVIEWED}` and an
`owner`, who answers for it, in the place of a day.

What is excused stays in every preview and report as an advisory, with its terms. `{waivers.POLICY.name}` refuses an
entry that is out of date, that names no rule or one that cannot be waived, or that nothing needs any more.
Rules that cannot be waived: {", ".join(f"`{policy.name}`" for policy in POLICIES if not policy.waivable)}.
"""


def document() -> str:
    """Return the text of docs/policies.md."""
    return HEAD + "".join(map(_row, POLICIES)) + TAIL + "".join(_settings()) + WAIVERS


def schema() -> str:
    """Return the JSON Schema of a level file."""
    level = {"enum": list(CHOICES)}
    rules = {policy.name: _entry(policy, level) for policy in POLICIES}
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "policies/levels/<stack>.json",
        "type": "object",
        "additionalProperties": False,
        "properties": {ALL: {**level, "description": "Level of every rule that is not named."}, **rules},
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


TARGETS: Final[Mapping[Path, Callable[[], str]]] = {
    DOCS / "policies.md": document,
    DOCS / "policy-levels.schema.json": schema,
}


def main(arguments: list[str]) -> int:
    """Write or check the files and return the exit code."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write("usage: python -m policies.guard.document [--check]\n")
        return 2
    for path, text in TARGETS.items():
        if not arguments:
            path.write_text(text(), encoding="utf-8")
        elif not path.is_file() or path.read_text(encoding="utf-8") != text():
            sys.stderr.write(f"docs/{path.name} is not current: run `python -m policies.guard.document`.\n")
            return 1
    return 0


def _row(policy: Policy) -> str:
    judged = ", ".join(
        kind if kind.startswith(("host:", "slipway:")) else kind.rsplit(":", 1)[-1] for kind in policy.on
    )
    return _cells(
        policy.number,
        f"`{policy.name}`",
        policy.severity.value,
        policy.level.value,
        policy.description,
        policy.reason,
        policy.remedy,
        judged,
        ", ".join(policy.sources),
    )


def _settings() -> Iterator[str]:
    for policy in POLICIES:
        for name, setting in policy.settings.items():
            default = ", ".join(f"`{item}`" for item in setting.default) or "none"
            yield _cells(f"`{policy.name}`", f"`{name}`", setting.description, default)


def _entry(policy: Policy, level: Mapping[str, Any]) -> Mapping[str, Any]:
    told = {LEVEL: level, **{name: setting.schema() for name, setting in policy.settings.items()}}
    whole = {"type": "object", "additionalProperties": False, "properties": told}
    return {"description": policy.description, "anyOf": [level, whole]}


def _cells(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
