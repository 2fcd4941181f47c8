"""Contents of the files that the profile `hardened` writes."""

from infra.profiles.setting import Particulars

BANNER = """\
This system is private. Access is for authorised users only, and all activity is logged and monitored.
Unauthorised use is forbidden and may be prosecuted under the law. Disconnect now if you are not authorised.
"""

SHELL = """\
# Written by Slipway: what a person at a prompt gets.
umask 027
ulimit -c 0
TMOUT=900
readonly TMOUT
export TMOUT
"""

CORE_LIMITS = """\
# Written by Slipway: a core dump holds the secrets of the process that crashed.
* - core 0
root - core 0
"""

COREDUMP = """\
[Coredump]
Storage=none
ProcessSizeMax=0
"""

NEEDRESTART = """\
# Written by Slipway. Services that use an upgraded library are restarted, except those that containers depend on.
$nrconf{restart} = 'a';
$nrconf{kernelhints} = 0;
$nrconf{override_rc}{qr(^docker)} = 0;
$nrconf{override_rc}{qr(^containerd)} = 0;
1;
"""

SUDO = """\
Defaults use_pty
Defaults logfile="/var/log/sudo.log"
Defaults passwd_timeout=1
"""

SUDO_ROTATION = """\
/var/log/sudo.log {
    monthly
    rotate 12
    compress
    missingok
    notifempty
    create 0600 root root
}
"""

AUDIT_UNIT = """\
[Unit]
Description=Audit rules of Slipway
After=auditd.service
Requires=auditd.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/sbin/augenrules --load

[Install]
WantedBy=multi-user.target
"""

_WATCHED = (
    "/etc/docker",
    "/etc/docker/daemon.json",
    "/etc/default/docker",
    "/etc/containerd",
    "/lib/systemd/system/docker.service",
    "/lib/systemd/system/docker.socket",
    "/lib/systemd/system/containerd.service",
    "/run/containerd",
    "/run/docker.sock",
    "/usr/bin/containerd",
    "/usr/bin/containerd-shim-runc-v2",
    "/usr/sbin/dockerd",
    "/usr/sbin/runc",
    "/var/lib/docker",
)
_IDENTITY = (
    "/etc/passwd",
    "/etc/group",
    "/etc/shadow",
    "/etc/sudoers",
    "/etc/sudoers.d",
    "/etc/ssh/sshd_config",
    "/etc/ssh/sshd_config.d",
)


def audit_rules() -> str:
    """Return the rules of auditd: Docker's files, who may do what, and every command that a person ran as root."""
    return "".join(
        f"{line}\n"
        for line in (
            "# Written by Slipway.",
            "# A path that a server does not have must not keep the others from being watched.",
            "-i",
            *(f"-w {path} -p wa -k docker" for path in _WATCHED),
            *(f"-w {path} -p wa -k identity" for path in _IDENTITY),
            "-a always,exit -F arch=b64 -S execve -F euid=0 -F auid>=1000 -F auid!=unset -k as-root",
        )
    )


def upgrades(particulars: Particulars) -> str:
    """Return apt's own schedule, and whether the server may reboot for an upgrade."""
    reboot = particulars.reboot_window
    lines = [
        'APT::Periodic::Update-Package-Lists "1";',
        'APT::Periodic::Unattended-Upgrade "1";',
        'APT::Periodic::AutocleanInterval "7";',
        'Unattended-Upgrade::Remove-Unused-Kernel-Packages "true";',
        'Unattended-Upgrade::Remove-New-Unused-Dependencies "true";',
        f'Unattended-Upgrade::Automatic-Reboot "{"true" if reboot else "false"}";',
    ]
    if reboot:
        lines += [
            # An admin's forgotten session must not hold up a security upgrade for ever.
            'Unattended-Upgrade::Automatic-Reboot-WithUsers "true";',
            f'Unattended-Upgrade::Automatic-Reboot-Time "{reboot}";',
        ]
    return "".join(f"{line}\n" for line in ["// Written by Slipway.", *lines])
