"""Keys of a user whose home is below a temporary folder."""

import base64
import os
import pwd
import stat
from pathlib import Path
from typing import Any

import pytest

from infra.host.agent import accounts
from infra.host.agent.authorized_keys import AuthorizedKeys
from infra.host.agent.kind import AgentError
from infra.host.ssh import fingerprint

BEGIN = "# BEGIN slipway: what is between these lines is overwritten"
END = "# END slipway"


def a_key(number: int, comment: str = "ops@laptop", kind: str = "ssh-ed25519") -> str:
    """Return a public key."""
    name = kind.encode()
    blob = len(name).to_bytes(4, "big") + name + (32).to_bytes(4, "big") + bytes([number]) * 32
    return f"{kind} {base64.b64encode(blob).decode()} {comment}".strip()


ONE, TWO, FOREIGN = a_key(1), a_key(2, "ci"), a_key(3, "a friend")


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file of keys of a user `deploy`, whose home is there."""
    (tmp_path / "home").mkdir()
    account = pwd.struct_passwd(("deploy", "x", 1234, 4321, "", str(tmp_path / "home"), "/bin/sh"))
    real = pwd.getpwnam

    def found(name: str) -> pwd.struct_passwd:
        return account if name == "deploy" else real(name)

    monkeypatch.setattr(pwd, "getpwnam", found)
    monkeypatch.setattr(accounts, "user_called", lambda number, wanted: wanted if number == 1234 else f"user {number}")
    return tmp_path / "home" / ".ssh" / "authorized_keys"


def keys(*wanted: str, **fields: Any) -> AuthorizedKeys:
    return AuthorizedKeys(user="deploy", keys=wanted, **fields)


def put(file: Path, *lines: str) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text("".join(f"{line}\n" for line in lines))
    file.chmod(0o600)
    os.chown(file, 1234, 4321)


def test_keys_are_written_for_their_user_alone(file: Path) -> None:
    wanted = keys(ONE, TWO, options="restrict")
    assert wanted.read() is None
    wanted.apply()
    assert file.read_text().splitlines() == [BEGIN, f"restrict {ONE}", f"restrict {TWO}", END]
    for path, mode in ((file, 0o600), (file.parent, 0o700)):
        status = path.stat()
        assert (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid) == (mode, 1234, 4321)
    assert wanted.read() == {"keys": (ONE, TWO), "mode": "0600", "undeclared": []}


def test_lines_of_others_keep_their_place_and_are_told_by_fingerprint(file: Path) -> None:
    put(file, "# mine", f'from="10.0.0.1",no-pty {FOREIGN}', BEGIN, ONE, END, "", "nonsense")
    wanted = keys(TWO)
    wanted.apply()
    assert file.read_text().splitlines() == [
        *("# mine", f'from="10.0.0.1",no-pty {FOREIGN}'),
        *(BEGIN, TWO, END),
        *("", "nonsense"),
    ]
    undeclared = (wanted.read() or {})["undeclared"]
    assert undeclared == [
        f"ssh-ed25519 {fingerprint(FOREIGN)} a friend",
        "a line that holds no key",
    ]


def test_only_an_exclusive_block_removes_the_keys_of_others(file: Path) -> None:
    put(file, FOREIGN, BEGIN, ONE, END)
    assert (keys(ONE).read() or {})["keys"] == (ONE,)
    wanted = keys(ONE, exclusive=True)
    assert (wanted.read() or {})["keys"] == (ONE, FOREIGN)
    wanted.apply()
    assert file.read_text().splitlines() == [BEGIN, ONE, END]
    assert wanted.read() == {"keys": (ONE,), "mode": "0600", "undeclared": []}


def test_a_line_outside_the_block_with_one_of_its_keys_goes_because_sshd_would_take_it_first(file: Path) -> None:
    put(file, ONE, FOREIGN)
    wanted = keys(ONE, options="restrict")
    assert (wanted.read() or {})["keys"] == (f"<outside the block> {ONE}",)
    wanted.apply()
    assert file.read_text().splitlines() == [FOREIGN, BEGIN, f"restrict {ONE}", END]


@pytest.mark.parametrize(
    ("block", "shown"),
    [
        ([f"restrict {ONE}", f"restrict {FOREIGN}"], (ONE, FOREIGN)),
        ([ONE, f"restrict {TWO}"], (f"<with other options> {ONE}", TWO)),
        ([f'restrict,command="x y" {ONE}'], (f'<with other options> restrict,command="x y" {ONE}',)),
        ([f"restrict {TWO}", f"restrict {ONE}"], (TWO, ONE)),
        ([f"restrict {TWO}"], (TWO,)),
    ],
    ids=["added", "without options", "other options", "another order", "another key"],
)
def test_what_somebody_changed_in_the_block_is_drift_and_is_overwritten(
    file: Path, block: list[str], shown: tuple[str, ...]
) -> None:
    put(file, BEGIN, *block, END)
    wanted = keys(ONE, TWO, options="restrict")
    assert (wanted.read() or {})["keys"] == shown
    wanted.apply()
    assert (wanted.read() or {})["keys"] == (ONE, TWO)


def test_a_mark_without_its_counterpart_swallows_nothing(file: Path) -> None:
    put(file, END, BEGIN, FOREIGN)
    keys(ONE).apply()
    assert file.read_text().splitlines() == [FOREIGN, BEGIN, ONE, END]


def test_another_mode_or_owner_is_drift_and_is_put_right(file: Path) -> None:
    wanted = keys(ONE)
    wanted.apply()
    file.chmod(0o666)
    os.chown(file, 7, 7)
    assert (wanted.read() or {})["mode"] == "0666, owned by user 7"
    wanted.apply()
    assert (wanted.read() or {})["mode"] == "0600"


def test_a_removed_block_leaves_the_lines_of_others(file: Path) -> None:
    put(file, FOREIGN, BEGIN, ONE, END)
    keys(ONE).remove()
    assert file.read_text().splitlines() == [FOREIGN]
    keys(ONE).remove()


def test_a_file_that_held_nothing_else_goes_with_the_block(file: Path) -> None:
    keys(ONE).apply()
    keys(ONE).remove()
    assert not file.exists()


def test_the_last_keys_of_the_user_who_is_signed_in_are_not_removed(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUDO_USER", "deploy")
    put(file, "# nothing else", BEGIN, ONE, END)
    with pytest.raises(AgentError, match=r"deploy is signed in to server\.test by the last of these keys"):
        keys(ONE).remove()
    assert file.exists()


def test_a_user_that_is_not_there_has_no_keys_and_gets_none() -> None:
    wanted = AuthorizedKeys(user="nobody-here", keys=(ONE,))
    assert wanted.read() is None
    assert wanted.rescue() is None
    with pytest.raises(AgentError, match=r"no user nobody-here on server\.test"):
        wanted.apply()


def test_a_link_does_not_lead_keys_elsewhere(file: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    file.parent.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(AgentError, match="is a link"):
        keys(ONE).apply()
    assert not list((tmp_path / "elsewhere").iterdir())


def test_what_could_lock_people_out_is_the_file(file: Path) -> None:
    rescue = keys(ONE).rescue()
    assert rescue
    assert rescue.files == (str(file),)


TYPE, BLOB, _ = ONE.split(maxsplit=2)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (f"{TYPE} {BLOB[:-8]}!", "is cut off or damaged: what follows ssh-ed25519 is no base64"),
        (f"{TYPE} {BLOB[:16]}", "is cut off or damaged: it does not hold a key of type ssh-ed25519"),
        (f"ssh-rsa {BLOB}", "is cut off or damaged: it does not hold a key of type ssh-rsa"),
        (f"restrict {ONE}", "is cut off or damaged: what follows restrict is no base64"),
        ("ssh-ed25519", "is no public key, as in `ssh-ed25519 AAAA…`"),
        ("", "must be one line"),
        (f"{TWO}\n{FOREIGN}", "must be one line"),
        (f"{TYPE} {BLOB} the same again", "holds the same key as line 1"),
    ],
)
def test_a_key_that_does_not_parse_is_a_mistake_by_its_line(bad: str, reason: str) -> None:
    assert list(keys(ONE, bad).mistakes()) == [("keys", f"line 2 {reason}")]


@pytest.mark.parametrize("kind", ["ssh-rsa", "ecdsa-sha2-nistp256", "sk-ssh-ed25519@openssh.com"])
def test_keys_of_every_type_parse(kind: str) -> None:
    assert not list(keys(a_key(9, "", kind)).mistakes())


def test_no_key_at_all_is_a_mistake() -> None:
    assert list(keys().mistakes()) == [("keys", "must hold at least one key: nobody could sign in as deploy any more")]


@pytest.mark.parametrize("options", ["", "restrict", 'restrict,from="10.0.0.0/8,::1",command="a \\"b\\" c"'])
def test_options_as_sshd_reads_them_are_no_mistake(options: str) -> None:
    assert not list(keys(ONE, options=options).mistakes())


@pytest.mark.parametrize("options", ["restrict pty", "restrict,", 'from="10.0.0.1', "restrict\npty", 'command="a" b'])
def test_other_options_are_a_mistake(options: str) -> None:
    assert [field for field, _ in keys(ONE, options=options).mistakes()] == ["options"]


def test_a_pipe_in_place_of_the_file_keeps_nobody_waiting(file: Path) -> None:
    file.parent.mkdir()
    os.mkfifo(file)
    assert keys(ONE).read() is None
    for change in (keys(ONE).apply, keys(ONE).remove):
        with pytest.raises(OSError, match="It is no plain file of at most 1 MiB"):
            change()
