"""Pulumi's CLI and its Python language host: the machine's when new enough, else built from their Go modules."""

import filecmp
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tools.command import SetupError, run
from tools.go_toolchain import MODULES, ensure_go
from tools.paths import BIN, BUILDING, SHARED
from tools.progress import say, step
from tools.requirements import least_cli
from tools.stamps import digest

EXEC = "pulumi-language-python-exec"
"""Script by which the language host starts a program; it comes with the CLI's own version of the SDK."""
PROGRAMS = ("pulumi", "pulumi-language-python", EXEC)
VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
FEATURES = "osusergo,grpcnotrace"


def find_or_build() -> Path | None:
    """Find a CLI on this machine that is new enough, or build one; return the folder of a built one."""
    if found := _machines_own():
        say(f"Pulumi is {found}")
        return None
    built = SHARED / f"pulumi-{digest([MODULES], least_cli(), FEATURES)[:16]}"
    if not built.is_dir():
        _build(built)
    return built


def put_on_path(built: Path | None) -> None:
    """Put what was built into the virtual environment; what was built before goes when the machine's own is used."""
    for program in PROGRAMS:
        if built is None:
            (BIN / program).unlink(missing_ok=True)
        else:
            _place(built / program, BIN / program)


def _machines_own() -> str | None:
    """Find a CLI on PATH that is new enough and has its language host beside it."""
    found = shutil.which("pulumi")
    if found is None or not Path(found).resolve().with_name("pulumi-language-python").exists():
        return None
    try:
        version = run(found, "version", timeout=30).strip().removeprefix("v")
    except SetupError:
        return None
    numbers, least = (_numbers(text) for text in (version, least_cli()))
    return found if numbers[:1] == least[:1] and numbers >= least else None


def _numbers(version: str) -> list[int]:
    """Read the numbers of a version; a pre-release counts as older than everything."""
    parts = version.partition("+")[0].split(".")
    return [int(part) for part in parts] if all(part.isdecimal() for part in parts) else []


def _build(target: Path) -> None:
    """Build the programs aside and move them into place together."""
    say("Pulumi's CLI is not on this machine and is built from source: 4 to 7 minutes on two cores, once")
    output = BUILDING / "programs"
    output.mkdir(parents=True, exist_ok=True)
    go, environment = ensure_go(), _build_environment()
    version = f"-X {VERSION_VARIABLE}=v{least_cli()}"
    packages = {
        "pulumi": ("github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", f"-s -w {version}"),
        "pulumi-language-python": ("github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python", "-s -w"),
    }
    for program, (package, flags) in packages.items():
        folder = MODULES / program.removeprefix("pulumi-")
        with step(f"Downloading and compiling {program}"):
            options = ("-trimpath", "-tags", FEATURES, "-ldflags", flags, "-o", str(output / program))
            _go(go, "build", *options, package, environment=environment, folder=folder)
    sdk = ("list", "-m", "-f", "{{.Dir}}", "github.com/pulumi/pulumi/sdk/v3")
    modules = Path(_go(go, *sdk, environment=environment, folder=MODULES / "pulumi").strip())
    shutil.copyfile(modules / "python" / "cmd" / EXEC, output / EXEC)
    (output / EXEC).chmod(0o755)
    _check_version(output / "pulumi")
    _keep(output, target)


def _keep(output: Path, target: Path) -> None:
    """Move what was built to where every checkout finds it, whole or not at all."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # Perhaps another file system, and another checkout may have built the same meanwhile.
        with tempfile.TemporaryDirectory(prefix=".part-", dir=target.parent) as folder:
            part = shutil.copytree(output, Path(folder) / target.name)
            if not target.is_dir():
                part.replace(target)
    except OSError as error:
        message = f"{error}\nThe CLI that was built is kept in {target.parent}; XDG_CACHE_HOME names another folder."
        raise SetupError(message) from None


def _build_environment() -> Mapping[str, str]:
    """Return what Go builds under: caches of its own, gigabytes that are deleted afterwards."""
    return {
        **os.environ,
        "GOMODCACHE": str(BUILDING / "modules"),
        "GOCACHE": str(BUILDING / "objects"),
        # The sums in the project decide; another toolchain is never fetched; the cache can be deleted.
        "GOFLAGS": "-mod=readonly -modcacherw",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "CGO_ENABLED": "0",
        # Measured on the language host: a fifth less work for a third more memory.
        "GOGC": "400",
    }


def _go(go: str, *arguments: str, environment: Mapping[str, str], folder: Path) -> str:
    try:
        return run(go, *arguments, environment=environment, folder=folder)
    except SetupError as error:
        message = (
            f"{error}\nBuilding Pulumi's CLI needs the Go module proxy and 3.5 GB of room in {BUILDING}. "
            f"Or install Pulumi {least_cli()} or newer yourself; then nothing is built."
        )
        raise SetupError(message) from None


def _check_version(program: Path) -> None:
    """Refuse a CLI without its version stamp: it would not check what the project asks for."""
    version = run(str(program), "version", timeout=60).strip()
    if version != f"v{least_cli()}":
        message = f"The CLI that was built calls itself {version}, not v{least_cli()}."
        raise SetupError(message)


def _place(source: Path, target: Path) -> None:
    """Put a program into the virtual environment as a file of its own, not a symbolic link."""
    if target.exists() and filecmp.cmp(source, target):
        return
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    shutil.copy2(source, part)
    part.replace(target)
