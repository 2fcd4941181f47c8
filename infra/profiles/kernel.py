"""Kernel settings and blocked modules.

Forwarding stays as it is: `ip_forward=0`, which CIS 3.3.1 and others ask for, cuts every container off. Settings that
cannot be taken back before a reboot are not among them (`kernel.unprivileged_bpf_disabled` is 2, not 1).
"""

from infra.profiles.setting import HostSetting

_SYSCTLS = {
    "dev.tty.ldisc_autoload": (0, "H10; KRNL-6000"),
    "fs.protected_fifos": (2, "H10; KRNL-6000"),
    "fs.protected_hardlinks": (1, "H10; KRNL-6000"),
    "fs.protected_regular": (2, "H10; KRNL-6000"),
    "fs.protected_symlinks": (1, "H10; KRNL-6000"),
    "fs.suid_dumpable": (0, "H10; CIS 1.5.3; KRNL-6000"),
    "kernel.core_uses_pid": (1, "H10; KRNL-6000"),
    "kernel.dmesg_restrict": (1, "H10; KRNL-6000"),
    "kernel.kptr_restrict": (2, "H10; KRNL-6000"),
    "kernel.perf_event_paranoid": (3, "H10; KRNL-6000"),
    "kernel.randomize_va_space": (2, "H10; CIS 1.5.1; KRNL-6000"),
    "kernel.sysrq": (0, "H10; KRNL-6000"),
    "kernel.unprivileged_bpf_disabled": (2, "H10; T10"),
    "kernel.yama.ptrace_scope": (2, "H10; CIS 1.5.2; KRNL-6000"),
    "net.core.bpf_jit_harden": (2, "H10; KRNL-6000"),
    "net.ipv4.conf.all.accept_redirects": (0, "H10; CIS 3.3.5; KRNL-6000"),
    "net.ipv4.conf.all.accept_source_route": (0, "H10; CIS 3.3.8; KRNL-6000"),
    "net.ipv4.conf.all.bootp_relay": (0, "KRNL-6000"),
    "net.ipv4.conf.all.log_martians": (1, "H10; CIS 3.3.9; KRNL-6000"),
    "net.ipv4.conf.all.proxy_arp": (0, "KRNL-6000"),
    "net.ipv4.conf.all.rp_filter": (1, "H10; CIS 3.3.7; KRNL-6000"),
    "net.ipv4.conf.all.secure_redirects": (0, "H10; CIS 3.3.6"),
    "net.ipv4.conf.all.send_redirects": (0, "H10; CIS 3.3.2; KRNL-6000"),
    "net.ipv4.conf.default.accept_redirects": (0, "H10; CIS 3.3.5; KRNL-6000"),
    "net.ipv4.conf.default.accept_source_route": (0, "H10; CIS 3.3.8; KRNL-6000"),
    "net.ipv4.conf.default.log_martians": (1, "H10; CIS 3.3.9; KRNL-6000"),
    "net.ipv4.conf.default.rp_filter": (1, "H10; CIS 3.3.7"),
    "net.ipv4.conf.default.secure_redirects": (0, "H10; CIS 3.3.6"),
    "net.ipv4.conf.default.send_redirects": (0, "H10; CIS 3.3.2"),
    "net.ipv4.icmp_echo_ignore_broadcasts": (1, "H10; CIS 3.3.4; KRNL-6000"),
    "net.ipv4.icmp_ignore_bogus_error_responses": (1, "H10; CIS 3.3.3; KRNL-6000"),
    "net.ipv4.tcp_rfc1337": (1, "H10"),
    "net.ipv4.tcp_syncookies": (1, "H10; CIS 3.3.10; KRNL-6000"),
    "net.ipv6.conf.all.accept_redirects": (0, "H10; CIS 3.3.5; KRNL-6000"),
    "net.ipv6.conf.all.accept_source_route": (0, "H10; CIS 3.3.8; KRNL-6000"),
    "net.ipv6.conf.default.accept_redirects": (0, "H10; CIS 3.3.5; KRNL-6000"),
    "net.ipv6.conf.default.accept_source_route": (0, "H10; CIS 3.3.8; KRNL-6000"),
}
# Never squashfs or overlay, which Docker and snaps need, nor vfat, which EFI boots from.
_MODULES = {
    "cramfs": "H11; CIS 1.1.1.1",
    "dccp": "H11; CIS 3.2.1; NETW-3200",
    "firewire-core": "H11; STRG-1846",
    "firewire-ohci": "H11; STRG-1846",
    "firewire-sbp2": "H11; STRG-1846",
    "freevxfs": "H11; CIS 1.1.1.2",
    "hfs": "H11; CIS 1.1.1.3",
    "hfsplus": "H11; CIS 1.1.1.4",
    "jffs2": "H11; CIS 1.1.1.5",
    "rds": "H11; CIS 3.2.3; NETW-3200",
    "sctp": "H11; CIS 3.2.4; NETW-3200",
    "tipc": "H11; CIS 3.2.2; NETW-3200",
    "udf": "H11; CIS 1.1.1.7",
    "usb-storage": "H11; CIS 1.1.1.8; USB-1000",
}

SETTINGS: tuple[HostSetting, ...] = (
    *(HostSetting(name=f"sysctl/{key}", value=value, source=source) for key, (value, source) in _SYSCTLS.items()),
    *(HostSetting(name=f"module/{key}", value=True, source=source) for key, source in _MODULES.items()),
)
