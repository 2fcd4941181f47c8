"""Every compose key that Slipway maps: what is written, and what becomes of it.

`docs/compose.md` shows them, so that no key is told of that no test knows.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.compose.databases import Partitions, Pooler, Tuning
from infra.compose.keeping import Keeping
from infra.compose.mount import Mount
from infra.compose.project import (
    AddressRange,
    ConfigFile,
    ContainerPort,
    Dependency,
    Device,
    Healthcheck,
    Host,
    Logging,
    Network,
    PublishedPort,
    SecretFile,
    ServiceNetwork,
    Ulimit,
    Volume,
)
from infra.compose.quantities import Duration
from infra.compose.tasks import Job, Migration

SURROUNDINGS = """
  other: {image: x, healthcheck: {test: [CMD, "true"]}}
  once: {image: x, restart: "no"}
  idle: {image: x, profiles: [debug]}
  db: {image: "postgres:17", volumes: ["data:/var/lib/postgresql/data"]}
networks: {back: {internal: true, ipam: {config: [{subnet: 10.9.0.0/24}]}}}
volumes: {data: {}, files: {}, index: {}}
secrets: {key: {external: true}, word: {environment: WORD}}
configs: {motd: {content: hello}, page: {file: page.html}, line: {environment: E}}
"""
REPOSITORY = {"page.html": "<p>", "nginx.conf": "events {}"}
"""Files beside the compose file."""
VARIABLES = {"E": "from env"}

SERVICES: dict[str, tuple[str, dict[str, Any]]] = {
    "image": ("image: example/web:1", {"image": "example/web:1"}),
    "command as a line": ('command: run --name "a b"', {"command": ("run", "--name", "a b")}),
    "command as a list": ('command: [run, "a b"]', {"command": ("run", "a b")}),
    "entrypoint": ("entrypoint: [/bin/x, -v]", {"entrypoint": ("/bin/x", "-v")}),
    "empty entrypoint": ("entrypoint: []", {"entrypoint": ()}),
    "environment as a map": (
        "environment: {B: 1, A: 'yes', C: '', D: on, E: null, F: true}",
        {"environment": {"A": "yes", "B": "1", "C": "", "D": "on", "E": "from env", "F": "true"}},
    ),
    "environment as a list": ("environment: [B=1, A=x=y]", {"environment": {"A": "x=y", "B": "1"}}),
    "dollar sign": (
        'environment: {A: "$$HOME", B: "$$$$"}\n    command: ["$$1"]\n    labels: {"a$$b": "c$$d"}',
        {"environment": {"A": "$HOME", "B": "$$"}, "command": ("$1",), "labels": {"a$$b": "c$d"}},
    ),
    "secret in a value": (
        'secrets: [word]\n    environment: {A: "{secret:two}-{secret:key}", B: "{secret:key}"}',
        {
            "environment": {"A": "{secret:two}-{secret:key}", "B": "{secret:key}"},
            "secret_names": ("key", "two", "word"),
        },
    ),
    "labels": ("labels: [b=2, a=1]", {"labels": {"a": "1", "b": "2"}}),
    "networks": (
        "networks: {back: {aliases: [two, one]}, default: }",
        {"networks": (ServiceNetwork(name="back", aliases=("one", "two")), ServiceNetwork(name="default"))},
    ),
    "fixed address": (
        "networks: {back: {ipv4_address: 10.9.0.7}}",
        {"networks": (ServiceNetwork(name="back", address="10.9.0.7"),)},
    ),
    "no networks": ("", {"networks": (ServiceNetwork(name="default"),)}),
    "bind with options": (
        (
            "volumes: [{type: bind, source: /srv/dev-shop/a, target: /a, "
            "bind: {propagation: rslave, create_host_path: false}}]"
        ),
        {"mounts": (Mount(kind="bind", source="/srv/dev-shop/a", target="/a", propagation="rslave", made=False),)},
    ),
    "named volume": (
        "volumes: [data:/data]",
        {"mounts": (Mount(kind="volume", source="data", target="/data"),)},
    ),
    "bind": (
        "volumes: [/srv/dev-shop/ssl:/ssl:ro]",
        {"mounts": (Mount(kind="bind", source="/srv/dev-shop/ssl", target="/ssl", read_only=True),)},
    ),
    "file of the repository": (
        "volumes: [./nginx.conf:/etc/nginx/nginx.conf:ro]",
        {
            "configs": (ConfigFile(name="nginx.conf", path="/etc/nginx/nginx.conf", content="events {}"),),
            "mounts": (),
        },
    ),
    "configs": (
        "configs: [line, motd, {source: page, target: /srv/page, uid: '33', gid: '34', mode: 0440}]",
        {
            "configs": (
                ConfigFile(name="line", path="/line", content="from env"),
                ConfigFile(name="motd", path="/motd", content="hello"),
                ConfigFile(name="page", path="/srv/page", content="<p>", owner="33", group="34", mode="0440"),
            )
        },
    ),
    "devices": (
        "devices: [/dev/ttyUSB0, '/dev/snd:/dev/sound:r']",
        {
            "devices": (
                Device(source="/dev/snd", target="/dev/sound", permissions="r"),
                Device(source="/dev/ttyUSB0", target="/dev/ttyUSB0"),
            )
        },
    ),
    "mounts in any order": (
        "volumes: [data:/z, /srv/dev-shop/b:/a:ro]",
        {
            "mounts": (
                Mount(kind="bind", source="/srv/dev-shop/b", target="/a", read_only=True),
                Mount(kind="volume", source="data", target="/z"),
            )
        },
    ),
    "tmpfs": ("tmpfs: [/run, '/b:size=64m,mode=1777']", {"tmpfs": {"/b": "size=64m,mode=1777", "/run": ""}}),
    "tmpfs as a volume": (
        "volumes: [{type: tmpfs, target: /b, tmpfs: {size: 64m, mode: 01777}}, {type: tmpfs, target: /a}]",
        {"tmpfs": {"/a": "", "/b": "size=67108864,mode=1777"}, "mounts": ()},
    ),
    "secrets": (
        "secrets: [word, {source: key, target: other}, {source: key, target: /etc/key}]",
        {
            "secrets": (
                SecretFile(name="key", path="/etc/key"),
                SecretFile(name="key", path="/run/secrets/other"),
                SecretFile(name="word", path="/run/secrets/word"),
            )
        },
    ),
    "healthcheck": (
        "healthcheck: {test: curl x, interval: 90s, timeout: 500ms, retries: 3, start_period: 1m, start_interval: 1s}",
        {
            "healthcheck": Healthcheck(
                test=("CMD-SHELL", "curl x"),
                interval=Duration(90_000),
                timeout=Duration(500),
                retries=3,
                start_period=Duration(60_000),
                start_interval=Duration(1_000),
            )
        },
    ),
    "healthcheck switched off": ("healthcheck: {disable: true}", {"healthcheck": Healthcheck(test=("NONE",))}),
    "depends_on what may be left out": (
        (
            "depends_on: {idle: {condition: service_started, required: false}, "
            "other: {condition: service_started, required: false}}"
        ),
        {"depends_on": (Dependency(service="other", condition="service_started"),)},
    ),
    "depends_on as a list": (
        "depends_on: [other]",
        {"depends_on": (Dependency(service="other", condition="service_started"),)},
    ),
    "depends_on with conditions": (
        "depends_on: {other: {condition: service_healthy}, once: {condition: service_completed_successfully}}",
        {
            "depends_on": (
                Dependency(service="once", condition="service_completed_successfully"),
                Dependency(service="other", condition="service_healthy"),
            )
        },
    ),
    "mem_limit": ("mem_limit: 1g", {"memory": 1024}),
    "cpus": ("cpus: 0.50", {"cpus": "0.5"}),
    "whole cpus": ("cpus: 2", {"cpus": "2"}),
    "deploy limits": (
        "deploy: {replicas: 1, resources: {limits: {cpus: '1.5', memory: 256M}}}",
        {"cpus": "1.5", "memory": 256},
    ),
    "mem_reservation": ("mem_reservation: 64m", {"memory_reservation": 64}),
    "deploy reservations": (
        "deploy: {mode: replicated, resources: {reservations: {memory: 64M}}}",
        {"memory_reservation": 64},
    ),
    "cpu_shares": ("cpu_shares: 512", {"cpu_shares": 512}),
    "cpuset": ("cpuset: 0-1", {"cpuset": "0-1"}),
    "stop first": ("deploy: {update_config: {order: stop-first}}", {"release": "recreate"}),
    "start first": (
        "deploy: {update_config: {order: start-first, parallelism: 1}}",
        {"release": "rolling"},
    ),
    "restart policy": (
        "deploy: {restart_policy: {condition: on-failure, max_attempts: 3}}",
        {"restart": "on-failure", "restart_attempts": 3},
    ),
    "restart policy any": ("deploy: {restart_policy: {condition: any}}", {"restart": "always"}),
    "restart": ("restart: unless-stopped", {"restart": "unless-stopped", "restart_attempts": None}),
    "restart never": ('restart: "no"', {"restart": "no"}),
    "restart with attempts": ("restart: on-failure:3", {"restart": "on-failure", "restart_attempts": 3}),
    "user": ('user: "10001:10001"', {"user": "10001:10001", "uid": 10001}),
    "user by name": ("user: app", {"user": "app", "uid": None}),
    "no user": ("", {"user": None, "uid": 0}),
    "working_dir": ("working_dir: /app", {"working_dir": "/app"}),
    "hostname": ("hostname: web", {"hostname": "web"}),
    "domainname": ("domainname: example.com", {"domainname": "example.com"}),
    "dns": (
        "dns: [192.0.2.2, 192.0.2.1]\n    dns_search: example.com\n    dns_opt: [use-vc]",
        {"dns": ("192.0.2.1", "192.0.2.2"), "dns_search": ("example.com",), "dns_options": ("use-vc",)},
    ),
    "pid": ("pid: host", {"pid": "host"}),
    "ipc": ("ipc: shareable", {"ipc": "shareable"}),
    "platform": ("platform: linux/arm64/v8", {"platform": "linux/arm64/v8"}),
    "terminal": ("tty: true\n    stdin_open: true", {"tty": True, "stdin_open": True}),
    "profiles": ("profiles: [extra]", {}),
    "read_only": ("read_only: true", {"read_only": True}),
    "init": ("init: true", {"init": True}),
    "no init": ("", {"init": None}),
    "capabilities": (
        "cap_drop: [ALL]\n    cap_add: [net_bind_service, CAP_CHOWN]",
        {"cap_drop": ("ALL",), "cap_add": ("CAP_CHOWN", "CAP_NET_BIND_SERVICE")},
    ),
    "security_opt": ("security_opt: [apparmor=docker-default]", {"security_opt": ("apparmor=docker-default",)}),
    "group_add": ("group_add: ['200', '100']", {"group_add": ("100", "200")}),
    "ulimits": (
        "ulimits: {nofile: {soft: 1, hard: 2}, nproc: 5}",
        {"ulimits": (Ulimit(name="nofile", soft=1, hard=2), Ulimit(name="nproc", soft=5, hard=5))},
    ),
    "sysctls": ("sysctls: {net.core.somaxconn: 1024}", {"sysctls": {"net.core.somaxconn": "1024"}}),
    "shm_size": ("shm_size: 64m", {"shm_size": 64}),
    "extra_hosts": (
        "extra_hosts: ['b:1.2.3.4', 'a:host-gateway', 'c=::1']",
        {
            "extra_hosts": (
                Host(name="a", address="host-gateway"),
                Host(name="b", address="1.2.3.4"),
                Host(name="c", address="::1"),
            )
        },
    ),
    "expose": (
        'expose: ["8000", "3000-3001", "53/udp"]',
        {
            "expose": (
                ContainerPort(number=53, protocol="udp"),
                ContainerPort(number=3000),
                ContainerPort(number=3001),
                ContainerPort(number=8000),
            ),
            "ports": (3000, 3001, 8000),
        },
    ),
    "ports": (
        'ports: ["127.0.0.1:8080:80", "53:53/udp"]',
        {
            "published": (
                PublishedPort(address="", published=53, target=53, protocol="udp"),
                PublishedPort(address="127.0.0.1", published=8080, target=80),
            ),
            "ports": (80,),
        },
    ),
    "logging": (
        "logging: {driver: local, options: {max-size: 10m}}",
        {"logging": Logging(driver="local", options={"max-size": "10m"})},
    ),
    "stop": (
        "stop_grace_period: 90s\n    stop_signal: SIGQUIT",
        {"stop_grace_period": Duration(90_000), "stop_signal": "SIGQUIT"},
    ),
    "no stop": ("", {"stop_grace_period": Duration(10_000), "stop_signal": None}),
    "drain": ("expose: [80]\n    x-slipway: {drain: 30s}", {"drain": Duration(30_000)}),
    "replicas": ("deploy: {replicas: 3}", {"replicas": 3}),
    "scale": ("scale: 2", {"replicas": 2}),
    "bake": ("expose: [80]\n    x-slipway: {bake: 1m}", {"bake": Duration(60_000)}),
    "x-slipway": (
        "x-slipway: {release: recreate, ready: {timeout: 2m}, drain: 30s}",
        {"release": "recreate", "ready_timeout": Duration(120_000), "drain": Duration(30_000)},
    ),
    "no x-slipway": (
        "",
        {"release": None, "ready_timeout": Duration(60_000), "drain": Duration(5_000), "migrate": None, "jobs": ()},
    ),
    "migrate": (
        "x-slipway: {migrate: {command: flask db 'up grade', phase: contract, timeout: 90s}}",
        {"migrate": Migration(command=("flask", "db", "up grade"), phase="contract", timeout=Duration(90_000))},
    ),
    "migrate by a list": (
        'x-slipway: {migrate: {command: [migrate, "$$HOME"]}}',
        {"migrate": Migration(command=("migrate", "$HOME"), phase="expand", timeout=Duration(300_000))},
    ),
    "jobs": (
        (
            "x-slipway: {jobs: {report: {schedule: 'Mon..Fri  09:30', command: report --all, timeout: 10m}, "
            "clean: {schedule: hourly, command: [clean]}}}"
        ),
        {
            "jobs": (
                Job(name="clean", schedule="hourly", command=("clean",), timeout=Duration(3_600_000)),
                Job(
                    name="report",
                    schedule="Mon..Fri 09:30",
                    command=("report", "--all"),
                    timeout=Duration(600_000),
                ),
            )
        },
    ),
    "settings of PostgreSQL": (
        (
            "image: postgres:17\n    mem_limit: 1g\n    cpus: 4\n    x-slipway: {postgres: {max_connections: 200, "
            "shared_buffers: 128MB, effective_cache_size: 512MB, maintenance_work_mem: 32MB, work_mem: 8MB, "
            "min_wal_size: 80MB, max_wal_size: 2GB, max_worker_processes: 9, max_parallel_workers: 2, "
            "max_parallel_workers_per_gather: 1, max_parallel_maintenance_workers: 1, random_page_cost: 4, "
            "effective_io_concurrency: 300}}"
        ),
        {
            "postgres": Tuning(
                settings={
                    "effective_cache_size": "512MB",
                    "effective_io_concurrency": "300",
                    "maintenance_work_mem": "32MB",
                    "max_connections": "200",
                    "max_parallel_maintenance_workers": "1",
                    "max_parallel_workers": "2",
                    "max_parallel_workers_per_gather": "1",
                    "max_wal_size": "2GB",
                    "max_worker_processes": "9",
                    "min_wal_size": "80MB",
                    "random_page_cost": "4.0",
                    "shared_buffers": "128MB",
                    "work_mem": "8MB",
                }
            )
        },
    ),
    "backup": (
        (
            "image: postgres:17\n    volumes: [data:/var/lib/postgresql/data]\n"
            "    x-slipway: {backup: {checks: [SELECT true], database: shop}}"
        ),
        {"backup": Keeping(checks=("SELECT true",), database="shop")},
    ),
    "backup of files": (
        "image: x\n    volumes: [files:/data]\n    x-slipway: {backup: {files: pause, sqlite: [/data/app.db]}}",
        {"backup": Keeping(files="pause", sqlite=("/data/app.db",))},
    ),
    "no backup": (
        "image: x\n    volumes: [index:/data]\n    x-slipway: {backup: {none: made anew from the orders at night}}",
        {"backup": Keeping(none="made anew from the orders at night")},
    ),
    "PostgreSQL as its image starts it": (
        "image: postgres:17\n    x-slipway: {postgres: {tune: false}}",
        {"postgres": Tuning(tune=False)},
    ),
    "settings of Redis": (
        (
            "image: redis:8\n    volumes: [data:/data]\n    x-slipway: {redis: {maxmemory: 32mb, "
            "maxmemory_policy: allkeys-lru, appendfsync: always}}"
        ),
        {"redis": Tuning(settings={"appendfsync": "always", "maxmemory": "32mb", "maxmemory_policy": "allkeys-lru"})},
    ),
    "Redis without a file of its writes": (
        "image: redis:8\n    volumes: [data:/data]\n    x-slipway: {redis: {appendonly: false}}",
        {"redis": Tuning(settings={"appendonly": "no"})},
    ),
    "Redis as its image starts it": (
        "image: redis:8\n    x-slipway: {redis: {tune: false}}",
        {"redis": Tuning(tune=False)},
    ),
    "partitions": (
        (
            "image: postgres:17\n    volumes: [data:/var/lib/postgresql/data]\n    x-slipway: {partitions: "
            "[{table: events}, {table: audit.Log, ahead: 6, database: app, time_zone: Europe/Berlin}]}"
        ),
        {
            "partitions": (
                Partitions(table="events", ahead=3, database=None, time_zone="UTC"),
                Partitions(table="audit.Log", ahead=6, database="app", time_zone="Europe/Berlin"),
            )
        },
    ),
    "pooler": (
        "secrets: [key]\n    x-slipway: {pooler: {database: db, mode: session, size: 5, clients: 9}}",
        {"pooler": Pooler(database="db", mode="session", size=5, clients=9)},
    ),
    "pooler by default": (
        "secrets: [key]\n    x-slipway: {pooler: {database: db}}",
        {"pooler": Pooler(database="db", mode="transaction", size=20, clients=500)},
    ),
    "keys of other programs": ("x-other: {a: 1}", {}),
}

NETWORKS: dict[str, tuple[str, Network]] = {
    "bridge": ("{driver: bridge}", Network(name="n")),
    "internal network": ("{internal: true}", Network(name="n", internal=True)),
    "IPv6": ("{enable_ipv6: true}", Network(name="n", ipv6=True)),
    "options and labels of a network": (
        "{driver_opts: {com.docker.network.driver.mtu: '1400'}, labels: {team: shop}}",
        Network(name="n", options={"com.docker.network.driver.mtu": "1400"}, labels={"team": "shop"}),
    ),
    "ipam": (
        (
            "{ipam: {driver: default, config: [{subnet: 10.9.0.0/24, ip_range: 10.9.0.128/25, gateway: 10.9.0.254, "
            "aux_addresses: {printer: 10.9.0.9}}]}}"
        ),
        Network(
            name="n",
            ranges=(
                AddressRange(
                    subnet="10.9.0.0/24",
                    ip_range="10.9.0.128/25",
                    gateway="10.9.0.254",
                    reserved={"printer": "10.9.0.9"},
                ),
            ),
        ),
    ),
}
VOLUMES: dict[str, tuple[str, Volume]] = {
    "volume": ("{driver: local}", Volume(name="share")),
    "share of another server": (
        "{driver_opts: {type: nfs, o: 'addr=192.0.2.9,rw', device: ':/export'}, labels: {team: shop}}",
        Volume(
            name="share",
            options={"device": ":/export", "o": "addr=192.0.2.9,rw", "type": "nfs"},
            labels={"team": "shop"},
        ),
    ),
}


def write(folder: Path, blocks: Mapping[str, str]) -> None:
    """Write one compose file with a service for each block of keys, and what they name."""
    for name, text in REPOSITORY.items():
        (folder / name).write_text(text, encoding="utf-8")
    services = "".join(f"  {name}:\n    {_with_image(keys)}\n" for name, keys in blocks.items())
    (folder / "compose.yaml").write_text(f'version: "3"\nservices:\n{services}{SURROUNDINGS}', encoding="utf-8")


def _with_image(keys: str) -> str:
    return keys if keys.startswith("image:") else f"image: x\n    {keys}"
