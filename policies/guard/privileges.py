"""Rules on what a container may do to the server it runs on."""

import re
from collections.abc import Iterator
from typing import Any, Final

from pulumi_policy import EnforcementLevel, Severity

from .inputs import Sentence, each
from .resource import Resource
from .rules import rule
from .settings import Setting
from .types import CONTAINER
from .workload import WORKLOADS, each_of, labels, read

ALLOWED_CAPABILITIES: Final = frozenset({"NET_BIND_SERVICE", "CHOWN", "SETUID", "SETGID", "DAC_OVERRIDE", "FOWNER"})
"""What entrypoints need to bind a low port, take over a data folder and drop to their user; nothing reaches the server.

DAC_READ_SEARCH is left out on purpose: it opens files by handle, past the container's mounts, and the narrower-sounding
name makes it an easy mistake. A database that reads its password file as root is served by DAC_OVERRIDE.
"""
NAMESPACES: Final = ("pidMode", "ipcMode", "usernsMode", "cgroupnsMode", "networkMode")
NO_NEW_PRIVILEGES: Final = frozenset({"no-new-privileges", "no-new-privileges:true", "no-new-privileges=true"})
UNCONFINED: Final = frozenset(
    {"seccomp=unconfined", "apparmor=unconfined", "label=disable", "systempaths=unconfined", "no-new-privileges=false"}
)
DEVICES: Final = re.compile(
    r"/dev(/(mem|kmem|kmsg|port|kvm|fuse|loop\d*|loop-control|mapper(/.*)?|disk/.*|(sd|hd|vd|xvd|nvme|dm-|md|nbd)\w*))?/?"
)
"""Devices by which memory, disks or the kernel of the server are reached."""
ROOT: Final = re.compile(r"root|[+-]?0+")
"""How a user that is root is written: the engine reads numbers with a sign and leading zeros."""
SYSCTLS: Final = (
    "net.core.somaxconn",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_tw_reuse",
)
"""Settings of the container's own network namespace that weaken nothing."""
RUNTIMES: Final = frozenset({"", "runc", "runsc", "sysbox-runc"})


@rule(
    "D01",
    on=CONTAINER,
    severity=Severity.CRITICAL,
    remedy="Drop `privileged`; add the one capability it needs.",
    sources=("CIS Docker 5.5", "KICS ae5b6871", "CL-0002"),
)
def container_is_not_privileged(container: Resource) -> Iterator[Sentence]:
    """Containers never run privileged.

    A privileged container is root on the server: every device, every capability, no seccomp.
    """
    if container.get("privileged"):
        yield "`privileged` is set."


@rule(
    "D07",
    on=CONTAINER,
    severity=Severity.CRITICAL,
    remedy="Drop the setting: a container keeps to its own namespaces.",
    sources=(
        "CIS Docker 5.16",
        "CIS Docker 5.17",
        "CIS Docker 5.31",
        "KICS 4f31dd9f",
        "KICS baa3890f",
        "KICS 8af7162d",
        "CL-0010",
    ),
)
def container_keeps_to_its_namespaces(container: Resource) -> Iterator[Sentence]:
    """Containers share no namespace with the server or with another container.

    The server's processes can be traced, its memory read and its users impersonated through a shared one.
    """
    for name in NAMESPACES:
        mode = container.get(name) or ""
        if mode == "host" and name != "networkMode":
            yield f"`{name}` is the server's own."
        elif mode.startswith("container:"):
            yield f"`{name}` is that of another container."


@rule(
    "D08",
    on=WORKLOADS,
    severity=Severity.HIGH,
    remedy="Drop `ALL` capabilities and add back only what the program needs, from: "
    + ", ".join(f"`CAP_{name}`" for name in sorted(ALLOWED_CAPABILITIES))
    + ". Anything else needs a waiver.",
    sources=(
        "CIS Docker 5.4",
        "KICS ce76b7d0",
        "CL-0006",
        "CL-0011",
        "CL-0024",
        "CL-0027",
        "CL-0028",
        "CL-0029",
        "CL-0030",
    ),
)
def container_drops_capabilities(workload: Resource) -> Iterator[Sentence]:
    """Containers drop all capabilities and add back only harmless ones.

    Docker's default set is more than a service needs, and some capabilities are a way out of the container.
    """
    yield from each_of(workload, "adds", _added)
    place, drops = read(workload, "drops")
    if not any(_capability(name) == "ALL" for name in drops or ()):
        yield f"`{place}` does not hold `ALL`."


@rule(
    "D09",
    on=CONTAINER,
    severity=Severity.HIGH,
    remedy="Add `no-new-privileges:true` to `securityOpts` (`security_opt` in the compose file).",
    sources=("CIS Docker 5.26", "CIS Docker 2.14", "KICS 27fcc7d6", "KICS 610e266e", "CL-0003"),
)
def container_gains_no_privileges(container: Resource) -> Iterator[Sentence]:
    """Processes in a container cannot gain privileges.

    Without it a setuid program in the image makes root of any user. Of Swarm's tasks the engine's own setting takes
    care.
    """
    if not any(option in NO_NEW_PRIVILEGES for option in container.get("securityOpts") or ()):
        yield "`securityOpts` does not hold `no-new-privileges:true`."


@rule(
    "D10",
    on=CONTAINER,
    severity=Severity.CRITICAL,
    remedy="Take the option away; Docker's own profiles fit nearly every program.",
    sources=("CIS Docker 5.2", "CIS Docker 5.3", "CIS Docker 5.22", "KICS 404fde2c", "CL-0009"),
)
def container_stays_confined(container: Resource) -> Iterator[Sentence]:
    """Containers keep the profiles of seccomp, AppArmor and SELinux.

    They are what stands between a broken program and a hole in the kernel.
    """
    yield from each(container, "securityOpts", _unconfined)


@rule(
    "D21",
    on=WORKLOADS,
    severity=Severity.MEDIUM,
    level=EnforcementLevel.ADVISORY,
    remedy="Set `user` to a number that is not 0; what the image's entrypoint needs root for is a reviewed waiver, or "
    "the image's repository under `start_as_root`.",
    sources=("CIS Docker 4.1", "CL-0018"),
    settings={"start_as_root": Setting(description="Repositories of images that begin as root and drop to a user.")},
)
def container_runs_as_a_user(workload: Resource) -> Iterator[Sentence]:
    """Containers run as a user that is not root.

    Root in a container is root on the server as soon as it gets out.
    """
    _, image = read(workload, "image")
    if repository(image or "") in workload.settings["start_as_root"]:
        return
    place, user = read(workload, "user")
    if not user:
        yield f"`{place}` is not set."
    elif ROOT.fullmatch(user.partition(":")[0]):
        yield f"`{place}` is root."


@rule(
    "D25",
    on=CONTAINER,
    severity=Severity.CRITICAL,
    remedy="Take the device away, or name the one device that the program is about and have it reviewed.",
    sources=("CIS Docker 5.18", "CL-0016"),
)
def container_reaches_no_device(container: Resource) -> Iterator[Sentence]:
    """Containers get no device by which the server's memory or disks are reached.

    Such a device is the server, without any of its permissions.
    """
    yield from each(container, "devices", _device)
    yield from each(container, "deviceCgroupRules", _every_device)


@rule(
    "D32",
    on=WORKLOADS,
    severity=Severity.HIGH,
    remedy="Drop it, or list a harmless one under `sysctls`; what is labelled `untrusted` runs under `runsc` or "
    "`sysbox-runc`.",
    sources=("Slipway SEC-001",),
    settings={"sysctls": Setting(description="Kernel settings a container may have.", default=SYSCTLS)},
)
def container_keeps_the_kernel_as_it_is(workload: Resource) -> Iterator[Sentence]:
    """Containers set no kernel settings but harmless ones, and run under a runtime that is known.

    An unknown runtime can do without any isolation; what nobody trusts gets a kernel of its own.
    """
    place, sysctls = read(workload, "sysctls")
    for name in sysctls or ():
        if name not in workload.settings["sysctls"]:
            yield f"`{place}` sets `{name}`."
    runtime = workload.get("runtime") or "" if workload.kind == CONTAINER else ""
    if runtime not in RUNTIMES:
        yield "`runtime` is none that is known."
    elif runtime in {"", "runc"} and labels(workload).get("untrusted") == "true":
        yield "`runtime` shares the kernel, and the container is labelled `untrusted`."


@rule(
    "D37",
    on=CONTAINER,
    severity=Severity.MEDIUM,
    remedy="Drop `cgroupParent`, or list the slice under `slices` when it sets limits of its own.",
    sources=("CIS Docker 5.25", "KICS 4d9f44c6"),
    settings={"slices": Setting(description="Control groups that set limits of their own.")},
)
def container_stays_in_its_control_group(container: Resource) -> Iterator[Sentence]:
    """Containers stay below the engine's own control group.

    Under another parent the limits of the server's services are no longer theirs.
    """
    parent = container.get("cgroupParent")
    if parent and parent not in container.settings["slices"]:
        yield "`cgroupParent` is set."


def repository(image: str) -> str:
    """Return an image's reference without tag and digest."""
    name = image.partition("@")[0]
    head, slash, last = name.rpartition("/")
    return f"{head}{slash}{last.partition(':')[0]}"


def _capability(name: str) -> str:
    return name.upper().removeprefix("CAP_")


def _added(place: str, name: str) -> Iterator[Sentence]:
    if _capability(name) not in ALLOWED_CAPABILITIES:
        yield f"`{place}` is a capability outside the allowed set."


def _unconfined(place: str, option: str) -> Iterator[Sentence]:
    if option.replace(":", "=", 1) in UNCONFINED:
        yield f"`{place}` turns a protection off."


def _device(place: str, device: Any) -> Iterator[Sentence]:
    if DEVICES.fullmatch(device.get("hostPath") or ""):
        yield f"`{place}.hostPath` reaches the server's memory, disks or kernel."


def _every_device(place: str, line: str) -> Iterator[Sentence]:
    kind, _, rest = line.partition(" ")
    if kind == "a" or rest.startswith("*:"):
        yield f"`{place}` is about every device."
