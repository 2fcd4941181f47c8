"""Whether sshd itself takes the settings of the profile."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import get_args

import pytest

from infra.profiles import Suite, settings
from tests.tiers import require_packages

SSHD = "/usr/sbin/sshd"


@pytest.mark.parametrize("suite", get_args(Suite))
def test_sshd_takes_every_setting(suite: Suite, tmp_path: Path) -> None:
    if shutil.which(SSHD) is None:
        require_packages("openssh-server")
    if os.geteuid() == 0:
        # What starts the server makes it at every boot, and none runs here.
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    found = {each.key: str(each.value) for each in settings("hardened", suite, {}) if each.family == "ssh"}
    known = subprocess.run(["ssh", "-Q", "kex"], check=True, capture_output=True, text=True).stdout.split()
    # The server of this machine may be older than that of the release; all but what is newer it has to take.
    found["KexAlgorithms"] = ",".join(name for name in found["KexAlgorithms"].split(",") if name in known)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key")], check=True)
    draft = tmp_path / "sshd_config"
    # The files it names are on the server alone.
    lines = {**found, "HostKey": str(tmp_path / "key"), **({"ModuliFile": "none"} if suite == "bookworm" else {})}
    draft.write_text("".join(f"{key} {value}\n" for key, value in lines.items()), encoding="utf-8")
    shown = subprocess.run([SSHD, "-T", "-f", str(draft)], check=False, capture_output=True, text=True)
    assert shown.returncode == 0, shown.stderr
    effective = dict(line.split(" ", 1) for line in shown.stdout.splitlines() if " " in line)
    for key in ("PermitRootLogin", "AllowGroups", "MaxStartups", "KexAlgorithms", "Ciphers", "MACs", "LogLevel"):
        assert effective[key.lower()] == found[key], key
