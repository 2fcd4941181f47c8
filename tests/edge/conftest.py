"""One Traefik for all tests of this folder; each has hosts of its own."""

import shutil
from collections.abc import Iterator

import pytest

from tests.certificates import Authority
from tests.edge.backend import Backend, backend
from tests.edge.traefik import Traefik, running
from tests.tiers import unavailable


@pytest.fixture(scope="session")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traefik]:
    if shutil.which("traefik") is None:
        unavailable("traefik is not on PATH: `make tools` installs it")
    with running(tmp_path_factory.mktemp("edge"), Authority()) as found:
        yield found


@pytest.fixture
def service() -> Iterator[Backend]:
    with backend() as found:
        yield found
