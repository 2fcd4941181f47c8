"""Where things are on a server."""

from pathlib import Path

PRODUCTS = Path("/srv/slipway")
"""One folder a product, `<stack>-<product>`; secrets are below it, in `secrets/<service>/<secret>`."""
ROUTES = PRODUCTS / "edge" / "dynamic"
"""One file a route."""
SERVING = "serving"
"""Folder of a product with a file for each service that no route leads to; it names the container in use."""
LOCKS = Path("/run/lock/slipway")
"""One lock file a product."""
DOCKER_SOCKET = Path("/run/docker.sock")
"""Where the Docker Engine listens."""
DOCKER_CONFIG = Path("/etc/slipway/docker")
"""The registry logins, for root only."""
EDGE_NETWORK = "0-edge"
"""The edge's own network. It sorts before every other: Docker < 28 takes the default gateway from the first by name,
and one that moves while a product is attached drops requests (30 of 3 200 measured)."""
EDGE_CONFIRM_PORT = 8099
"""Entry point of the edge that answers by route name, for the agent only."""
EDGE_METRICS_HOST = "edge-metrics"
"""Name by which the agent asks there for the edge's metrics."""
EDGE_HTTPS_PORT = 443
"""Entry point of the edge that the world reaches the products by."""
EDGE_ANSWER_SECONDS = 5
"""How long the edge may take for each step of an answer to the agent."""
RELEASE_HEADER = "X-Slipway-Release"
"""Header in which the edge says which release has answered."""
REVISION_HEADER = "X-Slipway-Revision"
"""Header in which the edge tells the agent which revision of a route it has read."""
OWNER = Path("/var/lib/slipway/stack")
"""Names the stack that keeps the server."""
EDGE_SETTINGS = Path("/srv/slipway/edge/traefik.yml")
"""What the edge reads at its start: the ports that it listens on, among others."""
ATTACHMENTS = Path("/var/lib/slipway/attachments")
"""One file a network, `<network>.json`: the container that was joined to it, and its names there."""
RELEASES = Path("/var/lib/slipway/releases")
"""One file a service, `<stack>-<product>/<service>`: the images of its releases, the newest first."""
HISTORY = Path("/var/lib/slipway/history")
"""One file a service, `<stack>-<product>/<service>.jsonl`: what became of its releases, the oldest first."""
MIGRATIONS = Path("/var/lib/slipway/migrations")
"""One file a service, `<stack>-<product>/<service>.jsonl`: the migrations of its database, the oldest first."""
JOBS = Path("/var/lib/slipway/jobs")
"""One file a job, `<stack>-<product>-<service>-<job>.jsonl`: its last runs, the oldest first."""
CHANNELS = Path("/var/lib/slipway/channels")
"""One file a channel of alerts: a sum of the settings that it was tried with."""
FORMER = Path("/var/lib/slipway/former")
"""What was there before a resource took over, one file a resource."""
PROC_SYS = Path("/proc/sys")
"""The kernel's settings at run time."""
PROC_MODULES = Path("/proc/modules")
"""The kernel modules that are loaded."""
PROC_SWAPS = Path("/proc/swaps")
"""The swap that is in use."""
PROC = Path("/proc")
"""One folder a process."""
SYSCTL_FOLDERS = (
    Path("/etc/sysctl.d"),
    Path("/run/sysctl.d"),
    Path("/usr/local/lib/sysctl.d"),
    Path("/usr/lib/sysctl.d"),
    Path("/lib/sysctl.d"),
)
"""Where kernel settings are kept for the next boot: a file hides those of its name in later folders."""
SYSCTL_CONF = Path("/etc/sysctl.conf")
"""Kernel settings that `sysctl --system` loads last of all."""
MODPROBE_FOLDERS = (
    Path("/etc/modprobe.d"),
    Path("/run/modprobe.d"),
    Path("/usr/local/lib/modprobe.d"),
    Path("/usr/lib/modprobe.d"),
    Path("/lib/modprobe.d"),
)
"""How kernel modules are loaded: a file hides those of its name in later folders."""
ZONES = Path("/usr/share/zoneinfo")
"""The time zones, one file each."""
LOCALTIME = Path("/etc/localtime")
"""Link to the time zone of the server."""
TIMEZONE = Path("/etc/timezone")
"""Name of the time zone, for programs that do not read the link."""
HOSTNAME = Path("/etc/hostname")
"""Name of the server from the next boot on."""
HOSTS = Path("/etc/hosts")
"""Addresses of names that no name server knows."""
FSTAB = Path("/etc/fstab")
"""What is mounted, and swapped to, from the next boot on."""
UNITS = Path("/etc/systemd/system")
"""The units of systemd that are not from a package, and what changes those that are."""
APT = Path("/etc/apt")
"""Where packages come from."""
APT_LOCKS = (
    Path("/var/lib/dpkg/lock-frontend"),
    Path("/var/lib/dpkg/lock"),
    Path("/var/lib/apt/lists/lock"),
    Path("/var/cache/apt/archives/lock"),
)
"""What a program holds while it changes packages or their lists."""
OS_RELEASE = Path("/etc/os-release")
"""Which release of Debian this is."""
WRITTEN = (Path("/etc"), Path("/var/lib"))
"""Where nothing can be set up without writing."""
UFW = Path("/etc/ufw")
"""UFW's rules, and whether it is enabled."""
UFW_DEFAULTS = Path("/etc/default/ufw")
"""UFW's policies."""
UFW_PACKAGED = Path("/usr/share/ufw/iptables")
"""The rules that UFW's package brings, as nobody has changed them."""
UFW_PROGRAM = Path("/lib/ufw/ufw-init")
"""Loads and unloads UFW's rules as its files have them, and works where the `ufw` command would ask or refuse."""
FIREWALL_RULES = Path("/etc/slipway/firewall.d")
"""What is let through to containers, one file a rule."""
FIREWALL_SETTINGS = Path("/etc/slipway/firewall.json")
"""Is there while there is a container firewall."""
FIREWALL_TABLE = Path("/etc/slipway/firewall.nft")
"""The table that filters what is forwarded to containers, as it is loaded at boot."""
FIREWALL_RECORDS = Path("/var/lib/slipway/firewall")
"""What the kernel's tables looked like when they were last loaded."""
RESCUE = Path("/var/lib/slipway/rescue")
"""What is put back unless a new connection confirms a change; for root only."""
ACCOUNTS = Path("/etc")
"""Folder of passwd, shadow, group and the like."""
SSHD = Path("/etc/ssh")
"""Configuration of the SSH server."""
SUDOERS = Path("/etc/sudoers.d")
"""Who may become root, one file a rule."""
AUTHORIZED_KEYS = Path(".ssh/authorized_keys")
"""The keys that may sign in as a user, below that user's home."""
