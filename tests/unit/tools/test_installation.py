"""What decides whether something is installed, built or left alone."""

import re
from pathlib import Path

import pytest

from tools import plugins, pulumi_cli, requirements, virtual_environment
from tools.command import SetupError, run
from tools.go_toolchain import MODULES
from tools.stamps import digest, is_stamped, write_stamp


def test_a_stamp_holds_until_an_input_changes(tmp_path: Path) -> None:
    source, stamp = tmp_path / "source", tmp_path / "stamps" / "source"
    source.write_text("one")
    assert not is_stamped(stamp, digest([source])), "nothing was made yet"
    write_stamp(stamp, digest([source]))
    assert is_stamped(stamp, digest([source]))
    source.write_text("two")
    assert not is_stamped(stamp, digest([source]))


def test_a_digest_sees_names_modes_and_settings(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("same")
    before = digest([tmp_path], "setting")
    assert digest([tmp_path], "other") != before
    (tmp_path / "file").chmod(0o755)
    assert digest([tmp_path], "setting") != before


def test_bytecode_is_no_input(tmp_path: Path) -> None:
    before = digest([tmp_path])
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "module.pyc").write_bytes(b"compiled")
    assert digest([tmp_path]) == before


def test_the_cli_is_built_in_the_version_that_the_project_takes() -> None:
    module = (MODULES / "pulumi" / "go.mod").read_text()
    version = requirements.least_cli()
    for path in ("pkg/v3", "sdk/v3"):
        assert re.search(rf"github\.com/pulumi/pulumi/{path} v{re.escape(version)}\b", module), path


def test_what_was_built_is_kept_whole_for_other_checkouts_and_never_written_over(tmp_path: Path) -> None:
    kept = tmp_path / "cache" / "pulumi-1"
    for content in ("first", "second"):
        output = tmp_path / content
        output.mkdir()
        (output / "pulumi").write_text(content)
        pulumi_cli._keep(output, kept)
    assert [path.relative_to(kept.parent).as_posix() for path in kept.parent.rglob("*")] == [
        "pulumi-1",
        "pulumi-1/pulumi",
    ]
    assert (kept / "pulumi").read_text() == "first"


def test_a_cache_that_cannot_be_written_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "cache").touch()
    with pytest.raises(SetupError, match="XDG_CACHE_HOME names another folder"):
        pulumi_cli._keep(tmp_path, tmp_path / "cache" / "pulumi-1")


def test_a_package_without_a_pin_is_named() -> None:
    with pytest.raises(SetupError, match="does not pin pulumi-nothing"):
        requirements.pinned("pulumi-nothing")


@pytest.mark.parametrize("version", ["3.259.0-alpha.1", "dev", ""])
def test_a_version_that_is_no_release_counts_as_older(version: str) -> None:
    assert pulumi_cli._numbers(version) < pulumi_cli._numbers("3.259.0")


def test_a_newer_release_counts_as_newer() -> None:
    assert pulumi_cli._numbers("3.1000.2") > pulumi_cli._numbers("3.259.0")


def test_a_failed_program_shows_its_last_words_and_not_its_input() -> None:
    with pytest.raises(SetupError, match="exit code 3:\nno such thing") as failure:
        run("sh", "-c", "cat >/dev/null; echo no such thing >&2; exit 3", stdin="a secret")
    assert "a secret" not in str(failure.value)


def test_a_missing_program_is_named() -> None:
    with pytest.raises(SetupError, match="`no-such-program` is not installed"):
        run("no-such-program")


def test_a_link_is_replaced_and_what_it_leads_to_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere, link = tmp_path / "elsewhere", tmp_path / "venv"
    elsewhere.mkdir()
    (elsewhere / "kept").touch()
    link.symlink_to(elsewhere)
    monkeypatch.setattr(virtual_environment, "VENV", link)
    monkeypatch.setattr(virtual_environment, "run", lambda *_: None)
    virtual_environment._make()
    assert (elsewhere / "kept").exists()
    assert not link.is_symlink()


def test_a_stand_in_makes_way_before_the_vendor_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "resource-random-v4.21.4"
    folder.mkdir()
    (folder / "pulumi-resource-random").touch()
    (folder / "standin").touch()
    asked = []

    def install(*_words: str, **_options: object) -> None:
        asked.append(folder.exists())

    monkeypatch.setattr(plugins, "PLUGINS", tmp_path)
    monkeypatch.setattr(plugins, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(plugins, "run", install)
    plugins._ensure("random", "4.21.4")
    assert asked == [False], "the CLI takes a stand-in for the vendor's plugin"
