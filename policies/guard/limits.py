"""Rules on what a container may use up, and how it is kept alive."""

from collections.abc import Iterator
from typing import Final

from pulumi_policy import EnforcementLevel, Severity

from .inputs import Sentence
from .resource import Resource
from .rules import rule
from .types import CONTAINER, SERVICE
from .workload import WORKLOADS, read

MOST_RETRIES: Final = 5
BOUNDED_DRIVERS: Final = frozenset({"json-file", "local"})
"""Drivers that write files on the server; by themselves they never stop."""
BOUNDS: Final = ("max-size", "max-file")


@rule(
    "D17",
    on=WORKLOADS,
    severity=Severity.HIGH,
    remedy="Set `memory`, in MiB, and `memorySwap` to the same number (`mem_limit` in the compose file).",
    sources=("CIS Docker 5.11", "KICS bb9ac4f7", "CL-0026"),
)
def container_has_memory_limit(workload: Resource) -> Iterator[Sentence]:
    """Containers have a hard memory limit and no swap.

    Without one a leak takes the whole server down; with swap left at its default Docker grants the limit once more.
    """
    place, memory = read(workload, "memory")
    if (memory or 0) <= 0:
        yield f"`{place}` is not set."
    elif workload.kind == CONTAINER and workload.get("memorySwap") != memory:
        yield "`memorySwap` is not the same as `memory`."


@rule(
    "D18",
    on=WORKLOADS,
    severity=Severity.MEDIUM,
    level=EnforcementLevel.ADVISORY,
    remedy="Set `cpus` (the same in the compose file), or `cpuShares` for what must come first and may take all.",
    sources=("CIS Docker 5.12", "KICS 6b610c50", "CL-0026"),
)
def container_has_processor_limit(workload: Resource) -> Iterator[Sentence]:
    """Containers have a share of the processors.

    One that spins starves everything else on the server, SSH included.
    """
    place, processors = read(workload, "cpus")
    if not float(processors or 0) and not workload.get("cpuShares"):
        yield f"`{place}` is not set."


@rule(
    "D19",
    on=CONTAINER,
    severity=Severity.MEDIUM,
    level=EnforcementLevel.ADVISORY,
    remedy="Limit `nproc` by `ulimits` and run as a user of its own, all of whose threads on the server count, or put "
    "it into a slice with `TasksMax` by `cgroupParent`.",
    sources=("CIS Docker 5.29", "KICS 221e0658"),
)
def container_has_process_limit(container: Resource) -> Iterator[Sentence]:
    """Containers can make so many processes and no more.

    A fork bomb in one ends with nobody being able to sign in. The provider cannot set `pids_limit`.
    """
    if container.get("cgroupParent"):
        return
    limits = [limit for limit in container.get("ulimits") or () if limit.get("name") == "nproc"]
    if not any((limit.get("hard") or 0) > 0 for limit in limits):
        yield "`ulimits` does not limit `nproc`."


@rule(
    "D22",
    on=WORKLOADS,
    severity=Severity.MEDIUM,
    remedy="Set `healthcheck.tests`. A container that runs to completion says so with `mustRun: false`.",
    sources=("CIS Docker 5.27", "KICS 698ed579"),
)
def container_has_healthcheck(workload: Resource) -> Iterator[Sentence]:
    """Containers that keep running have a healthcheck.

    A release is switched over only when its container is healthy; one baked into the image cannot be seen here.
    """
    if _runs_to_completion(workload):
        return
    place, given = read(workload, "healthcheck")
    tests = tuple(given or ())
    if not tests:
        yield f"`{place}` is not set."
    elif tests[0] == "NONE":
        yield f"`{place}` turns the healthcheck off."
    elif tests in {("CMD",), ("CMD-SHELL",)}:
        yield f"`{place}` names no command."


@rule(
    "D23",
    on=WORKLOADS,
    severity=Severity.MEDIUM,
    remedy=f"Set `restart` to `unless-stopped`, `always`, or `on-failure` with `maxRetryCount` 1 to {MOST_RETRIES}. "
    "A container that runs to completion says so with `mustRun: false`.",
    sources=("CIS Docker 5.15", "KICS 2fc99041"),
)
def container_has_restart_policy(workload: Resource) -> Iterator[Sentence]:
    """Containers that keep running come back after a crash and after a reboot.

    Docker's default is to leave a stopped container down; endless retries hide that it never works.
    """
    if _runs_to_completion(workload):
        return
    if workload.kind == SERVICE:
        policy = workload["taskSpec"].get("restartPolicy") or {}
        if (policy.get("condition") or "any") == "none":
            yield "`taskSpec.restartPolicy.condition` does not bring the task back."
        return
    restart = workload.get("restart") or "no"
    if restart == "on-failure":
        if not 1 <= (workload.get("maxRetryCount") or 0) <= MOST_RETRIES:
            yield f"`maxRetryCount` is not between 1 and {MOST_RETRIES}."
    elif restart not in {"always", "unless-stopped"}:
        yield "`restart` does not bring the container back."


@rule(
    "D24",
    on=WORKLOADS,
    severity=Severity.MEDIUM,
    remedy="Set `logDriver` to `json-file` with `max-size` and `max-file` in `logOpts` (`logging` in the compose "
    "file).",
    sources=("CIS Docker 2.13", "CL-0014"),
)
def container_log_is_kept_and_bounded(workload: Resource) -> Iterator[Sentence]:
    """Containers write a log that cannot fill the disk.

    Without a log nobody can say what happened; without a bound the log is what happens. Where no driver is named, that
    of the engine's own settings holds, which are bounded.
    """
    place, driver = read(workload, "driver")
    if driver == "none":
        yield f"`{place}` throws the log away."
    elif driver in BOUNDED_DRIVERS:
        place, options = read(workload, "logging")
        yield from (f"`{place}` has no `{bound}`." for bound in BOUNDS if not (options or {}).get(bound))


@rule(
    "D34",
    on=SERVICE,
    severity=Severity.MEDIUM,
    level=EnforcementLevel.ADVISORY,
    remedy="Set `updateConfig.failureAction` to `rollback`, and `order` to `start-first` where the tasks share no "
    "data.",
)
def service_goes_back_when_an_update_fails(service: Resource) -> Iterator[Sentence]:
    """Services of a Swarm go back to what worked when an update fails.

    Docker's default is to stop half-way, with some tasks new and some gone.
    """
    update = service.get("updateConfig") or {}
    if update.get("failureAction") != "rollback":
        yield "`updateConfig.failureAction` is not `rollback`."
    _, mounts = read(service, "mounts")
    stateful = any(not mount.get("readOnly") for mount in mounts or () if mount.get("type") != "tmpfs")
    if not stateful and update.get("order") != "start-first":
        yield "`updateConfig.order` is not `start-first`."


def _runs_to_completion(workload: Resource) -> bool:
    """Tell whether the program says that the container may end; the provider then reads an ended one as healthy."""
    return workload.get("mustRun") is False
