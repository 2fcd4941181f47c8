"""What a wrong compose file gets: every mistake at once, each one line, never a value."""

from pathlib import Path

import pytest

from infra.compose.keys import SERVICE_REFUSED, TOP_LEVEL_REFUSED
from infra.compose.reader import read_project
from tests.unit.compose.conftest import Mistakes

CANARY = "canary-7f3a"
SECRET_REMEDY = "write `external: true`, and say under `slipway:products.<product>.secrets` where it comes from"

NOT_ROLLING = "cannot be `rolling`: two containers would share a writable mount, a device, an address or a port"
COMMAND = "must be a line, or a list of words, such as `[flask, db, upgrade]`"
SCHEDULE = "must be a time as systemd writes it, such as `*-*-* 03:00`, `Mon..Fri 09:30` or `hourly`"
FROM_ONE = "must be from 1 to 20: a service that is not to run is left out, by `profiles` for example"
ALONE = (
    "must be 1: two containers of a service that writes to a volume, has an address, a port or a device of "
    "the server, or is set to `release: recreate`, never run at once"
)

DATABASE = "image: postgres:17\n    volumes: [data:/var/lib/postgresql/data]"
FORMER_DATA = (
    ".volumes: has a mount at /var/lib/postgresql/data, over which PostgreSQL 18 and later ends at once: its image has "
    "the data in a folder of /var/lib/postgresql, so mount the volume there"
)
NO_PASSWORD = "must name one: the password by which PgBouncer signs in to the database"
NO_POSTGRES = "is for an image that is made like the official `postgres`, and called `postgres`, `postgis` or such"

SERVICE_CASES = {
    "build: .": ".build: cannot be mapped: build the image in CI, push it, and name it by `image`",
    "container_name: canary-7f3a": (
        ".container_name: cannot be mapped: "
        "Slipway names it `<stack>-<product>-<name>`, so that products of one server do not meet: remove it"
    ),
    "network_mode: host": (
        ".network_mode: cannot be mapped: "
        "put the service on `networks`; what other machines may reach is an `ingress` of the stack file"
    ),
    "privileged: true": (
        ".privileged: cannot be mapped: "
        "a privileged container is root on the server: name the one capability it needs under `cap_add`"
    ),
    "pull_policy: always": ".pull_policy: cannot be mapped: an image is pulled once, by digest: remove it",
    "external_links: [target]": (
        ".external_links: cannot be mapped: "
        "services of one product call each other by service name; others by their domain"
    ),
    "pids_limit: 5": ".pids_limit: cannot be mapped: limit the threads of its user by `ulimits: {nproc: …}`",
    "x-slipwy: {}": ".x-slipwy: is not a key here; did you mean `x-slipway`?",
    "x-slipway: {releas: rolling}": ".x-slipway.releas: is not a key here; did you mean `release`?",
    "x-slipway: {release: canary-7f3a}": ".x-slipway.release: must be 'rolling' or 'recreate'",
    "x-slipway: {drain: canary-7f3a}": ".x-slipway.drain: must be a duration such as `500ms`, `30s` or `1m30s`",
    "x-slipway: {ready: 5}": ".x-slipway.ready: must be a map",
    "x-slipway: {migrate: {phase: expand}}": ".x-slipway.migrate.command: is missing",
    "x-slipway: {migrate: {command: canary, phase: canary-7f3a}}": (
        ".x-slipway.migrate.phase: must be 'expand' or 'contract'"
    ),
    "x-slipway: {migrate: {command: [run, 7]}}": f".x-slipway.migrate.command: {COMMAND}",
    "x-slipway: {migrate: {command: []}}": f".x-slipway.migrate.command: {COMMAND}",
    "x-slipway: {migrate: {command: {canary-7f3a: 1}}}": f".x-slipway.migrate.command: {COMMAND}",
    "x-slipway: {migrate: {command: run 'canary-7f3a}}": (
        ".x-slipway.migrate.command: has a quotation mark that is not closed"
    ),
    "x-slipway: {migrate: {command: [run, '']}}": (
        ".x-slipway.migrate.command: has an empty word, "
        "which the docker provider refuses: use a configuration file or a shell line"
    ),
    "x-slipway: {migrate: {command: run, timeout: 500ms}}": ".x-slipway.migrate.timeout: must be at least one second",
    "x-slipway: {migrate: {command: 'run {secret:canary-7f3a}'}}": (
        ".x-slipway.migrate.command: "
        "a secret may stand in a value of `environment` only; as a file it is named by `secrets`"
    ),
    "image: postgres:17\n    volumes: [data:/var/lib/postgresql/data]\n    x-slipway: {migrate: {command: run}}": (
        ".x-slipway.migrate: runs before this service does, which is the database itself: "
        "put it on a service that uses the database"
    ),
    "x-slipway: {jobs: {a: {schedule: canary-7f3a, command: run}}}": f".x-slipway.jobs.a.schedule: {SCHEDULE}",
    "x-slipway: {jobs: {a: {schedule: 5, command: run}}}": f".x-slipway.jobs.a.schedule: {SCHEDULE}",
    "x-slipway: {jobs: {a: {schedule: '30 9 * * 1-5', command: run}}}": (
        ".x-slipway.jobs.a.schedule: is a line of cron: write `Mon..Fri *-*-* 09:30`"
    ),
    "x-slipway: {jobs: {a: {schedule: hourly}}}": ".x-slipway.jobs.a.command: is missing",
    "x-slipway: {jobs: {Canary: {schedule: hourly, command: run}}}": (
        ".x-slipway.jobs.Canary: must be a name of small letters, digits and hyphens, at most 63, such as `shop`"
    ),
    "image: postgres:17\n    x-slipway: {postgres: {work_mem: canary-7f3a}}": (
        ".x-slipway.postgres.work_mem: must be a size as PostgreSQL writes it, such as `64MB` or `2GB`"
    ),
    "image: postgres:17\n    x-slipway: {postgres: {work_mem: 512kB}}": (
        ".x-slipway.postgres.work_mem: must be at least 1MB"
    ),
    "image: postgres:17\n    x-slipway: {postgres: {min_wal_size: 16MB}}": (
        ".x-slipway.postgres.min_wal_size: must be at least 32MB, two files of the log: PostgreSQL would not start"
    ),
    "image: postgres:17\n    x-slipway: {postgres: {max_connections: 5}}": (
        ".x-slipway.postgres.max_connections: must be at least 10"
    ),
    "image: postgres:17\n    x-slipway: {postgres: {random_page_cost: canary-7f3a}}": (
        ".x-slipway.postgres.random_page_cost: must be a number"
    ),
    "image: postgres:17\n    x-slipway: {postgres: {sharedbuffers: 1GB}}": (
        ".x-slipway.postgres.sharedbuffers: is not a key here; did you mean `shared_buffers`?"
    ),
    "image: postgres:17\n    x-slipway: {postgres: {tune: false, work_mem: 8MB}}": (
        ".x-slipway.postgres: sets nothing with `tune: false`: keep one of them"
    ),
    "image: postgres:17\n    mem_limit: 1g\n    x-slipway: {postgres: {shared_buffers: 1GB}}": (
        ".x-slipway.postgres.shared_buffers: must be less than the service's memory limit"
    ),
    "image: postgres:17\n    command: postgres -c a=b\n    x-slipway: {postgres: {work_mem: 8MB}}": (
        ".x-slipway.postgres: has no effect beside the service's own `command`: keep one of them"
    ),
    "image: bitnami/postgresql:17\n    x-slipway: {postgres: {}}": f".x-slipway.postgres: {NO_POSTGRES}",
    "x-slipway: {postgres: {}}": f".x-slipway.postgres: {NO_POSTGRES}",
    "image: redis:8\n    x-slipway: {redis: {maxmemory: 64M}}": (
        ".x-slipway.redis.maxmemory: must be a size as Redis writes it, such as `100mb`"
    ),
    "image: redis:8\n    mem_limit: 64m\n    x-slipway: {redis: {maxmemory: 65536kb}}": (
        ".x-slipway.redis.maxmemory: must be less than the service's memory limit"
    ),
    "image: redis:8\n    x-slipway: {redis: {appendonly: true}}": (
        ".x-slipway.redis.appendonly: needs a volume at `/data`: the file would be gone with the container"
    ),
    "image: redis:8\n    x-slipway: {redis: {appendfsync: always}}": (
        ".x-slipway.redis.appendfsync: has no effect without an append-only file in a volume at `/data`"
    ),
    "image: redis:8\n    entrypoint: [a]\n    x-slipway: {redis: {}}": (
        ".x-slipway.redis: has no effect beside the service's own `entrypoint`: keep one of them"
    ),
    "image: bitnami/redis:8\n    x-slipway: {redis: {}}": (
        ".x-slipway.redis: is for an image that is made like the official one, and called `redis` or `valkey`"
    ),
    "x-slipway: {partitions: [{table: events}]}": ".x-slipway.partitions: is for the service that runs PostgreSQL",
    "image: postgres:17\n    x-slipway: {partitions: [{table: events}]}": (
        ".x-slipway.partitions: is for a database with a volume: tables of any other are gone with the next release"
    ),
    f"{DATABASE}\n    x-slipway: {{partitions: [{{table: events}}, {{table: events}}]}}": (
        ".x-slipway.partitions[1].table: is listed twice"
    ),
    f"{DATABASE}\n    x-slipway: {{partitions: [{{table: 'a.\"canary-7f3a\"'}}]}}": (
        ".x-slipway.partitions[0].table: "
        "must be a table or `<schema>.<table>`, as the database has it and without quotes"
    ),
    f"{DATABASE}\n    x-slipway: {{partitions: [{{table: events, database: 'canary-7f3a host=x'}}]}}": (
        ".x-slipway.partitions[0].database: must be the name of a database, such as `app`"
    ),
    f"{DATABASE}\n    x-slipway: {{partitions: [{{table: events, ahead: 0}}]}}": (
        ".x-slipway.partitions[0].ahead: must be at least 1"
    ),
    f"{DATABASE}\n    x-slipway: {{partitions: [{{table: events, time_zone: canary-7f3a}}]}}": (
        ".x-slipway.partitions[0].time_zone: "
        "must be a time zone of the tz database, such as `Europe/Berlin` or `Etc/UTC`"
    ),
    "secrets: [key]\n    x-slipway: {pooler: {database: canary-7f3a}}": (
        ".x-slipway.pooler.database: names no service of the product"
    ),
    "secrets: [key]\n    x-slipway: {pooler: {database: target}}": (
        ".x-slipway.pooler.database: must name a PostgreSQL service with its data in a volume; target is none"
    ),
    "secrets: [key]\n    x-slipway: {pooler: {database: store}}": (
        ".networks: has none that store is on, whose connections it shares out"
    ),
    "networks: [back]\n    x-slipway: {pooler: {database: store}}": f".secrets: {NO_PASSWORD}",
    "networks: [back]\n    secrets: [key, word]\n    x-slipway: {pooler: {database: store}}": (
        f".secrets: {NO_PASSWORD}"
    ),
    "networks: [back]\n    secrets: [key]\n    entrypoint: [a]\n    x-slipway: {pooler: {database: store}}": (
        ".entrypoint: must be left to Slipway, which starts PgBouncer with a file of its own"
    ),
    "networks: [back, default]\n    secrets: [key]\n    expose: [80]\n    x-slipway: {pooler: {database: store}}": (
        ".expose: must have none: services of the product reach a pooler by its name at port 5432"
    ),
    "networks: [back]\n    secrets: [key]\n    x-slipway: {pooler: {database: store, mode: canary-7f3a}}": (
        ".x-slipway.pooler.mode: must be 'transaction' or 'session'"
    ),
    "networks: [back]\n    secrets: [key]\n    x-slipway: {pooler: {database: store, size: 0}}": (
        ".x-slipway.pooler.size: must be at least 1"
    ),
    'command: [serve, --save, ""]': (
        ".command: has an empty word, which the docker provider refuses: use a configuration file or a shell line"
    ),
    "expose: [80]\n    networks: [back]": (
        ".networks: must hold `default`, where the edge switches its releases; or set `x-slipway: {release: recreate}`"
    ),
    "x-slipway: {bake: 1m}": (
        ".x-slipway.bake: is for a service that the edge switches, whose former container can take over: a rolling one "
        "with a port"
    ),
    "expose: [8099]": (
        ".expose: port 8099 is the edge's own: listen on another, or set `x-slipway: {release: recreate}`"
    ),
    "image: example/web@sha256:canary-7f3a": (
        ".image: must be repository and tag only: the digest comes from the release file"
    ),
    "command: x": ".image: is missing",
    "environment: [CANARY]": (
        '.environment.CANARY: has no value: set CANARY under the product\'s `env`, or write `CANARY: ""` for nothing'
    ),
    'environment: {A: "{secret:canary-7f3a"}': ".environment.A: a secret is written `{secret:<name>}`",
    'command: ["{secret:canary-7f3a}"]': (
        ".command[0]: a secret may stand in a value of `environment` only; as a file it is named by `secrets`"
    ),
    "labels: {slipway.stack: canary-7f3a}": (
        '.labels["slipway.stack"]: must not begin with `slipway.`: those labels are Slipway\'s own'
    ),
    "networks: {back: {aliases: [canary_7f3a]}}": (
        ".networks.back.aliases[0]: "
        "must be a name of small letters, digits, hyphens and dots, at most 63, such as `shop`"
    ),
    "networks: {back: {aliases: [target]}}": (
        ".networks.back.aliases: another service is target on this network already"
    ),
    "networks: [bakc]": (".networks.bakc: network bakc is not under the top-level `networks`; did you mean `back`?"),
    "volumes: [/canary-7f3a]": (
        ".volumes[0]: must have a name: say `<name>:<path>`, and put the name under the top-level `volumes` too"
    ),
    "volumes: [dta:/x]": ".volumes: volume dta is not under the top-level `volumes`; did you mean `data`?",
    "volumes: [{type: npipe, source: a, target: /x}]": (
        ".volumes[0].type: must be a named volume, a folder of the server (`bind`) or a `tmpfs`"
    ),
    "volumes: [{type: volume, source: data, target: /x, volume: {nocopy: true}}]": (
        ".volumes[0].volume.nocopy: cannot be mapped: a volume is mounted as it is: remove it"
    ),
    "secrets: [kye]": ".secrets: secret kye is not under the top-level `secrets`; did you mean `key`?",
    "secrets: [{source: key, mode: 0440}]": (
        ".secrets[0].mode: cannot be mapped: "
        "only the container's user can read the file: keep `source` and `target` only"
    ),
    "secrets: [key, {source: word, target: key}]": ".secrets: two secrets have the same target /run/secrets/key",
    "secrets: [key]\n    user: canary-7f3a": (
        ".user: must be a number, as its secrets are files of that user: write `<uid>:<gid>`"
    ),
    "healthcheck: {interval: 5s}": ".healthcheck: must have a `test`: Slipway cannot see the image's own",
    "depends_on: [tarqet]": ".depends_on.tarqet: there is no service tarqet; did you mean `target`?",
    "depends_on: {target: {condition: service_healthy}}": (
        ".depends_on.target: service target has no `healthcheck`, so it never becomes healthy: write one"
    ),
    "depends_on: {target: {condition: service_completed_successfully}}": (
        ".depends_on.target: service target is started again when it ends, so it never completes"
    ),
    "depends_on: {target: {condition: service_started, restart: true}}": (
        ".depends_on.target.restart: cannot be mapped: a service is not restarted because another one is: remove it"
    ),
    "mem_limit: 300": ".mem_limit: must be a whole number of mebibytes, such as `256m` or `1g`",
    "mem_limit: 1g\n    deploy: {resources: {limits: {memory: 2g}}}": (
        ": `mem_limit` and `deploy.resources.limits.memory` differ: keep one of them"
    ),
    "cpus: 1\n    deploy: {resources: {limits: {cpus: '2'}}}": (
        ": `cpus` and `deploy.resources.limits.cpus` differ: keep one of them"
    ),
    "restart: canary-7f3a": ".restart: must be `no`, `always`, `unless-stopped` or `on-failure:<attempts>`",
    "cap_add: ['canary 7f3a']": ".cap_add[0]: must be a capability such as `NET_BIND_SERVICE`, or `ALL`",
    "security_opt: [seccomp:canary-7f3a.json]": (
        ".security_opt[0]: must not name a file: it would have to be on the server, where Slipway does not put it"
    ),
    "expose: [canary-7f3a]": (".expose[0]: must be a port or a range of at most 64, such as `8000` or `3000-3002/udp`"),
    "expose: [1-70]": ".expose[0]: must be a port or a range of at most 64, such as `8000` or `3000-3002/udp`",
    'ports: ["8080"]': ".ports[0].published: is missing",
    'ports: ["8000-8001:80"]': ".ports[0].published: must be one port of the server, as in `127.0.0.1:8080:80`",
    'ports: [{target: 80, published: "8080", mode: host}]': ".ports[0].mode: is for Swarm: remove it",
    'ports: [{target: 80, published: "8080", name: canary-7f3a}]': (
        ".ports[0].name: cannot be mapped: keep address, published port, target and protocol only"
    ),
    "memswap_limit: 5m": ".memswap_limit: cannot be mapped: limit memory by `mem_limit`; there is no swap",
    "cpu_quota: 5": ".cpu_quota: cannot be mapped: limit processors by `cpus`",
    "x-slipway: {release: rolling}\n    volumes: [data:/data]": f".x-slipway.release: {NOT_ROLLING}",
    "x-slipway: {release: rolling}\n    devices: [/dev/a]": f".x-slipway.release: {NOT_ROLLING}",
    "deploy: {update_config: {order: start-first}}\n    volumes: [data:/data]": (
        f".deploy.update_config.order: {NOT_ROLLING}"
    ),
    "x-slipway: {release: recreate}\n    deploy: {update_config: {order: start-first}}": (
        ": `x-slipway.release` and `deploy.update_config.order` differ: keep one of them"
    ),
    "deploy: {update_config: {delay: 5s}}": (
        ".deploy.update_config.delay: cannot be mapped: "
        "a release is gated, and put back when it fails, by itself: keep `order` only"
    ),
    "deploy: {replicas: 21}": f".deploy.replicas: {FROM_ONE}",
    "scale: 0": f".scale: {FROM_ONE}",
    "deploy: {replicas: 2}\n    x-slipway: {release: recreate}": f".deploy.replicas: {ALONE}",
    "deploy: {update_config: {parallelism: 2}}": (
        ".deploy.update_config.parallelism: must be 1: several containers of a service are started one after another"
    ),
    "deploy: {mode: global}": ".deploy.mode: is for Swarm: remove it",
    "deploy: {placement: {constraints: [a]}}": ".deploy.placement: cannot be mapped: is for Swarm: remove it",
    "deploy: {resources: {reservations: {cpus: '1'}}}": (
        ".deploy.resources.reservations.cpus: cannot be mapped: "
        "a server's processors are not reserved: keep `memory` only"
    ),
    "deploy: {restart_policy: {window: 5s}}": (
        ".deploy.restart_policy.window: cannot be mapped: "
        "Docker waits longer after each failure by itself: keep `condition` and `max_attempts`"
    ),
    "restart: always\n    deploy: {restart_policy: {condition: any}}": (
        ": `restart` and `deploy.restart_policy` differ: keep one of them"
    ),
    "mem_limit: 64m\n    mem_reservation: 128m": (
        ".mem_reservation: must not be more than the limit: Docker refuses it"
    ),
    "pid: container:canary-7f3a": ".pid: must be `host`: another service's container is another one in every release",
    "ipc: container:canary-7f3a": (
        ".ipc: must be `none`, `private`, `shareable` or `host`: "
        "another service's container is another one in every release"
    ),
    "platform: canary-7f3a": ".platform: must be a platform such as `linux/amd64`",
    "devices: ['vendor.example/canary=7f3a']": (
        ".devices[0].source: must be a device of the server, such as `/dev/ttyUSB0`"
    ),
    "networks: {back: {mac_address: 02:42:ac:11:00:02}}": (
        ".networks.back.mac_address: cannot be mapped: keep `aliases` and `ipv4_address` only"
    ),
    "networks: {back: {ipv4_address: 192.0.2.7}}": (
        ".networks.back.ipv4_address: is not in a subnet of network back: give it one by `ipam`"
    ),
    "volumes: [./canary-7f3a:/x]": (
        ".volumes[0]: is not in the repository: "
        "data belongs in a named volume, a file of the server under an absolute path"
    ),
    "volumes: [./folder:/x:ro]": (
        ".volumes[0]: is a folder of the repository: mount its files one by one, read-only, or put them into the image"
    ),
    "volumes: [./page.html:/x]": (
        ".volumes[0]: is a file of the repository: mount it read-only (`:ro`), and keep data in a named volume"
    ),
    "volumes: [./picture:/x:ro]": (
        ".volumes[0]: must be a text of at most 500000 bytes: put anything else into the image"
    ),
    "volumes: [../../canary-7f3a:/x:ro]": (
        ".volumes[0]: must name a file of the repository, below the folder of the stack file"
    ),
    "volumes: [~/canary-7f3a:/x]": (
        ".volumes[0]: must name a file of the repository or an absolute path on the server"
    ),
    "volumes: [/srv/dev-shop/x:/x:z]": (
        ".volumes[0].bind.selinux: cannot be mapped: Debian has no SELinux: remove `z` or `Z`"
    ),
    "volumes: [/etc/passwd:/x:ro]": (
        ".volumes: /etc/passwd is outside of /srv/dev-shop: "
        "keep data in a named volume, and files of the server below that folder"
    ),
    "volumes: [/srv/dev-shop/../dev-other/x:/x]": (
        ".volumes: /srv/dev-shop/../dev-other/x is outside of /srv/dev-shop: "
        "keep data in a named volume, and files of the server below that folder"
    ),
    "volumes: [/srv/dev-shop-two/x:/x]": (
        ".volumes: /srv/dev-shop-two/x is outside of /srv/dev-shop: "
        "keep data in a named volume, and files of the server below that folder"
    ),
    "volumes: [/var/run/docker.sock:/x]": (
        ".volumes: /var/run/docker.sock cannot be mounted: a container that reaches Docker is root on the server"
    ),
    "volumes: [/etc/localtime:/etc/localtime:ro]": (
        ".volumes: /etc/localtime cannot be mounted: set the time zone by `environment: {TZ: …}`"
    ),
    "volumes: [data:/x/]\n    tmpfs: [/x]": ".volumes: two mounts have the same target /x",
    "configs: [pgae]": ".configs[0]: config pgae is not under the top-level `configs`; did you mean `page`?",
    "configs: [gone]": (
        ".configs[0]: is not in the repository: "
        "data belongs in a named volume, a file of the server under an absolute path"
    ),
    "configs: [unset]": ".configs[0]: variable NOWHERE has to be set under the product's `env`",
    "configs: [{source: page, uid: canary-7f3a}]": ".configs[0].uid: must be the number of a user or a group",
    "labels: {traefik.enable: 'true', traefik.http.routers.a.rule: canary-7f3a}": (
        ".labels: `traefik.…` leads nowhere: the edge reads no labels; say it by `ingress` in the stack file"
    ),
    "healthcheck: {test: [CMD, a], interval: 2m}": (
        ".healthcheck.interval: is first asked after 2m0s, and a release waits 1m0s: "
        "ask more often, or set `x-slipway: {ready: {timeout: …}}`"
    ),
    "healthcheck: {test: [CMD, a]}\n    x-slipway: {ready: {timeout: 30s}}": (
        ".healthcheck.interval: is first asked after 30s, and a release waits 30s: "
        "ask more often, or set `x-slipway: {ready: {timeout: …}}`"
    ),
    "image: postgres\n    volumes: [data:/var/lib/postgresql/data]": (
        ".image: must name PostgreSQL's major version in its tag, such as `:17`: another one cannot read the data"
    ),
    "image: postgres:18\n    volumes: [data:/var/lib/postgresql/data/]": FORMER_DATA,
    "image: pgvector/pgvector:0.8.1-pg18\n    volumes: [data:/var/lib/postgresql/data]": FORMER_DATA,
    "environment: {KEY_FILE: /run/secrets/kye, canary-7f3a: /run/secrets/key}\n    secrets: [key]": (
        ".environment.KEY_FILE: names the file of a secret that the service does not have; did you mean `key`?"
    ),
    "environment: {KEY_FILE: /run/secrets/canary-7f3a}": (
        ".environment.KEY_FILE: names the file of a secret that the service does not have: "
        "put it under the service's `secrets`"
    ),
    "depends_on: [idle]": (
        ".depends_on.idle: service idle is left out: put its profile debug under the product's `profiles`"
    ),
}
"""Keys of a service → its mistake, after the path of the service."""

REST = """
  idle: {image: x, profiles: [debug], build: canary-7f3a, volumes: [scratch:/d]}
  target:
    image: x
    networks: [back, far, default]
    volumes: [data:/d]
    secrets: [key, word]
    configs: [page, gone, unset, named]
    restart: always
  store: {image: "postgres:17", networks: [back], volumes: ["data:/var/lib/postgresql/data"]}
  Bad_Name: {image: x}
  one: {image: x, depends_on: [two]}
  two: {image: x, depends_on: [one]}
networks: {back: {name: canary-7f3a}, far: {driver: macvlan}, outside: {}, default: {external: true}}
volumes: {data: {external: true}, unused: {}, scratch: {}}
secrets: {key: {file: ./canary-7f3a}, word: {external: true, name: canary-7f3a}, idle: {external: true}}
configs:
  idle: {content: canary-7f3a}
  page: {file: page.html}
  gone: {file: gone}
  unset: {environment: NOWHERE}
  named: {content: a, name: canary-7f3a}
x-slipway: {}
x-other: {}
"""

REST_MISTAKES = [
    "configs.idle: no service uses it: remove it",
    f"configs.named.name: cannot be mapped: {TOP_LEVEL_REFUSED['configs.*.name']}",
    f"networks.back.name: cannot be mapped: {TOP_LEVEL_REFUSED['networks.*.name']}",
    "networks.default.external: cannot be mapped: everything a product uses is its own: remove it",
    "networks.far.driver: must be `bridge`: a product is on one server",
    "networks.outside: no service uses it: remove it",
    "secrets.idle: no service uses it: remove it",
    f"secrets.key.file: cannot be mapped: a secret is not a file of the repository: {SECRET_REMEDY}",
    "secrets.word.name: cannot be mapped: name it under `slipway:products.<product>.secrets`",
    "services.Bad_Name: must be a name of small letters, digits and hyphens, at most 63, such as `shop`",
    "services.one.depends_on: waits for itself: one → two → one",
    "volumes.data.external: cannot be mapped: everything a product uses is its own: remove it",
    "volumes.unused: no service uses it: remove it",
    "x-slipway: cannot be mapped: belongs in a service",
]


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Every case in one file, so that all mistakes have to come together."""
    folder = tmp_path_factory.mktemp("compose")
    blocks = [
        f"  s{number}:\n    {'' if keys.startswith(('image:', 'command: x')) else 'image: x'}\n    {keys}\n"
        for number, keys in enumerate(SERVICE_CASES)
    ]
    (folder / "folder").mkdir()
    (folder / "page.html").write_text("<p>", encoding="utf-8")
    (folder / "picture").write_bytes(b"\x89PNG\xff")
    (folder / "compose.yaml").write_text(f"services:\n{''.join(blocks)}{REST}", encoding="utf-8")
    reading = read_project(["compose.yaml"], root=folder, variables={}, name="dev-shop")
    assert reading.project is None
    return [str(mistake) for mistake in reading.mistakes]


@pytest.mark.parametrize("keys", SERVICE_CASES)
def test_wrong_service_gets_one_line(keys: str, lines: list[str]) -> None:
    service = f"compose.yaml: services.s{list(SERVICE_CASES).index(keys)}"
    found = {line for line in lines if line.startswith((f"{service}.", f"{service}:"))}
    assert found == {f"{service}{SERVICE_CASES[keys]}"}


def test_wrong_rest_of_the_file_gets_its_lines(lines: list[str]) -> None:
    found = sorted(
        {
            line
            for line in lines
            if not line.startswith(("compose.yaml: services.s", "compose.yaml: services.target.configs"))
        }
    )
    assert found == [f"compose.yaml: {line}" for line in REST_MISTAKES]


def test_no_value_is_shown(lines: list[str]) -> None:
    assert not [line for line in lines if CANARY in line.partition(": ")[2].partition(": ")[2]]


REFUSED_CASES = {
    "services: {web: {imge: x, prots: []}}": [
        "services.web.imge: is not a key of the compose format; did you mean `image`?",
        "services.web.prots: is not a key of the compose format; did you mean `ports`?",
    ],
    "services: {web: {image: x, build: ., imge: y}}": [
        "services.web.build: cannot be mapped: build the image in CI, push it, and name it by `image`",
        "services.web.imge: is not a key of the compose format; did you mean `image`?",
    ],
    "servces: {}\nservices: {}": ["`servces` is not a key of the compose format"],
    "services: {web: {image: x, healthcheck: {tset: canary-7f3a}}}": [
        "services.web.healthcheck: `tset` is not a key of the compose format",
    ],
    "services: {web: {image: x, ports: {canary-7f3a: 1}}}": ["services.web.ports: must be a list"],
    "services: {web: {image: [canary-7f3a]}}": ["services.web.image: must be a string"],
    "services: {web: {image: x, mem_limit: canary-7f3a}}": [
        "services.web.mem_limit: must be a number, or a size such as `256m`"
    ],
    "services: {web: {image: x, mem_limit: canary}}": ["services.web.mem_limit: must be a size, such as `256m`"],
    "services: {web: {image: x, stop_grace_period: '5'}}": [
        "services.web.stop_grace_period: must be a duration, such as `30s` or `1m30s`",
    ],
    "services: {web: {image: x, depends_on: {a: {condition: canary-7f3a}}}}": [
        (
            "services.web.depends_on.a.condition: must be one of "
            "'service_started', 'service_healthy', 'service_completed_successfully'"
        ),
    ],
    "services: {web: {image: 'canary-7f3a${'}}": [
        "services.web.image: has a `$` that is no variable: write `$$` for the sign itself",
    ],
    "services: {web: {image: x, ports: ['canary-7f3a:80']}}": [
        "Docker Compose refuses it; `docker-compose -f <file> config` says why",
    ],
    "services: {web: {image: x, secrets: [a]}}\nsecrets: {a: {}}": [f"secrets.a: cannot be mapped: {SECRET_REMEDY}"],
    "services: {web: {image: x, command: canary-7f3a, command: canary-7f3a}}": [
        "line 1, column 50: a key is written twice",
    ],
    "services: {web: {image: 'canary-7f3a}}": ["line 1, column 39: this is not YAML"],
    "services: [canary-7f3a]": ["must be a compose file: a map with `services`"],
    "canary-7f3a": ["must be a compose file: a map with `services`"],
    "services: {}": ["services: there is no service"],
    "include: [canary-7f3a.yaml]\nservices: {web: {image: x}}": [
        "include[0]: this compose file does not exist or cannot be read",
    ],
    "services: {web: {extends: {file: canary-7f3a.yaml, service: web}}}": [
        "services.web.extends.file: this compose file does not exist or cannot be read",
    ],
    "services: {web: {image: x, env_file: canary-7f3a.env}}": [
        "services.web.env_file: names a file that is not in the repository: put its variables under `environment`",
    ],
    "services: {web: {image: x, command: 'run $NOWHERE'}}": [
        "variable NOWHERE is not set: set it under the product's `env`, or write `${NOWHERE:-}` for nothing",
    ],
}
"""Whole file → its mistakes."""


@pytest.mark.parametrize("text", REFUSED_CASES)
def test_file_that_compose_refuses_gets_its_lines(text: str, mistakes: Mistakes) -> None:
    assert mistakes(text) == [f"compose.yaml: {line}" for line in REFUSED_CASES[text]]


def test_file_that_does_not_exist_is_named(tmp_path: Path) -> None:
    reading = read_project(["a.yaml", "b.yaml"], root=tmp_path, variables={}, name="dev-shop")
    assert [str(mistake) for mistake in reading.mistakes] == [
        "a.yaml: this compose file does not exist or cannot be read",
        "b.yaml: this compose file does not exist or cannot be read",
    ]


def test_mistake_is_named_in_the_file_that_holds_it(mistakes: Mistakes) -> None:
    first = "services: {web: {image: x, build: .}}"
    second = "services: {web: {privileged: true, healthcheck: {retries: 1}}}"
    assert mistakes(first, second) == [
        f"compose.yaml: services.web.build: cannot be mapped: {SERVICE_REFUSED['build']}",
        "second.yaml: services.web.healthcheck: must have a `test`: Slipway cannot see the image's own",
        f"second.yaml: services.web.privileged: cannot be mapped: {SERVICE_REFUSED['privileged']}",
    ]


def test_jobs_whose_units_would_have_one_name_are_told(mistakes: Mistakes) -> None:
    jobs = "x-slipway: {{jobs: {{{}: {{schedule: hourly, command: run}}}}}}"
    web, other = jobs.format("a-b"), jobs.format("b")
    assert mistakes(f"services: {{web: {{image: x, {web}}}, web-a: {{image: x, {other}}}}}") == [
        (
            "compose.yaml: services.web-a.x-slipway.jobs.b: "
            "its units would have the name of those of a job of service web: name it otherwise"
        )
    ]
