"""Accounts, packages, files, units and timers."""

from infra.profiles import integrity, scripts, texts
from infra.profiles.setting import (
    FileSetting,
    HostSetting,
    LineSetting,
    ModeSetting,
    Particulars,
    TimerSetting,
    UnitSetting,
)

LOGIN_DEFS = "/etc/login.defs"
PRUNE_SCRIPT = f"{scripts.FOLDER}/prune-images"
JOB_SCRIPT = f"{scripts.FOLDER}/run-job"

# No PASS_MAX_DAYS: an expired password refuses keys too, and the deploy user has no password to renew.
_ACCOUNTS: dict[str, tuple[str | int, str]] = {
    "PASS_MIN_DAYS": (1, "H12; AUTH-9286"),
    "SHA_CRYPT_MAX_ROUNDS": (65536, "H12; AUTH-9230"),
    "SHA_CRYPT_MIN_ROUNDS": (65536, "H12; AUTH-9230"),
    "UMASK": ("027", "H12; AUTH-9328"),
}
# Never apt-listbugs: with its server out of reach every later installation is refused.
_PACKAGES = {
    "acct": "ACCT-9622",
    "apparmor": "H14; CIS 1.3.1.1",
    "apt-listchanges": "DEB-0811",
    "auditd": "H14; CIS 6.2.1.1; ACCT-9628",
    # What debsums is run by, and what keeps the records of acct short.
    "cron": "CIS 2.4.1.1",
    "libpam-pwquality": "H14; AUTH-9262",
    "libpam-tmpdir": "H14; DEB-0280",
    # A Debian that was made small lacks it, and the log of sudo would grow for ever.
    "logrotate": "H13; LOGG-2146",
    "needrestart": "H14; DEB-0831",
    "sysstat": "H14; ACCT-9626",
    "systemd-timesyncd": "CIS 2.3.2; TIME-3104",
    "unattended-upgrades": "H14; PKGS-7420",
}
_MODES = {
    "/etc/cron.d": ("0700", "H13; CIS 2.4.1.7"),
    "/etc/cron.daily": ("0700", "H13; CIS 2.4.1.4"),
    "/etc/cron.hourly": ("0700", "H13; CIS 2.4.1.3"),
    "/etc/cron.monthly": ("0700", "H13; CIS 2.4.1.6"),
    "/etc/cron.weekly": ("0700", "H13; CIS 2.4.1.5"),
    "/etc/crontab": ("0600", "H13; CIS 2.4.1.2"),
    "/etc/ssh/sshd_config": ("0600", "CIS 5.1.1; FILE-7524"),
    "/etc/sudoers.d": ("0750", "H13; AUTH-9252"),
}
_JOURNAL = {
    "Storage": ("persistent", "CIS 6.1.1.1.4"),
    "Compress": ("yes", "CIS 6.1.1.1.3"),
    "SystemMaxUse": ("500M", "CIS 6.1.1.1.2"),
    "SystemKeepFree": ("1G", "CIS 6.1.1.1.2"),
    "MaxRetentionSec": ("3month", "CIS 6.1.1.1.2"),
}
_UNITS = {
    "apparmor.service": ("H14; CIS 1.3.1.2", "apparmor"),
    "auditd.service": ("H15; CIS 6.2.1.2", "auditd"),
    "cron.service": ("CIS 2.4.1.1", "cron"),
    "sysstat.service": ("H14; ACCT-9626", "sysstat"),
    "systemd-timesyncd.service": ("CIS 2.3.2.2; TIME-3104", "systemd-timesyncd"),
    "unattended-upgrades.service": ("H14; PKGS-7420", "unattended-upgrades"),
}


def settings(particulars: Particulars) -> tuple[HostSetting, ...]:
    """Return everything that is neither the kernel's nor sshd's nor Docker's."""
    return (
        *(_account(key, value, source) for key, (value, source) in _ACCOUNTS.items()),
        *(_mode(path, mode, source) for path, (mode, source) in _MODES.items()),
        HostSetting(name="apt/security", value=True, source="H14; PKGS-7388"),
        *(_package(name, source) for name, source in _PACKAGES.items()),
        *_files(particulars),
        *_units(),
        *_audit(),
        *integrity.SETTINGS,
        *(HostSetting(name=f"journald/{key}", value=value, source=source) for key, (value, source) in _JOURNAL.items()),
        *_pruning(),
        _jobs(),
    )


def _account(key: str, value: str | int, source: str) -> HostSetting:
    return LineSetting(name=f"login.defs/{key}", value=value, source=source, path=LOGIN_DEFS, option=key)


def _mode(path: str, mode: str, source: str) -> HostSetting:
    return ModeSetting(name=f"mode/{path[1:].replace('/', '-')}", value=mode, source=source, path=path)


def _package(name: str, source: str) -> HostSetting:
    # The newest list of packages is the one that is fetched once the security archive is known.
    return HostSetting(name=f"package/{name}", value=True, source=source, after=("apt/security",))


def _banner(path: str, source: str) -> HostSetting:
    name = f"file/{path[1:].replace('/', '-')}"
    return FileSetting(name=name, value=texts.BANNER, source=source, path=path, stays=True)


def _files(particulars: Particulars) -> tuple[HostSetting, ...]:
    return (
        _banner("/etc/issue", "CIS 1.6.2; BANN-7126"),
        _banner("/etc/issue.net", "CIS 1.6.3; BANN-7130"),
        FileSetting(
            name="file/shell-limits", value=texts.SHELL, source="H12; AUTH-9328", path="/etc/profile.d/slipway.sh"
        ),
        FileSetting(
            name="file/core-limits",
            value=texts.CORE_LIMITS,
            source="H12; CIS 1.5.3; KRNL-5820",
            path="/etc/security/limits.d/slipway-core.conf",
        ),
        FileSetting(
            name="file/coredump",
            value=texts.COREDUMP,
            source="H12; CIS 1.5.3; KRNL-5820",
            path="/etc/systemd/coredump.conf.d/slipway.conf",
        ),
        FileSetting(
            name="file/needrestart",
            value=texts.NEEDRESTART,
            source="H14",
            path="/etc/needrestart/conf.d/slipway.conf",
        ),
        FileSetting(
            name="file/unattended-upgrades",
            value=texts.upgrades(particulars),
            source="H14; PKGS-7420",
            path="/etc/apt/apt.conf.d/52slipway-upgrades",
        ),
        HostSetting(name="sudoers/defaults", value=texts.SUDO, source="H13; CIS 5.2.2; CIS 5.2.3"),
        FileSetting(
            name="file/sudo-log-rotation",
            value=texts.SUDO_ROTATION,
            source="H13",
            path="/etc/logrotate.d/slipway-sudo",
            after=("package/logrotate",),
        ),
        LineSetting(
            name="line/sysstat-ENABLED",
            value='"true"',
            source="H14; ACCT-9626",
            path="/etc/default/sysstat",
            option="ENABLED",
            separator="=",
            after=("package/sysstat",),
        ),
    )


def _audit() -> tuple[HostSetting, ...]:
    """Return the rules of auditd and what loads them: its own unit refuses to be restarted."""
    rules = FileSetting(
        name="file/audit-rules",
        value=texts.audit_rules(),
        source="H15; CIS Docker 1.1.3",
        path="/etc/audit/rules.d/50-slipway.rules",
        mode="0640",
        after=("package/auditd",),
    )
    unit = FileSetting(
        name="file/audit-unit",
        value=texts.AUDIT_UNIT,
        source="H15",
        path="/etc/systemd/system/slipway-audit.service",
    )
    loading = UnitSetting(
        name="unit/slipway-audit.service",
        value="running",
        source="H15; ACCT-9630",
        restart_on=(rules.name,),
        after=(rules.name, unit.name, "unit/auditd.service"),
    )
    return rules, unit, loading


def _units() -> tuple[HostSetting, ...]:
    return tuple(
        UnitSetting(name=f"unit/{unit}", value="running", source=source, after=(f"package/{package}",))
        for unit, (source, package) in _UNITS.items()
    )


def _jobs() -> HostSetting:
    return FileSetting(
        name="file/run-job",
        value=scripts.text("run_job.py"),
        source="what became of each run of a product's job is written down",
        path=JOB_SCRIPT,
        minimal=True,
    )


def _pruning() -> tuple[HostSetting, ...]:
    script = FileSetting(
        name="file/prune-images",
        value=scripts.text("prune_images.py"),
        source="the last five releases of a service stay",
        path=PRUNE_SCRIPT,
        minimal=True,
    )
    timer = TimerSetting(
        name="timer/prune",
        value="*-*-* 03:30:00",
        source="the last five releases of a service stay",
        description="Remove images that no rollback needs",
        command=("/usr/bin/python3", "-I", PRUNE_SCRIPT),
        minimal=True,
        after=(script.name,),
    )
    return script, timer
