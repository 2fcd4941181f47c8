"""The plugins under test, a tiny image, and a clean machine afterwards."""

import os
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.host.plugin.serving import start
from tests.lab.engine import ensure_engine
from tests.lab.plugins.docker.provider import Docker
from tests.lab.plugins.install import MARKER
from tests.lab.plugins.random.provider import Random
from tests.plugin.standins.client import Client
from tests.tiers import unavailable
from tools.command import SetupError

DOCKER_HOST = "unix:///var/run/docker.sock"
_VENDOR_FOLDERS = {
    "docker": "resource-docker-v5.1.0",
    "github": "resource-github-v6.15.0",
    "random": "resource-random-v4.21.4",
}


def _vendor_folder(package: str) -> Path:
    return Path(os.environ.get("PULUMI_HOME", ""), "plugins", _VENDOR_FOLDERS[package])


def makers(package: str) -> list[str]:
    """Return whose plugins there are to test: the vendor's too where it is installed in PULUMI_HOME."""
    folder = _vendor_folder(package)
    has_vendor = (folder / f"pulumi-resource-{package}").exists() and not (folder / MARKER).exists()
    return ["standin", "vendor"] if has_vendor else ["standin"]


def docker(*arguments: str, missing_is_fine: bool = False) -> str:
    """Run Docker's own client, which the stand-in is measured by."""
    result = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=not missing_is_fine)
    return result.stdout.strip()


@pytest.fixture(scope="session")
def daemon() -> str:
    """Return the address of the local Docker daemon, which is started where that may be."""
    try:
        ensure_engine()
    except SetupError as error:
        unavailable(str(error))
    return DOCKER_HOST


@pytest.fixture(scope="session")
def image(daemon: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return an image of a single static busybox, made for this run."""
    assert daemon
    root = tmp_path_factory.mktemp("image")
    shell = _busybox(tmp_path_factory.mktemp("package"))
    for folder in ("bin", "tmp", "data"):
        (root / folder).mkdir()
    shutil.copy(shell, root / "bin" / "busybox")
    for name in ("sh", "sleep", "true", "false", "cat", "echo", "stat"):
        (root / "bin" / name).symlink_to("busybox")
    archive = root.with_suffix(".tar")
    subprocess.run(["tar", "--directory", root, "--create", "--file", archive, "."], check=True)
    reference = f"slipway-standin-test:{uuid.uuid4().hex[:12]}"
    docker("import", str(archive), reference)
    yield reference
    docker("image", "rm", "--force", reference)


@pytest.fixture
def name(daemon: str) -> Iterator[Callable[[str], str]]:
    """Return a maker of names; everything on the daemon that begins with one is removed afterwards."""
    assert daemon
    prefix = f"standin-test-{uuid.uuid4().hex[:8]}"
    yield lambda suffix: f"{prefix}-{suffix}"
    for listing, removal in (
        (("ps", "--all"), ("rm", "--force", "--volumes")),
        (("network", "ls"), ("network", "rm")),
        (("volume", "ls"), ("volume", "rm", "--force")),
    ):
        if found := docker(*listing, "--quiet", "--filter", f"name={prefix}").split():
            docker(*removal, *found)


@pytest.fixture(scope="session")
def standin(daemon: str) -> Iterator[Client]:
    """Return the stand-in for docker, on the local daemon."""
    yield from _serve_docker(daemon)


@pytest.fixture(scope="session", params=makers("docker"))
def plugin(request: pytest.FixtureRequest, daemon: str) -> Iterator[Client]:
    """Return the stand-in for docker, then the vendor's plugin where it is installed."""
    if request.param == "standin":
        yield from _serve_docker(daemon)
    else:
        yield from serve_vendor("docker", {"host": daemon})


@pytest.fixture(scope="session", params=makers("random"))
def random_plugin(request: pytest.FixtureRequest) -> Iterator[Client]:
    """Return the stand-in for random, then the vendor's plugin where it is installed."""
    if request.param == "vendor":
        yield from serve_vendor("random", {})
        return
    server, port = start(Random())
    client = Client("random", port, {})
    yield client
    client.close()
    server.stop(None).wait()


def _serve_docker(daemon: str) -> Iterator[Client]:
    provider = Docker()
    server, port = start(provider)
    client = Client("docker", port, {"host": daemon})
    yield client
    client.close()
    server.stop(None).wait()
    provider.close()


def serve_vendor(package: str, config: dict[str, str]) -> Iterator[Client]:
    """Yield the vendor's plugin."""
    executable = _vendor_folder(package) / f"pulumi-resource-{package}"
    # The last argument is the engine's address: nobody listens there, so that the plugin logs to nobody.
    with subprocess.Popen([executable, "127.0.0.1:9"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        client = Client(package, int(process.stdout.readline()), config)
        yield client
        client.close()
        process.terminate()


def _busybox(folder: Path) -> Path:
    """Return a busybox that needs no libraries: the machine's, else the one of Debian's package."""
    installed = shutil.which("busybox")
    if installed and subprocess.run(["ldd", installed], capture_output=True, check=False).returncode:
        return Path(installed)
    fetch = subprocess.run(["apt-get", "download", "busybox-static"], cwd=folder, capture_output=True, check=False)
    packages = list(folder.glob("*.deb"))
    if fetch.returncode or not packages:
        unavailable("no static busybox: install Debian's package busybox-static")
    subprocess.run(["dpkg-deb", "--extract", packages[0], folder], check=True)
    return next(path for path in folder.glob("**/bin/busybox"))
