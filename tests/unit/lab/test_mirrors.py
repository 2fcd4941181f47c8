"""The lab's images reach Debian's archive as the machine does."""

from pathlib import Path

import pytest

from tests.lab import mirrors
from tools.command import SetupError

ONE_LINE = """\
# deb http://old.example/debian bookworm main
deb [arch=amd64 signed-by=/some/key.gpg] http://mirror.example/debian/ bookworm main contrib # the main one
deb http://mirror.example/debian bookworm-updates main
deb-src http://source.example/debian bookworm main
deb http://security.example/debian-security bookworm-security main
deb http://vendor.example/apt tool-bookworm main
"""
DEB822 = """\
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: trixie trixie-updates
Components: main

# Comment
Types: deb
URIs:
 http://security.example/debian-security
Suites: trixie-security
Components: main

Types: deb
Enabled: no
URIs: http://off.example/debian
Suites: trixie
Components: main
"""
EXPECTED = {
    "": "http://mirror.example/debian",
    "-updates": "http://mirror.example/debian",
    "-security": "http://security.example/debian-security",
}


@pytest.fixture
def apt(tmp_path: Path) -> Path:
    """Make a folder like /etc/apt."""
    (tmp_path / "sources.list.d").mkdir()
    return tmp_path


def test_the_older_form_is_read(apt: Path) -> None:
    (apt / "sources.list").write_text(ONE_LINE)
    assert mirrors.archives(apt) == EXPECTED


def test_the_newer_form_is_read(apt: Path) -> None:
    (apt / "sources.list.d" / "debian.sources").write_text(DEB822)
    assert mirrors.archives(apt) == EXPECTED


def test_a_machine_without_debian_sources_is_told_so(apt: Path) -> None:
    (apt / "sources.list").write_text("deb http://ubuntu.example/ubuntu noble main\n")
    with pytest.raises(SetupError, match="No source of Debian packages"):
        mirrors.archives(apt)


def test_a_server_of_another_suite_takes_the_same_archives() -> None:
    written = mirrors.sources_for("bookworm", {"": "http://mirror.example/debian"})
    assert written == f"deb [signed-by={mirrors.KEYRING}] http://mirror.example/debian bookworm main\n"
