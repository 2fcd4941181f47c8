"""Compose keys that Slipway does not turn into a resource, each with what to do instead."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from infra.config.mistakes import Step

_SWARM = "is for Swarm: remove it"
_LIMITED = "Docker's provider cannot set it: remove it"
_OWN_NAMES = "Slipway names it `<stack>-<product>-<name>`, so that two stacks can share a server: remove it"
_OWN_OBJECTS = "everything a product uses is its own: remove it"

SERVICE_REFUSED = {
    "annotations": "say it by `labels`",
    "attach": "concerns `docker compose up` on a terminal: remove it",
    "blkio_config": _LIMITED,
    "build": "build the image in CI, push it, and name it by `image`",
    "cgroup*": "a container stays in its own control group: remove it",
    "configs": "mount a file by `volumes`, or put it into the image",
    "container_name": _OWN_NAMES,
    "cpu_*": "limit processors by `cpus`",
    "cpuset": "limit processors by `cpus`",
    "credential_spec": "is for Windows: remove it",
    "deploy.resources.limits.pids": "limit processes by `ulimits: {nproc: …}`",
    "deploy.resources.reservations": "a server's memory is not reserved: keep `limits` only",
    "deploy.restart_policy": "say it by `restart`",
    "deploy.*": _SWARM,
    "depends_on.*.restart": "a service is not restarted because another one is: remove it",
    "develop": "belongs in a compose file for development that the stack file does not name",
    "devices": "a container gets no device of the server: remove it",
    "device_cgroup_rules": "a container gets no device of the server: remove it",
    "dns*": "containers use the server's name service; a fixed name belongs in `extra_hosts`",
    "domainname": "put the full name into `hostname`",
    "extends.file": "name that file under `compose` in the stack file, so that a change in it is seen",
    "external_links": "services of one product call each other by service name; others by their domain",
    "gpus": "a container gets no device of the server: remove it",
    "ipc": "a container keeps to its own namespaces: remove it",
    "isolation": "is for Windows: remove it",
    "links*": "services of one product call each other by service name; a second name is a network's `aliases`",
    "mac_address": "containers get their addresses from Docker: remove it",
    "mem_reservation": "limit memory by `mem_limit`; there is no swap",
    "mem_swappiness": "limit memory by `mem_limit`; there is no swap",
    "memswap_limit": "limit memory by `mem_limit`; there is no swap",
    "models": "Slipway runs no models: call one by its URL",
    "network_mode": "put the service on `networks`; what other machines may reach is an `ingress` of the stack file",
    "networks.*.*": "containers get their addresses from Docker: keep `aliases` only",
    "oom_*": "limit memory by `mem_limit`",
    "pid": "a container keeps to its own namespaces: remove it",
    "pids_limit": "limit processes by `ulimits: {nproc: …}`",
    "platform": "a server runs images of its own architecture: remove it",
    "ports.*.*": "keep address, published port, target and protocol only",
    "post_start": "do it in the image's entrypoint",
    "pre_stop": "let the process do it on `stop_signal`",
    "privileged": "a privileged container is root on the server: name the one capability it needs under `cap_add`",
    "profiles": "a stack runs all services of its files: put this one into a file that the stack file does not name",
    "provider": "Slipway runs containers only",
    "pull_*": "an image is pulled once, by digest: remove it",
    "runtime": _LIMITED,
    "scale": "Slipway runs one container of a service on a server: remove it",
    "stdin_open": "concerns a terminal: remove it",
    "tty": "concerns a terminal: remove it",
    "secrets.*.*": "only the container's user can read the file: keep `source` and `target` only",
    "storage_opt": _LIMITED,
    "use_api_socket": "a container that reaches Docker is root on the server: remove it",
    "userns_mode": "a container keeps to its own namespaces: remove it",
    "uts": "a container keeps to its own namespaces: remove it",
    "volumes.*.bind.*": "a folder of the server is mounted as it is: remove it",
    "volumes.*.volume.*": "a volume is mounted as it is: remove it",
    "volumes_from": "name the volume in both services",
}
"""Place inside a service, `*` for any name → what to do."""

TOP_LEVEL_REFUSED = {
    "configs": "mount a file by `volumes`, or put it into the image",
    "include": "name every file under `compose` in the stack file, so that a change in one is seen",
    "models": "Slipway runs no models: call one by its URL",
    "networks.*.external": _OWN_OBJECTS,
    "networks.*.name": _OWN_NAMES,
    "networks.*.*": "Slipway makes plain bridge networks: keep `internal` only",
    "secrets.*.file": "a secret is not a file of the repository: write `external: true`, and say under "
    "`slipway:products.<product>.secrets` where it comes from",
    "secrets.*.name": "name it under `slipway:products.<product>.secrets`",
    "secrets.*.*": "write `external: true`, and say under `slipway:products.<product>.secrets` where it comes from",
    "volumes.*.external": _OWN_OBJECTS,
    "volumes.*.name": _OWN_NAMES,
    "volumes.*.*": "Slipway makes plain local volumes: remove it",
    "x-slipway": "belongs in a service",
}
"""Place in the file, outside services → what to do."""


RESOLVED = ("extends", "env_file", "label_file")
"""Keys of a service that are gone once Docker Compose has merged what they name."""


def advice(refused: dict[str, str], steps: Sequence[Step]) -> str | None:
    """Return what to do about a place that Slipway refuses; None for one it does not know of."""
    path = ".".join(str(step) for step in steps)
    return next((text for pattern, text in refused.items() if fnmatchcase(path, pattern)), None)
