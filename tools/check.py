"""`make check`: everything that can be judged without running it."""

import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools.command import SetupError, run
from tools.paths import PROJECT

SHELL = re.compile(rb"#!/(usr/)?bin/(env )?(ba)?sh\b")
PUT_OFF = re.compile(r"\b(TODO|FIXME|XXX)\b|type: ?ignore|# ?noqa")
"""Work that was put off, and mistakes that were silenced."""
READ_BY_PEOPLE = frozenset({".py", ".sh", ".md", ".yaml", ".toml", ""})
"""Endings of the files that are searched for such words."""
SHOP = Path("tests/lab/images/shop")
"""Root of the sample product's own code: its modules are named from here."""
PROGRAM = ("__main__.py", "infra", "stacks", "policies", "tests", "tools")
THIS_FILE = Path("tools/check.py")
ZIZMOR = ("--offline", "--persona", "auditor", "--strict-collection", "--no-progress", "--color", "never", "--quiet")
PARALLEL = 2

Check = Callable[[], object]


def main() -> int:
    """Run all checks and print how each ended; return the exit code."""
    checks: Mapping[str, Check] = {
        "types": lambda: _run("mypy", "--exclude", f"^{SHOP}/", *PROGRAM),
        "types of the sample product": lambda: _run("mypy", str(SHOP / "shop"), MYPYPATH=str(SHOP)),
        "lint": lambda: _run("ruff", "check", "."),
        "format": lambda: _run("ruff", "format", "--check", "."),
        "shell scripts": lambda: _run("shellcheck", *map(str, shell_scripts(_files()))),
        **checks_of_workflows(PROJECT),
        "generated files are current": lambda: _run("python", "-m", "infra.config.schema", "--check"),
        "table of compose keys is current": lambda: _run("python", "-m", "tools.compose_table", "--check"),
        "table of policies is current": lambda: _run("python", "-m", "policies.guard.document", "--check"),
        "dashboards are current": lambda: _run("python", "-m", "infra.monitoring.dashboards", "--check"),
        "nothing put off or silenced": lambda: refuse_put_off(_files()),
    }
    with ThreadPoolExecutor(PARALLEL) as pool:
        failures = list(pool.map(_failure, checks.values()))
    for title, failure in zip(checks, failures, strict=True):
        sys.stdout.write(f"FAILED  {title}\n{failure}\n" if failure else f"ok      {title}\n")
    return 1 if any(failures) else 0


def checks_of_workflows(project: Path) -> Mapping[str, Check]:
    """Return the checks of what GitHub reads from a project."""
    folder = Path(".github")
    workflows = [str(folder / "workflows" / path.name) for path in sorted((project / folder / "workflows").iterdir())]

    def judge(*command: str) -> Check:
        return lambda: run(*command, environment=os.environ, folder=project)

    return {
        "workflows": judge("actionlint", "-no-color", "-shellcheck", "shellcheck"),
        "security of the workflows": judge("zizmor", *ZIZMOR, str(folder)),
        "schema of the workflows": judge("check-jsonschema", *_schema("github-workflows"), *workflows),
        "schema of the updates": judge("check-jsonschema", *_schema("dependabot"), str(folder / "dependabot.yml")),
    }


def shell_scripts(files: Sequence[Path]) -> Sequence[Path]:
    """Pick the files that a shell runs."""
    return [path for path in files if SHELL.match(path.read_bytes()[:64])]


def refuse_put_off(files: Sequence[Path]) -> None:
    """Refuse words by which work is put off or a mistake is silenced.

    Raises:
        SetupError: There are some; each is named by file and line.
    """
    found = [
        f"{path}:{number}: {line.strip()}"
        for path in files
        if path.suffix in READ_BY_PEOPLE and path != THIS_FILE
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1)
        if PUT_OFF.search(line)
    ]
    if found:
        raise SetupError("\n".join(found))


def _schema(name: str) -> Sequence[str]:
    """Return the options for a schema that the checker brings along."""
    return ("--builtin-schema", f"vendor.{name}")


def _files() -> Sequence[Path]:
    """List the project's own files, as git sees them."""
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", folder=PROJECT)
    paths = (Path(name) for name in listed.split("\0") if name)
    return [path for path in paths if (PROJECT / path).is_file()]


def _run(*command: str, **variables: str) -> str:
    return run(*command, environment={**os.environ, **variables}, folder=PROJECT)


def _failure(check: Check) -> str:
    """Run a check; return what it found, or nothing."""
    try:
        check()
    except SetupError as error:
        return str(error)
    return ""


if __name__ == "__main__":
    sys.exit(main())
