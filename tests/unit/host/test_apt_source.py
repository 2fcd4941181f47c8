"""Sources of packages on servers whose sources are written in either form."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.host.agent import apt, places
from infra.host.agent.apt_source import AptSource
from infra.host.agent.kind import AgentError
from tests.unit.host.conftest import lines

Command = Callable[..., Path]
KEY = "key.gpg"
ONE_LINE = """\
# deb http://old.test/debian bookworm main
deb-src http://source.test/debian bookworm main
deb [arch=amd64 signed-by=/key.gpg] http://user:canary@mirror.test/some/debian/ bookworm main # the main one
deb http://mirror.test/some/debian bookworm-updates main
deb http://vendor.test/apt bookworm main
"""
DEB822 = """\
Types: deb deb-src
URIs: http://mirror.test/some/debian
# comment
Suites: bookworm bookworm-updates
Components: main

Types: deb
Enabled: no
URIs: http://off.test/debian-security
Suites: bookworm-security
Components: main

Types: deb
URIs:
 http://mirror.test/second/debian
Suites: bookworm
Components: main
"""
SECURITY_LINE = "deb http://security.test/debian-security {} main\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Command) -> Path:
    """Return apt's folder on a Debian 12 server that has no source yet."""
    monkeypatch.setattr(places, "APT", tmp_path / "apt")
    monkeypatch.setattr(places, "APT_LOCKS", ())
    monkeypatch.setattr(places, "OS_RELEASE", tmp_path / "os-release")
    monkeypatch.setattr(apt, "_PAUSE_SECONDS", 0)
    (tmp_path / "os-release").write_text('ID=debian\nVERSION_CODENAME="bookworm"\n')
    (tmp_path / "apt/sources.list.d").mkdir(parents=True)
    (tmp_path / KEY).touch()
    command("apt-get")
    return tmp_path / "apt"


def security(folder: Path, *uris: str) -> AptSource:
    return AptSource(name="security", security=True, uris=uris, signed_by=str(folder.parent / KEY))


def vendor(folder: Path) -> AptSource:
    return AptSource(
        name="vendor",
        uris=("http://vendor.test/apt",),
        suites=("stable",),
        components=("main", "extra"),
        signed_by=str(folder.parent / KEY),
    )


def own(folder: Path, name: str = "security") -> Path:
    return folder / f"sources.list.d/slipway-{name}.sources"


def calls(folder: Path) -> list[str]:
    return lines(folder.parent / "apt-get.log")


def test_a_source_is_written_and_its_lists_are_fetched_alone(folder: Path) -> None:
    assert vendor(folder).read() is None
    vendor(folder).apply()
    assert own(folder, "vendor").read_text() == (
        "# Kept by slipway.\nX-Repolib-Name: vendor (slipway)\n"
        "Types: deb\nURIs: http://vendor.test/apt\nSuites: stable\nComponents: main extra\n"
        f"Signed-By: {folder.parent}/{KEY}\n"
    )
    assert vendor(folder).read() == {}
    assert len(calls(folder)) == 1
    assert f"Dir::Etc::SourceList={own(folder, 'vendor')}" in calls(folder)[0]


def test_a_source_that_is_as_wanted_is_left_alone(folder: Path) -> None:
    vendor(folder).apply()
    vendor(folder).apply()
    assert len(calls(folder)) == 1


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("vendor.test", "evil.test", {"uris": "http://evil.test/apt"}),
        ("main extra", "main", {"components": "main"}),
        ("Suites: stable\n", "", {"suites": "<none>"}),
        ("Types: deb", "Types: deb deb-src", {"types": "deb deb-src"}),
    ],
)
def test_a_changed_field_is_drift_and_healed(folder: Path, old: str, new: str, told: dict[str, str]) -> None:
    vendor(folder).apply()
    right = own(folder, "vendor").read_text()
    own(folder, "vendor").write_text(right.replace(old, new))
    assert vendor(folder).read() == told
    vendor(folder).apply()
    assert own(folder, "vendor").read_text() == right


@pytest.mark.parametrize("line", ["Trusted: yes\n", "Enabled: no\n"])
def test_a_field_that_is_not_ours_is_drift_too(folder: Path, line: str) -> None:
    vendor(folder).apply()
    own(folder, "vendor").write_text(own(folder, "vendor").read_text() + line)
    assert (vendor(folder).read() or {})["uris"].startswith("<differs on the server")


def test_a_source_that_anybody_may_write_is_drift(folder: Path) -> None:
    vendor(folder).apply()
    own(folder, "vendor").chmod(0o666)
    assert vendor(folder).read() == {"uris": "<has another owner or mode on the server>"}
    vendor(folder).apply()
    assert vendor(folder).read() == {}


@pytest.mark.parametrize(
    ("place", "content", "uri"),
    [
        ("sources.list", ONE_LINE, "http://user:canary@mirror.test/some/debian-security"),
        ("sources.list.d/debian.sources", DEB822, "http://mirror.test/some/debian-security"),
        (
            "sources.list.d/a.list",
            "deb https://mirror.test/debian stable main\n",
            "https://mirror.test/debian-security",
        ),
    ],
)
def test_security_updates_come_from_beside_the_mirror_in_use(folder: Path, place: str, content: str, uri: str) -> None:
    (folder / place).write_text(content)
    assert security(folder).read() is None
    security(folder).apply()
    assert f"\nURIs: {uri}\nSuites: bookworm-security\n" in own(folder).read_text()
    assert security(folder).read() == {}


@pytest.mark.parametrize("suite", ["bookworm-security", "bookworm/updates", "stable-security"])
def test_a_server_that_has_security_updates_reads_as_such_and_gets_no_further_source(folder: Path, suite: str) -> None:
    (folder / "sources.list").write_text(ONE_LINE + SECURITY_LINE.format(suite))
    assert security(folder).read() == {}
    security(folder).apply()
    assert not own(folder).exists()
    assert calls(folder) == []


def test_lynis_finds_the_security_updates_of_a_mirror(folder: Path) -> None:
    (folder / "sources.list").write_text(ONE_LINE)
    security(folder).apply()
    assert re.search("security/? ", own(folder).read_text()), "what PKGS-7388 of Lynis 3.0 and 3.1 looks for"


def test_security_updates_of_another_release_or_of_their_sources_do_not_count(folder: Path) -> None:
    more = SECURITY_LINE.format("trixie-security") + SECURITY_LINE.format("bookworm-security").replace(
        "deb ", "deb-src "
    )
    (folder / "sources.list").write_text(ONE_LINE + more)
    assert security(folder).read() is None


def test_a_given_archive_is_written_unless_it_is_there_already(folder: Path) -> None:
    (folder / "sources.list").write_text(SECURITY_LINE.format("bookworm-security"))
    assert security(folder, "http://security.test/debian-security/").read() == {}
    other = security(folder, "http://other.test/debian-security")
    assert other.read() is None
    other.apply()
    assert "URIs: http://other.test/debian-security\nSuites: bookworm-security\n" in own(folder).read_text()
    assert other.read() == {}


def test_a_source_of_ours_that_was_changed_is_drift_though_another_one_came_to_be(folder: Path) -> None:
    (folder / "sources.list").write_text(ONE_LINE)
    security(folder).apply()
    (folder / "sources.list").write_text(ONE_LINE + SECURITY_LINE.format("bookworm-security"))
    own(folder).write_text(own(folder).read_text().replace("mirror.test", "evil.test"))
    assert security(folder).read() == {"uris": "http://evil.test/some/debian-security"}, "no password"
    security(folder).apply()
    assert "evil" not in own(folder).read_text()


def test_a_deleted_source_is_drift_while_nothing_stands_in_for_it(folder: Path) -> None:
    (folder / "sources.list").write_text(ONE_LINE)
    security(folder).apply()
    own(folder).unlink()
    assert security(folder).read() is None


@pytest.mark.parametrize("content", ["", "deb http://user:canary@mirror.test/all bookworm main\n"])
def test_a_mirror_that_tells_nothing_is_an_error_without_its_address(folder: Path, content: str) -> None:
    (folder / "sources.list").write_text(content)
    with pytest.raises(AgentError, match=r"where server\.test gets security updates cannot be told") as error:
        security(folder).apply()
    assert "canary" not in str(error.value)
    assert not own(folder).exists()


def test_a_source_that_cannot_be_fetched_from_is_taken_back(folder: Path, command: Command) -> None:
    vendor(folder).apply()
    former = own(folder, "vendor").read_text()
    fault = "E: Failed to fetch http://user:canary@vendor.test/apt/InRelease  Temporary failure resolving 'vendor.test'"
    command("apt-get", f'echo "{fault}" >&2; exit 100')
    moved = AptSource(name="vendor", uris=("http://x.test/a",), suites=("b",), signed_by=str(folder.parent / KEY))
    for source in (moved, AptSource(name="new", uris=moved.uris, suites=("b",), signed_by=moved.signed_by)):
        with pytest.raises(
            AgentError, match=r"server\.test cannot fetch from vendor\.test: Temporary failure"
        ) as error:
            source.apply()
        assert "canary" not in str(error.value)
    assert own(folder, "vendor").read_text() == former
    assert not own(folder, "new").exists()


def test_a_key_that_is_not_there_is_named_before_anything_is_written(folder: Path) -> None:
    with pytest.raises(AgentError, match=r"server\.test has no key /absent\.gpg"):
        AptSource(name="vendor", uris=("http://x.test",), suites=("a",), signed_by="/absent.gpg").apply()
    assert not own(folder, "vendor").exists()


def test_a_server_that_does_not_tell_its_release_is_an_error(folder: Path) -> None:
    (folder.parent / "os-release").write_text("ID=other\n")
    with pytest.raises(AgentError, match=r"server\.test does not tell its release"):
        security(folder).read()


def test_removal_deletes_the_source_and_nothing_else(folder: Path) -> None:
    (folder / "sources.list").write_text(ONE_LINE)
    vendor(folder).apply()
    vendor(folder).remove()
    vendor(folder).remove()
    assert not own(folder, "vendor").exists()
    assert (folder / "sources.list").read_text() == ONE_LINE


URIS, SUITES = ("http://x.test",), ("a",)


@pytest.mark.parametrize(
    ("field", "source"),
    [
        ("name", AptSource(name="a.b", uris=URIS, suites=SUITES)),
        ("types", AptSource(name="a", uris=URIS, suites=SUITES, types=("rpm",))),
        ("types", AptSource(name="a", uris=URIS, suites=SUITES, types=())),
        ("uris", AptSource(name="a", suites=SUITES)),
        ("uris", AptSource(name="a", uris=("x.test",), suites=SUITES)),
        ("uris", AptSource(name="a", uris=("http://x.test\nTrusted:yes",), suites=SUITES)),
        ("suites", AptSource(name="a", uris=URIS)),
        ("suites", AptSource(name="a", security=True, suites=SUITES)),
        ("components", AptSource(name="a", uris=URIS, suites=SUITES, components=("a b",))),
        ("signed_by", AptSource(name="a", uris=URIS, suites=SUITES, signed_by="key.gpg")),
        ("signed_by", AptSource(name="a", uris=URIS, suites=SUITES, signed_by="/key.gpg\nTrusted: yes")),
    ],
)
def test_what_cannot_stand_in_a_source_is_a_mistake(field: str, source: AptSource) -> None:
    assert [name for name, _ in source.mistakes()] == [field]


def test_a_source_is_no_mistake() -> None:
    assert not list(AptSource(name="security", security=True).mistakes())
    assert not list(AptSource(name="vendor", uris=URIS, suites=SUITES, types=("deb", "deb-src")).mistakes())


def test_a_source_of_ours_under_another_name_does_not_do_for_it_is_about_to_go(folder: Path) -> None:
    (folder / "sources.list").write_text(ONE_LINE)
    former = AptSource(name="slipway-security", security=True, signed_by=str(folder.parent / KEY))
    former.apply()
    security(folder).apply()
    former.remove()
    assert [path.name for path in (folder / "sources.list.d").iterdir()] == ["slipway-security.sources"]
