"""An independent scanner finds nothing in the edge's TLS that Mozilla's intermediate recommendations forbid."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from infra.ingress.rules import PublicRule
from tests.edge.backend import Backend
from tests.edge.traefik import Traefik
from tools.paths import CACHE
from tools.stamps import digest, is_stamped, write_stamp

REQUIREMENTS = Path(__file__).with_name("scanner-requirements.txt")
HOST = "scan.lab.test"


@pytest.fixture(scope="module")
def scanner() -> Path:
    """Return the scanner, installed in an environment of its own."""
    home, stamp = CACHE / "sslyze", CACHE / "sslyze" / "installed"
    wanted = digest((REQUIREMENTS,), sys.version, str(home))
    if not is_stamped(stamp, wanted):
        shutil.rmtree(home, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
        pip = (home / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        subprocess.run([*map(str, pip), "--requirement", str(REQUIREMENTS)], check=True)
        write_stamp(stamp, wanted)
    return home / "bin" / "sslyze"


def test_the_edge_is_what_mozilla_calls_intermediate(
    scanner: Path, edge: Traefik, service: Backend, tmp_path: Path
) -> None:
    edge.serve(PublicRule(host=HOST, port=service.port), name="scan")
    root = tmp_path / "root.crt"
    root.write_text(edge.authority, encoding="ascii")

    def scan(recommendations: str) -> subprocess.CompletedProcess[str]:
        target = f"{HOST}:{edge.ports['websecure']}{{127.0.0.1}}"
        asked = ("--mozilla_config", recommendations, "--certinfo_ca_file", str(root))
        return subprocess.run([str(scanner), *asked, target], check=False, capture_output=True, text=True)

    judged = scan("intermediate")
    assert judged.returncode == 0, judged.stdout
    assert "COMPLIANCE AGAINST TLS CONFIGURATION" in judged.stdout
    assert scan("modern").returncode != 0, "TLS 1.2, which the edge speaks, is not modern: the scanner must say so"
