"""The lab, shared by all tests of this folder: two servers, brought up once."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.lab import paths, topology
from tests.lab.catalogue import first_releases
from tests.lab.engine import ensure_engine
from tests.lab.server import LabServer
from tests.lab.stack import ROOT, Stack
from tests.tiers import unavailable
from tools.command import SetupError

Images = Mapping[str, Mapping[str, str]]
"""Name → release → image by digest, as the lab built them."""
FORGET_ORDERS = "docker exec --user postgres {}-shop-db psql -q -d shop -c 'TRUNCATE orders' >/dev/null 2>&1 || true"
"""The shop lists all it has: after some runs in one lab that is more than its memory. There may be no shop yet."""


@pytest.fixture(scope="session")
def images() -> Images:
    """Bring the lab up, or mend it; return the images in its registry."""
    try:
        ensure_engine()
    except SetupError as error:
        unavailable(str(error))
    subprocess.run([sys.executable, "-m", "tests.lab", "up"], cwd=ROOT, check=True)
    found: Images = json.loads(paths.IMAGES.read_text())
    return found


class Workshop:
    """A lab stack whose release file and configuration a test may change."""

    def __init__(self, name: str, folder: Path, images: Images) -> None:
        self.images = images
        self.folder = folder
        self.stack = Stack(name, folder)
        self._yaml = YAML()
        self._begin()

    def _begin(self) -> None:
        """Write the release files that all begins with, whatever somebody has released in the lab since."""
        for server in topology.SERVERS:
            text = first_releases(server.stack, self.images)
            (self.folder / f"{server.stack}.yaml").write_text(text, encoding="utf-8")

    def release(self, service: str, release: str, *, product: str = "shop", image: str | None = None) -> None:
        """Write the digest of one of the lab's images into the release file."""
        self.write(service, self.images[image or service][release], product=product)

    def write(self, service: str, image: str, *, product: str = "shop") -> None:
        """Write an image into the release file."""
        path = self.folder / f"{self.stack.name}.yaml"
        document = self._yaml.load(path)
        document.setdefault(product, {})[service] = {"image": image}
        self._yaml.dump(document, path)

    def configure(self, change: Any) -> None:
        """Use a copy of the stack file that `change` has edited in place."""
        path = self.folder / f"Pulumi.{self.stack.name}.yaml"
        document = self._yaml.load(ROOT / f"Pulumi.{self.stack.name}.yaml")
        change(document["config"])
        self._yaml.dump(document, path)
        self.stack.config = path

    def add_compose(self, path: Path) -> None:
        """Have the shop made of one more compose file."""
        self.configure(lambda config: config["slipway:products"]["shop"]["compose"].append(str(path)))

    def keep_secret(self, name: str, value: str) -> None:
        """Encrypt a secret of the stack into the copy of the stack file that `configure` has made."""
        config = ["--config-file", str(self.stack.config), "--stack", self.stack.name]
        subprocess.run(
            ["pulumi", "config", "set", "--secret", f"slipway:secret-{name}", *config],
            input=value,
            text=True,
            check=True,
            cwd=ROOT,
            env=self.stack.environment(),
        )

    def with_second_product(self) -> None:
        """Declare a product `blog` that is like the shop."""

        def with_blog(config: Any) -> None:
            shop = config["slipway:products"]["shop"]
            host = topology.domain("blog", self.stack.name)
            config["slipway:products"]["blog"] = {**shop, "ingress": [{**shop["ingress"][0], "host": host}]}

        self.configure(with_blog)
        for service, image, release in (
            ("web", "web", "v1"),
            ("worker", "worker", "v1"),
            ("db", "postgres", "17"),
            ("cache", "redis", next(iter(self.images["redis"]))),
        ):
            self.release(service, release, product="blog", image=image)

    def let_go(self) -> None:
        """Allow what no stack file declares any more to leave the state; volumes stay on the server."""
        self.stack.run("state", "unprotect", "--all", "--yes").expect_success()

    def settle(self) -> None:
        """Go back to the shipped stack file and the first release; what else a test declared goes."""
        if self.stack.config:
            self.stack.config = None
            self.let_go()
        self._begin()
        self.stack.up().expect_success()


class Workshops(dict[str, Workshop]):
    """The lab's stacks, each made ready when it is asked for: a run that needs one leaves the other alone."""

    def __init__(self, folders: pytest.TempPathFactory, images: Images) -> None:
        super().__init__()
        self._folders = folders
        self._images = images

    def __missing__(self, name: str) -> Workshop:
        """Break what a dead run has left of a stack, forget the orders of all former ones, and return it."""
        made = Workshop(name, self._folders.mktemp(name), self._images)
        made.stack.slipway("unlock", name).expect_success()
        made.let_go()
        LabServer(name).shell(FORGET_ORDERS.format(name))
        self[name] = made
        return made

    def settle(self, *names: str) -> None:
        """Settle stacks at once: for most of the time each waits for its server."""
        with ThreadPoolExecutor(len(names) or 1) as pool:
            list(pool.map(Workshop.settle, [self[name] for name in names]))


@pytest.fixture(scope="session")
def workshops(images: Images, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshops]:
    """Give the lab's stacks; in the end those that were used are what the shipped files say."""
    made = Workshops(tmp_path_factory, images)
    yield made
    made.settle(*made)


@pytest.fixture
def dev(workshops: Workshops) -> Workshop:
    """Return the `dev` stack, settled at its first release."""
    workshops["dev"].settle()
    return workshops["dev"]
