"""Services of a Swarm: one that keeps every rule, and what breaks each."""

from typing import Any

from policies.guard import types
from tests.policies.table.case import UNKNOWN, Case, Given, secret

DIGEST = "b" * 64
LABELS = [{"label": "slipway.product", "value": "edge"}, {"label": "slipway.service", "value": "traefik"}]
SPECIFICATION: dict[str, Any] = {
    "image": f"quay.io/example/shop@sha256:{DIGEST}",
    "user": "10001",
    "readOnly": True,
    "capDrops": ["ALL"],
    "capAdds": ["CAP_CHOWN"],
    "healthcheck": {"tests": ["CMD", "true"]},
    "mounts": [{"type": "tmpfs", "target": "/tmp"}],
    "secrets": [{"secretId": "1", "fileName": "/key", "fileMode": 0o400, "fileUid": "10001"}],
    "env": {"LOG_LEVEL": "info"},
}
TASK: dict[str, Any] = {
    "containerSpec": SPECIFICATION,
    "resources": {"limits": {"memoryBytes": 268435456, "nanoCpus": 500000000}},
    "restartPolicy": {"condition": "any"},
    "networksAdvanceds": [{"name": "prod-shop"}],
    "logDriver": {"name": "local", "options": {"max-size": "10m", "max-file": "3"}},
}
COMPLIANT = Given(
    kind=types.SERVICE,
    name="shop-web",
    inputs={
        "name": "prod-shop-web",
        "taskSpec": TASK,
        "updateConfig": {"failureAction": "rollback", "order": "start-first"},
        "labels": [{"label": "slipway.product", "value": "shop"}],
    },
)
EDGE = COMPLIANT.with_inputs(
    labels=LABELS, endpointSpec={"ports": [{"targetPort": 443, "publishedPort": 443, "publishMode": "host"}]}
)


def _of_container(rule: str, *, sealed: bool = False, **change: Any) -> Case:
    return Case(
        rule=rule,
        good=COMPLIANT,
        change={"taskSpec": TASK | {"containerSpec": SPECIFICATION | change}},
        unknown={"taskSpec": TASK | {"containerSpec": SPECIFICATION | dict.fromkeys(change, UNKNOWN)}},
        sealed=sealed,
    )


def _of_task(rule: str, **change: Any) -> Case:
    return Case(
        rule=rule,
        good=COMPLIANT,
        change={"taskSpec": TASK | change},
        unknown={"taskSpec": TASK | dict.fromkeys(change, UNKNOWN)},
    )


CASES = (
    _of_container("container_drops_capabilities", capDrops=[]),
    _of_container("container_drops_capabilities", capAdds=["SYS_ADMIN"]),
    _of_container("container_runs_as_a_user", user="root"),
    _of_container("container_keeps_the_kernel_as_it_is", sysctl={"kernel.shmmax": "1"}),
    _of_container(
        "container_does_not_reach_the_docker_socket",
        mounts=[{"type": "bind", "source": "/run/docker.sock", "target": "/x", "readOnly": True}],
    ),
    _of_container(
        "container_sees_no_sensitive_path",
        mounts=[{"type": "bind", "source": "/etc", "target": "/x", "readOnly": True}],
    ),
    _of_container(
        "mount_is_not_propagated",
        mounts=[{"type": "bind", "source": "/srv/x", "target": "/x", "bindOptions": {"propagation": "rshared"}}],
    ),
    _of_container("container_has_a_read_only_root", readOnly=False),
    _of_container("container_has_healthcheck", healthcheck=None),
    _of_container("image_is_named_by_digest", image="nginx:1.27"),
    _of_container("image_comes_from_a_known_registry", image=f"example.net/x@sha256:{DIGEST}"),
    _of_container("container_runs_no_ssh_server", args=["/usr/sbin/sshd"]),
    _of_container("environment_holds_no_plain_secret", env={"DB_PASSWORD": "correct-horse-battery"}, sealed=True),
    _of_container("password_is_not_weak", env={"DB_PASSWORD": "changeme"}),
    Case(
        rule="secret_comes_as_a_file",
        good=COMPLIANT,
        change={"taskSpec": TASK | {"containerSpec": SPECIFICATION | {"env": {"DB_PASSWORD": secret("x" * 20)}}}},
        unknown={"taskSpec": TASK | {"containerSpec": SPECIFICATION | {"env": UNKNOWN}}},
    ),
    _of_container("swarm_secret_is_for_its_user", secrets=[{"secretId": "1", "fileMode": 0o444, "fileUid": "10001"}]),
    _of_container("swarm_secret_is_for_its_user", secrets=[{"secretId": "1", "fileMode": 0o400, "fileUid": "0"}]),
    _of_task("container_has_memory_limit", resources={"limits": {"nanoCpus": 1}}),
    _of_task("container_has_processor_limit", resources={"limits": {"memoryBytes": 1}}),
    _of_task("container_has_restart_policy", restartPolicy={"condition": "none"}),
    _of_task("container_log_is_kept_and_bounded", logDriver={"name": "none"}),
    _of_task("container_log_is_kept_and_bounded", logDriver={"name": "json-file"}),
    _of_task("container_keeps_off_the_servers_network", networksAdvanceds=[{"name": "host"}]),
    _of_task("container_has_a_network_of_its_own", networksAdvanceds=[]),
    *(
        Case(rule="service_goes_back_when_an_update_fails", good=COMPLIANT, change={"updateConfig": given})
        for given in (None, {"failureAction": "pause", "order": "start-first"}, {"failureAction": "rollback"})
    ),
    Case(
        rule="private_port_is_not_public",
        good=COMPLIANT,
        change={"endpointSpec": {"ports": [{"targetPort": 5432, "publishedPort": 15432}]}},
    ),
    *(
        Case(rule="service_publishes_as_the_edge_alone", good=good, change={"endpointSpec": {"ports": [port]}})
        for good, port in (
            (COMPLIANT, {"targetPort": 8000, "publishedPort": 80, "publishMode": "host"}),
            (EDGE, {"targetPort": 443, "publishedPort": 443, "publishMode": "ingress"}),
            (EDGE, {"targetPort": 8080, "publishedPort": 8080, "publishMode": "host"}),
        )
    ),
)
