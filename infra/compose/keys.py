"""Compose keys that Slipway does not turn into a resource, each with what to do instead."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from infra.config.mistakes import Step

_SWARM = "is for Swarm: remove it"
_LIMITED = "Docker's provider cannot set it: remove it"
_OWN_NAMES = "Slipway names it `<stack>-<product>-<name>`, so that products of one server do not meet: remove it"
_OWN_OBJECTS = "everything a product uses is its own: remove it"

SERVICE_REFUSED = {
    "annotations": "say it by `labels`",
    "attach": "concerns `docker compose up` on a terminal: remove it",
    "blkio_config": _LIMITED,
    "build": "build the image in CI, push it, and name it by `image`",
    "cgroup*": "a container stays in its own control group: remove it",
    "container_name": _OWN_NAMES,
    "cpu_*": "limit processors by `cpus`",
    "credential_spec": "is for Windows: remove it",
    "deploy.resources.limits.pids": "limit the threads of its user by `ulimits: {nproc: …}`",
    "deploy.labels": "are Swarm's: say them by `labels`",
    "deploy.resources.reservations.devices": "a container gets no GPU of the server: remove it",
    "deploy.resources.reservations.*": "a server's processors are not reserved: keep `memory` only",
    "deploy.restart_policy.*": "Docker waits longer after each failure by itself: keep `condition` and `max_attempts`",
    "deploy.update_config.*": "a release is gated, and put back when it fails, by itself: keep `order` only",
    "deploy.*": _SWARM,
    "depends_on.*.restart": "a service is not restarted because another one is: remove it",
    "develop": "belongs in a compose file for development that the stack file does not name",
    "device_cgroup_rules": "a container gets no device of the server: remove it",
    "external_links": "services of one product call each other by service name; others by their domain",
    "gpus": "a container gets no device of the server: remove it",
    "isolation": "is for Windows: remove it",
    "links*": "services of one product call each other by service name; a second name is a network's `aliases`",
    "mac_address": "containers get their addresses from Docker: remove it",
    "mem_swappiness": "limit memory by `mem_limit`; there is no swap",
    "memswap_limit": "limit memory by `mem_limit`; there is no swap",
    "models": "Slipway runs no models: call one by its URL",
    "network_mode": "put the service on `networks`; what other machines may reach is an `ingress` of the stack file",
    "networks.*.*": "keep `aliases` and `ipv4_address` only",
    "oom_*": "limit memory by `mem_limit`",
    "pids_limit": "limit the threads of its user by `ulimits: {nproc: …}`",
    "ports.*.*": "keep address, published port, target and protocol only",
    "post_start": "do it in the image's entrypoint",
    "pre_stop": "let the process do it on `stop_signal`",
    "privileged": "a privileged container is root on the server: name the one capability it needs under `cap_add`",
    "provider": "Slipway runs containers only",
    "pull_*": "an image is pulled once, by digest: remove it",
    "runtime": _LIMITED,
    "secrets.*.*": "only the container's user can read the file: keep `source` and `target` only",
    "storage_opt": _LIMITED,
    "use_api_socket": "a container that reaches Docker is root on the server: remove it",
    "userns_mode": "a container keeps to its own namespaces: remove it",
    "uts": "a container keeps to its own namespaces: remove it",
    "volumes.*.bind.selinux": "Debian has no SELinux: remove `z` or `Z`",
    "volumes.*.bind.*": "keep `propagation` and `create_host_path` only",
    "configs.*.*": "keep `source`, `target`, `uid`, `gid` and `mode` only",
    "devices.*.*": "keep `source`, `target` and `permissions` only",
    "volumes.*.volume.*": "a volume is mounted as it is: remove it",
    "volumes_from": "name the volume in both services",
}
"""Place inside a service, `*` for any name → what to do."""

TOP_LEVEL_REFUSED = {
    "configs.*.external": "write the text under `content`, or name a `file` of the repository",
    "configs.*.name": _OWN_NAMES,
    "configs.*.*": "keep `content`, `file` or `environment`",
    "models": "Slipway runs no models: call one by its URL",
    "networks.*.external": _OWN_OBJECTS,
    "networks.*.name": _OWN_NAMES,
    "networks.*.attachable": _SWARM,
    "networks.*.ipam.config.*.*": "keep `subnet`, `ip_range`, `gateway` and `aux_addresses` only",
    "networks.*.ipam.*": "keep `config` only",
    "networks.*.*": "keep `driver_opts`, `enable_ipv6`, `internal`, `ipam` and `labels` only",
    "secrets.*.file": "a secret is not a file of the repository: write `external: true`, and say under "
    "`slipway:products.<product>.secrets` where it comes from",
    "secrets.*.name": "name it under `slipway:products.<product>.secrets`",
    "secrets.*.*": "write `external: true`, and say under `slipway:products.<product>.secrets` where it comes from",
    "volumes.*.external": _OWN_OBJECTS,
    "volumes.*.name": _OWN_NAMES,
    "volumes.*.*": "keep `driver_opts` and `labels` only",
    "x-slipway": "belongs in a service",
}
"""Place in the file, outside services → what to do."""


RESOLVED = ("env_file", "extends", "label_file")
"""Keys of a service that are gone once Docker Compose has merged what they name."""


def advice(refused: dict[str, str], steps: Sequence[Step]) -> str | None:
    """Return what to do about a place that Slipway refuses; None for one it does not know of."""
    path = ".".join(str(step) for step in steps)
    return next((text for pattern, text in refused.items() if fnmatchcase(path, pattern)), None)
