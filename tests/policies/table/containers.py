"""Containers: one that keeps every rule, and what breaks each."""

import ipaddress
from typing import Any

from policies.guard import types
from tests.policies.table.case import UNKNOWN, Case, Given, secret

DIGEST = "a" * 64
UNCHECKED: tuple[dict[str, Any] | None, ...] = (
    None,
    {},
    {"tests": []},
    {"tests": ["NONE"]},
    {"tests": ["CMD"]},
    {"interval": "5s"},
)
UNBOUNDED: tuple[dict[str, str] | None, ...] = (None, {}, {"max-size": "1m"})
ANYWHERE = str(ipaddress.IPv4Address(0))
COMPLIANT = Given(
    kind=types.CONTAINER,
    name="shop-web-0a1b2c3d",
    inputs={
        "name": "dev-shop-web-0a1b2c3d",
        "image": f"ghcr.io/example/shop@sha256:{DIGEST}",
        "user": "10001:10001",
        "memory": 256,
        "memorySwap": 256,
        "cpus": "0.5",
        "ulimits": [{"name": "nproc", "soft": 512, "hard": 512}],
        "readOnly": True,
        "tmpfs": {"/tmp": "size=67108864,mode=1777"},
        "restart": "unless-stopped",
        "logDriver": "json-file",
        "logOpts": {"max-size": "10m", "max-file": "3"},
        "healthcheck": {"tests": ["CMD", "wget", "-q", "http://127.0.0.1:8000/"], "interval": "5s"},
        "capabilities": {"drops": ["ALL"], "adds": ["CAP_NET_BIND_SERVICE"]},
        "securityOpts": ["no-new-privileges:true"],
        "networkMode": "bridge",
        "networksAdvanced": [{"name": "dev-shop"}],
        "ports": [{"internal": 8000, "external": 18000, "ip": "127.0.0.1", "protocol": "tcp"}],
        "volumes": [
            {"volumeName": "dev-shop-data", "containerPath": "/data"},
            {
                "hostPath": "/srv/slipway/dev-shop/secrets/web/key",
                "containerPath": "/run/secrets/key",
                "readOnly": True,
            },
        ],
        "mounts": [{"type": "tmpfs", "target": "/run"}],
        "labels": [{"label": "slipway.product", "value": "shop"}, {"label": "slipway.service", "value": "web"}],
        "envs": ["LOG_LEVEL=info", "DB_PASSWORD_FILE=/run/secrets/key"],
    },
)
EDGE = COMPLIANT.with_inputs(
    labels=[{"label": "slipway.product", "value": "edge"}, {"label": "slipway.service", "value": "traefik"}],
    ports=[{"internal": 443, "external": 443}],
).changed(name="main-edge")
PROXY = COMPLIANT.with_inputs(
    labels=[{"label": "role", "value": "socket-proxy"}],
    ports=None,
    networksAdvanced=[{"name": "dev-proxy"}],
    envs=["CONTAINERS=1", "POST=0"],
)
PROXY_NETWORK = Given(kind=types.NETWORK, name="proxy", inputs={"name": "dev-proxy", "internal": True})
SHOP_NETWORK = Given(kind=types.NETWORK, name="shop", inputs={"name": "dev-shop", "internal": False})
DATA_NETWORK = Given(kind=types.NETWORK, name="shop-data", inputs={"name": "dev-shop-data", "internal": True})
STORE = COMPLIANT.with_inputs(
    image=f"docker.io/library/postgres@sha256:{DIGEST}", networksAdvanced=[{"name": "dev-shop-data"}]
)
BLOG = COMPLIANT.with_inputs(labels=[{"label": "slipway.product", "value": "blog"}]).changed(name="blog-web")


def _case(rule: str, **change: Any) -> Case:
    return Case(rule=rule, good=COMPLIANT, change=change)


def _bind(path: str, **more: Any) -> dict[str, Any]:
    return {"mounts": [{"type": "bind", "source": path, "target": "/x", **more}]}


CASES = (
    _case("container_is_not_privileged", privileged=True),
    *(
        _case("container_keeps_to_its_namespaces", **{name: value})
        for name in ("pidMode", "ipcMode", "usernsMode", "cgroupnsMode")
        for value in ("host", "container:other")
    ),
    _case("container_keeps_to_its_namespaces", networkMode="container:other"),
    *(
        _case("container_drops_capabilities", capabilities=given)
        for given in (
            None,
            {},
            {"drops": ["NET_RAW"]},
            {"drops": ["ALL"], "adds": ["SYS_ADMIN"]},
            {"drops": ["ALL"], "adds": ["CAP_DAC_READ_SEARCH"]},
            {"drops": ["ALL"], "adds": ["cap_sys_ptrace"]},
        )
    ),
    *(
        _case("container_gains_no_privileges", securityOpts=given)
        for given in (None, [], ["no-new-privileges:false"], ["label=type:x"])
    ),
    *(
        _case("container_stays_confined", securityOpts=["no-new-privileges:true", given])
        for given in ("seccomp=unconfined", "apparmor:unconfined", "label=disable", "systempaths=unconfined")
    ),
    *(_case("container_runs_as_a_user", user=given) for given in (None, "", "0", "root", "0:0", "root:root")),
    *(
        _case("container_reaches_no_device", devices=[{"hostPath": given}])
        for given in ("/dev/mem", "/dev/kmsg", "/dev/sda1", "/dev/nvme0n1", "/dev/dm-0", "/dev/kvm", "/dev")
    ),
    _case("container_reaches_no_device", deviceCgroupRules=["a *:* rwm"]),
    _case("container_keeps_the_kernel_as_it_is", sysctls={"kernel.shmmax": "1"}),
    _case("container_keeps_the_kernel_as_it_is", runtime="crun-without-isolation"),
    Case(
        rule="container_keeps_the_kernel_as_it_is",
        good=COMPLIANT.with_inputs(labels=[{"label": "untrusted", "value": "true"}], runtime="runsc"),
        change={"runtime": "runc"},
    ),
    _case("container_stays_in_its_control_group", cgroupParent="/"),
    *(
        _case("container_does_not_reach_the_docker_socket", **_bind(path, readOnly=True))
        for path in (
            "/var/run/docker.sock",
            "//run//docker.sock",
            "/srv/../run/docker.sock",
            "/run/containerd/containerd.sock",
            "/run",
            "/var/run/",
            "/",
            "/var/lib/docker/volumes/db/_data",
        )
    ),
    _case(
        "container_does_not_reach_the_docker_socket",
        volumes=[{"hostPath": "/run/docker.sock", "containerPath": "/x", "readOnly": True}],
    ),
    *(
        _case("container_sees_no_sensitive_path", **_bind(path, readOnly=True))
        for path in ("/etc", "/etc/shadow", "/root/.ssh", "/home", "/dev", "/proc", "/sys", "/usr/bin", "/opt/secrets")
    ),
    _case("container_sees_no_sensitive_path", **_bind("/var/data")),
    _case("container_sees_no_sensitive_path", volumes=[{"hostPath": "/opt/app", "containerPath": "/x"}]),
    _case("container_has_a_read_only_root", readOnly=False),
    *(_case("temporary_files_are_not_run", tmpfs={"/tmp": given}) for given in ("exec", "size=1m,suid", "dev")),
    *(
        _case("mount_is_not_propagated", **_bind("/srv/x", bindOptions={"propagation": given}))
        for given in ("shared", "rshared", "slave", "rslave")
    ),
    *(_case("container_has_memory_limit", memory=given) for given in (None, 0, -1)),
    *(_case("container_has_memory_limit", memorySwap=given) for given in (None, 0, -1, 512)),
    *(_case("container_has_processor_limit", cpus=given) for given in (None, "0")),
    *(
        _case("container_has_process_limit", ulimits=given)
        for given in (None, [{"name": "nofile", "soft": 9, "hard": 9}], [{"name": "nproc", "soft": -1, "hard": -1}])
    ),
    *(_case("container_has_healthcheck", healthcheck=given) for given in UNCHECKED),
    *(_case("container_has_restart_policy", restart=given) for given in (None, "", "no", "on-failure", "sometimes")),
    _case("container_has_restart_policy", restart="on-failure", maxRetryCount=6),
    _case("container_log_is_kept_and_bounded", logDriver="none"),
    *(_case("container_log_is_kept_and_bounded", logOpts=given) for given in UNBOUNDED),
    *(
        _case("container_publishes_only_on_loopback", ports=[{"internal": 8000, "external": 8000, "ip": given}])
        for given in (None, "", ANYWHERE, "::", "203.0.113.7", "10.0.0.1", "localhost")
    ),
    *(
        Case(
            rule="container_publishes_only_on_loopback",
            good=EDGE.with_inputs(
                labels=[*EDGE.inputs["labels"], {"label": "slipway.published", "value": "53/udp 5432/tcp"}],
                ports=[
                    {"internal": 30_000, "external": 53, "protocol": "udp"},
                    {"internal": 30_001, "external": 5432},
                ],
            ),
            change={"ports": [{"internal": 30_000, **given}]},
        )
        for given in ({"external": 8080}, {"external": 53}, {"external": 5432, "protocol": "udp"})
    ),
    _case("container_does_not_publish_all_ports", publishAllPorts=True),
    *(
        _case("private_port_is_not_public", ports=[{"internal": given, "external": 18000}])
        for given in (5432, 6379, 3306, 27017, 9200, 11211, 2375, 9090, 9100)
    ),
    *(
        _case("container_leaves_low_ports_to_the_edge", ports=[{"internal": 80, "external": given, "ip": "127.0.0.1"}])
        for given in (22, 80, 443, 1023)
    ),
    _case("container_keeps_off_the_servers_network", networkMode="host"),
    _case("container_has_a_network_of_its_own", networksAdvanced=[]),
    Case(
        rule="network_belongs_to_one_product",
        good=COMPLIANT,
        change={"networksAdvanced": [{"name": "dev-blog"}]},
        beside=(BLOG.with_inputs(networksAdvanced=[{"name": "dev-blog"}]),),
    ),
    Case(
        rule="store_has_no_way_out",
        good=STORE,
        change={"networksAdvanced": [{"name": "dev-shop"}]},
        beside=(SHOP_NETWORK, DATA_NETWORK),
    ),
    _case("container_runs_no_ssh_server", command=["/usr/sbin/sshd", "-D"]),
    _case("container_runs_no_ssh_server", entrypoints=["sh", "-c", "exec dropbear -F"]),
    _case("container_runs_no_ssh_server", ports=[{"internal": 22, "external": 2222, "ip": "127.0.0.1"}]),
    *(
        _case("image_is_named_by_digest", image=given)
        for given in (
            "nginx",
            "nginx:1.27",
            "nginx@sha256:abc",
            f"nginx@sha256:{DIGEST}0",
            f"@sha256:{DIGEST}",
            f"nginx @sha256:{DIGEST}",
        )
    ),
    *(
        _case("image_comes_from_a_known_registry", image=f"{given}@sha256:{DIGEST}")
        for given in ("docker.example.net/nginx", "localhost/nginx", "ghcr.io.example.net/x/y", "127.0.0.1:5000/x")
    ),
    *(
        Case(rule="environment_holds_no_plain_secret", good=COMPLIANT, change={"envs": [given]}, sealed=True)
        for given in (
            "DB_PASSWORD=correct-horse-battery-staple",
            "STRIPE_API_KEY=abcdefghijklmnopqrstuvwxyz",
            "SENTRY_DSN=https://a1b2@sentry.example.com/1",
            "DATABASE_URL=postgresql://app:correct-horse-battery@db/app",
            "DEPLOY=-----BEGIN OPENSSH PRIVATE KEY-----",
        )
    ),
    Case(
        rule="secret_comes_as_a_file",
        good=COMPLIANT,
        change={"envs": [secret("DATABASE_URL=postgresql://app:correct-horse-battery@db/app")]},
        unknown={"envs": UNKNOWN},
    ),
    *(
        _case("password_is_not_weak", envs=[given])
        for given in ("DB_PASSWORD=ops123", "DATABASE_URL=postgresql://app:dcpass@db/app", "API_TOKEN=short")
    ),
    _case("uploaded_file_is_no_secret", uploads=[{"file": "/k", "content": "-----BEGIN RSA PRIVATE KEY-----"}]),
    _case("uploaded_file_is_no_secret", uploads=[{"file": "/k", "content": "debug: false", "permissions": "0666"}]),
    *(
        Case(rule="socket_proxy_is_harmless", good=PROXY, change=change, beside=(PROXY_NETWORK, SHOP_NETWORK))
        for change in (
            {"readOnly": False},
            {"user": "0"},
            {"ports": [{"internal": 2375, "external": 2375, "ip": "127.0.0.1"}]},
            {"networksAdvanced": [{"name": "dev-shop"}]},
            {"envs": ["POST=1"]},
            {"command": ["-allowPOST=/v1/containers"]},
            {"command": ["-allowfrom=0.0.0.0/0"]},
            {"image": "tecnativa/docker-socket-proxy:latest"},
        )
    ),
    Case(
        rule="one_edge_owns_the_public_ports",
        good=COMPLIANT,
        change={"ports": [{"internal": 80, "external": 443, "ip": "127.0.0.1"}]},
        beside=(EDGE,),
    ),
)
