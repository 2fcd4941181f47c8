"""Write docs/policies.md, the table of rules, from the rules themselves.

python -m policies.guard.document            writes the file
python -m policies.guard.document --check    exits 1 when it is not current
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from . import waivers
from .pack import RULES

TARGET: Final = Path(__file__).resolve().parents[2] / "docs" / "policies.md"
HEAD: Final = """\
<!-- Generated from policies/guard by `python -m policies.guard.document`; do not edit. -->
# Policies

Every preview and every `up` of a stack is judged by these rules: `pulumi preview --policy-pack policies/run`. A message
says what is wrong and where, why that matters and what to do. It never holds a value, since any input may be a secret.

| rule | severity | what holds | why | what to do | judges |
|---|---|---|---|---|---|
"""
TAIL: Final = f"""
An input that is not known before `up` cannot be judged and counts as a violation: a rule that waits for `up` would pass
the pull request and stop the release half-way. Write such inputs as plain values.

## Levels
Every rule is mandatory. `policies/levels/<stack>.json` sets another level for one stack, under the rule's name or, for
all rules it does not name, under `all`: `mandatory`, `advisory` (shown, stops nothing) or `disabled`. The pack finds
the file by the name of the stack; `--policy-pack-config` wins over it for one run.

## Waivers
`policies/waivers.yaml` excuses one resource from one rule until a day: `{{rule, resource, reason, expires}}`.
`resource` is the name the preview shows, without the eight letters a release adds to it; `<stack>/<name>` excuses it
in one stack alone. The reason has at least {waivers.SHORTEST_REASON} characters, the day is at most
{waivers.LONGEST.days} days ahead and counts itself.

What is excused stays in every preview as an advisory, with day and reason. `{waivers.POLICY}` refuses an entry that is
out of date, that names no rule, or that nothing needs any more.
"""


def document() -> str:
    """Return the text of docs/policies.md."""
    return HEAD + "".join(_rows()) + TAIL


def main(arguments: list[str]) -> int:
    """Write or check the file and return the exit code."""
    if arguments == ["--check"]:
        if TARGET.is_file() and TARGET.read_text(encoding="utf-8") == document():
            return 0
        sys.stderr.write("docs/policies.md is not current: run `python -m policies.guard.document`.\n")
        return 1
    if arguments:
        sys.stderr.write("usage: python -m policies.guard.document [--check]\n")
        return 2
    TARGET.write_text(document(), encoding="utf-8")
    return 0


def _rows() -> Iterator[str]:
    for rule in RULES:
        judged = ", ".join(kind.rsplit(":", 1)[-1] if kind.startswith("docker:") else kind for kind in rule.on)
        yield _row(f"`{rule.name}`", rule.severity.value, rule.description, rule.reason, rule.remedy, judged)
    yield _row(f"`{waivers.POLICY}`", "high", waivers.DESCRIPTION, waivers.REASON, waivers.REMEDY, "the stack")


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
