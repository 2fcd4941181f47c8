"""What notices that files of the system are other than they should be: AIDE, debsums, a search for rootkits."""

from infra.profiles import scripts
from infra.profiles.setting import FileSetting, HostSetting, LineSetting, ModeSetting, TimerSetting, UnitSetting

# Debian's own configuration, in aide-common, reads the whole server with the images and volumes of its containers, and
# its installation begins with that.
_AIDE = """\
# Written by Slipway: what changes by an upgrade or by hand only, not what containers write.
database_in=file:/var/lib/aide/aide.db
database_out=file:/var/lib/aide/aide.db.new
gzip_dbout=no
report_url=stdout
Content = ftype+p+u+g+sha512
/boot Content
/etc Content
/root Content
/usr Content
"""
_SCRIPT = f"{scripts.FOLDER}/watch-files"
_FIRST_UNIT = "slipway-aide-first.service"
# Reading everything takes a while, which no `up` waits for: the unit counts as started once the script runs.
_FIRST = f"""\
[Unit]
Description=Remember how the files of the system are

[Service]
Type=exec
RemainAfterExit=yes
ExecStart=/bin/sh {_SCRIPT} first
Nice=19
IOSchedulingClass=idle

[Install]
WantedBy=multi-user.target
"""

SETTINGS: tuple[HostSetting, ...] = (
    HostSetting(name="package/aide", value=True, source="H14; CIS 6.3.1; FINT-4350", after=("apt/security",)),
    FileSetting(
        name="file/aide",
        value=_AIDE,
        source="H14; CIS 6.3.2; FINT-4315; FINT-4402",
        path="/etc/aide/aide.conf",
        mode="0600",
    ),
    FileSetting(
        name="file/aide-script",
        value=scripts.text("watch_files.sh"),
        source="H14; CIS 6.3.2",
        path=_SCRIPT,
    ),
    FileSetting(name="file/aide-unit", value=_FIRST, source="FINT-4316", path=f"/etc/systemd/system/{_FIRST_UNIT}"),
    UnitSetting(
        name=f"unit/{_FIRST_UNIT}",
        value="running",
        source="FINT-4316",
        after=("package/aide", "file/aide", "file/aide-script", "file/aide-unit"),
    ),
    TimerSetting(
        name="timer/aide",
        value="*-*-* 05:00:00",
        source="H14; CIS 6.3.2",
        description="Tell which files of the system have changed since yesterday",
        command=("/bin/sh", _SCRIPT),
        after=("package/aide", "file/aide", "file/aide-script"),
    ),
    HostSetting(name="package/debsums", value=True, source="H14; PKGS-7370", after=("apt/security",)),
    LineSetting(
        name="line/debsums-CRON_CHECK",
        value="weekly",
        source="H14; PKGS-7370",
        path="/etc/default/debsums",
        option="CRON_CHECK",
        separator="=",
        after=("package/debsums", "package/cron"),
    ),
    # Its own timer runs it every night.
    HostSetting(name="package/chkrootkit", value=True, source="HRDN-7230; MALW-3275", after=("apt/security",)),
    # It comes with what reads programs; nothing on a server assembles any.
    ModeSetting(name="mode/usr-bin-as", value="0750", source="H14; HRDN-7222", path="/usr/bin/as"),
)
