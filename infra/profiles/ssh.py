"""How sshd is set: who may sign in, by what, and with which algorithms.

The algorithms are those of ssh-audit 3.9.0's own policies, "Hardened Debian 12 (version 3)" and "Hardened Debian 13
(version 1)". The first wants an RSA host key of 4096 bits and Diffie-Hellman groups of 3072 bits or more. Debian has
neither, so a unit of ours makes them, beside the system's own, which stay as they are.
"""

from infra.profiles import scripts
from infra.profiles.setting import BOTH, FileSetting, HostSetting, Particulars, Suite, UnitSetting, Value

GROUP = "ssh-users"
"""Only members of this group may sign in."""
_BANNER = "/etc/issue.net"

_KEY_FOLDER = "/etc/ssh"
_RSA_KEY = f"{_KEY_FOLDER}/slipway_host_rsa_4096_key"
_MODULI = f"{_KEY_FOLDER}/slipway_moduli"
_SCRIPT = f"{scripts.FOLDER}/ssh-material"
_SIGNATURES = (
    *("sk-ssh-ed25519-cert-v01@openssh.com", "ssh-ed25519-cert-v01@openssh.com"),
    *("rsa-sha2-512-cert-v01@openssh.com", "rsa-sha2-256-cert-v01@openssh.com"),
    *("sk-ssh-ed25519@openssh.com", "ssh-ed25519", "rsa-sha2-512", "rsa-sha2-256"),
)
_AUTHORITIES = ("sk-ssh-ed25519@openssh.com", "ssh-ed25519", "rsa-sha2-512", "rsa-sha2-256")
_CIPHERS = (
    *("chacha20-poly1305@openssh.com", "aes256-gcm@openssh.com", "aes256-ctr"),
    *("aes192-ctr", "aes128-gcm@openssh.com", "aes128-ctr"),
)
_EXCHANGES: dict[Suite, tuple[str, ...]] = {
    "bookworm": (
        *("sntrup761x25519-sha512", "sntrup761x25519-sha512@openssh.com"),
        *("curve25519-sha256", "curve25519-sha256@libssh.org"),
        *("diffie-hellman-group16-sha512", "diffie-hellman-group18-sha512", "diffie-hellman-group-exchange-sha256"),
    ),
    "trixie": ("mlkem768x25519-sha256", "sntrup761x25519-sha512", "sntrup761x25519-sha512@openssh.com"),
}
_CODES: dict[Suite, tuple[str, ...]] = {
    "bookworm": ("hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "umac-128-etm@openssh.com"),
    "trixie": ("hmac-sha2-512-etm@openssh.com", "hmac-sha2-256-etm@openssh.com", "umac-128-etm@openssh.com"),
}
_HOST_KEYS: dict[Suite, tuple[str, ...]] = {
    "bookworm": (f"{_KEY_FOLDER}/ssh_host_ed25519_key", _RSA_KEY),
    "trixie": (f"{_KEY_FOLDER}/ssh_host_ed25519_key",),
}

_ACCESS: dict[str, tuple[Value, str]] = {
    "PermitRootLogin": ("no", "H02; CIS 5.1.20"),
    "PasswordAuthentication": ("no", "H02; sshd-17"),
    "KbdInteractiveAuthentication": ("no", "H02"),
    "AuthenticationMethods": ("publickey", "H02; sshd-06"),
    "AllowGroups": (GROUP, "H02; CIS 5.1.4"),
    "PermitEmptyPasswords": ("no", "H02; CIS 5.1.19"),
    "PermitUserEnvironment": ("no", "H02; CIS 5.1.21"),
    "HostbasedAuthentication": ("no", "H02; CIS 5.1.10"),
    "IgnoreRhosts": ("yes", "H02; CIS 5.1.11"),
    "StrictModes": ("yes", "SSH-7408"),
    "X11Forwarding": ("no", "H03; SSH-7408"),
    "AllowAgentForwarding": ("no", "H03; SSH-7408"),
    "AllowTcpForwarding": ("no", "H03; SSH-7408"),
    "AllowStreamLocalForwarding": ("no", "H03"),
    "PermitTunnel": ("no", "H03; sshd-38"),
    "GatewayPorts": ("no", "H03; sshd-39"),
    "Compression": ("no", "H03; SSH-7408"),
    "TCPKeepAlive": ("no", "H03; SSH-7408"),
    "LogLevel": ("VERBOSE", "H03; CIS 5.1.14"),
    "MaxAuthTries": (3, "H03; CIS 5.1.16; SSH-7408"),
    "LoginGraceTime": (30, "H03; CIS 5.1.13"),
    "ClientAliveInterval": (300, "H03; CIS 5.1.7"),
    "ClientAliveCountMax": (2, "H03; CIS 5.1.7"),
    "UseDNS": ("no", "H03; SSH-7408"),
    "DebianBanner": ("no", "H03"),
    # Docker over ssh opens one connection a request: 10:30:60, which others advise, lost 5 of 40.
    "MaxStartups": ("60:30:120", "H04; T3"),
    # Fewer would end the multiplexing by which the docker provider keeps to one connection.
    "MaxSessions": (10, "H04; T3; CIS 5.1.17"),
    "RequiredRSASize": (3072, "H05"),
}

_MATERIAL_UNIT = "slipway-ssh-material.service"
_UNIT = f"""[Unit]
Description=Host key and Diffie-Hellman groups as strong as ssh-audit asks for
Before=ssh.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh {_SCRIPT}

[Install]
WantedBy=multi-user.target
"""


def settings(suite: Suite, particulars: Particulars) -> tuple[HostSetting, ...]:
    """Return the settings of sshd for a release of Debian."""
    return (
        *_material(suite),
        *(_keyword(key, value, source) for key, (value, source) in _ACCESS.items()),
        _keyword("Banner", _BANNER, "H03; CIS 5.1.5", after=("file/etc-issue.net",)),
        *_algorithms(suite),
        *_penalties(suite, particulars),
    )


def _keyword(
    key: str, value: Value, source: str, suites: tuple[Suite, ...] = BOTH, after: tuple[str, ...] = ()
) -> HostSetting:
    return HostSetting(name=f"ssh/{key}", value=value, source=source, suites=suites, after=after)


def _algorithms(suite: Suite) -> tuple[HostSetting, ...]:
    lists = {
        "KexAlgorithms": _EXCHANGES[suite],
        "Ciphers": _CIPHERS,
        "MACs": _CODES[suite],
        "HostKeyAlgorithms": _SIGNATURES,
        "CASignatureAlgorithms": _AUTHORITIES,
        "HostbasedAcceptedAlgorithms": _SIGNATURES,
        "PubkeyAcceptedAlgorithms": _SIGNATURES,
    }
    made = (f"unit/{_MATERIAL_UNIT}",) if suite == "bookworm" else ()
    keys = _keyword("HostKey", " ".join(_HOST_KEYS[suite]), "H05", after=made)
    return (keys, *(_keyword(key, ",".join(names), "H05") for key, names in lists.items()))


def _material(suite: Suite) -> tuple[HostSetting, ...]:
    """Return what makes the host key and the groups, and sshd's keyword for the latter."""
    if suite != "bookworm":
        return ()
    only: tuple[Suite, ...] = ("bookworm",)
    script = FileSetting(
        name="file/ssh-material", value=scripts.text("ssh_material.sh"), source="H05", suites=only, path=_SCRIPT
    )
    unit = FileSetting(
        name="file/ssh-material-unit",
        value=_UNIT,
        source="H05",
        suites=only,
        path=f"/etc/systemd/system/{_MATERIAL_UNIT}",
    )
    running = UnitSetting(
        name=f"unit/{_MATERIAL_UNIT}",
        value="running",
        source="H05",
        suites=only,
        after=(script.name, unit.name),
    )
    return script, unit, running, _keyword("ModuliFile", _MODULI, "H05", only, after=(running.name,))


def _penalties(suite: Suite, particulars: Particulars) -> tuple[HostSetting, ...]:
    """Spare people and CI the penalties that Debian 13's sshd has for clients that fail to sign in."""
    if suite != "trixie" or not particulars.ssh_from:
        return ()
    networks = ",".join(particulars.ssh_from)
    return (_keyword("PerSourcePenaltyExemptList", networks, "H06; T4", ("trixie",)),)
