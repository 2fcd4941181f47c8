"""The lab's ACME server, which hands out the products' certificates."""

from http import HTTPStatus

from tests.lab.docker import KEYS_LABEL, Content, docker, flags, put, running
from tests.lab.https import ask
from tests.lab.images import ACME
from tests.lab.keys import certificate, fingerprint, write
from tests.lab.network import joining
from tests.lab.paths import ACME_ROOT, PROJECT
from tests.lab.shop import Shop
from tests.lab.topology import (
    ACME_ADDRESS,
    ACME_CONTAINER,
    ACME_HOST,
    ACME_INSIDE,
    ACME_MANAGEMENT_PORT,
    ACME_PORT,
    LABEL,
    SERVERS,
    Server,
)
from tests.lab.waiting import wait_for
from tools.command import SetupError
from tools.progress import say

NOBODY = 65534
"""User the ACME server runs as."""
FORGET_ACCOUNT = """
accounts=/srv/slipway/edge/acme/acme.json
if [ -e "$accounts" ] && [ -n "$(command -v docker)" ]; then
  timeout 300 sh -c 'until docker info >/dev/null 2>&1; do sleep 0.5; done'
  rm -f "$accounts"
  if docker inspect 0-edge-traefik >/dev/null 2>&1; then
    docker restart 0-edge-traefik >/dev/null
    ls /srv/slipway/edge/dynamic | grep -- -shop-web.yaml || true
  fi
fi
"""
"""The server keeps nothing: after its restart it refuses the accounts that an edge still holds.

Prints the shop's route where an edge serves one.
"""


def start_acme() -> None:
    """Start the ACME server; make it when there is none."""
    made_with = fingerprint()
    if not running(ACME_CONTAINER, made_with):
        published = (f"{ACME_ADDRESS}:{port}:{port}" for port in (ACME_PORT, ACME_MANAGEMENT_PORT))
        docker(
            *("create", "--name", ACME_CONTAINER, *joining(ACME_INSIDE)),
            *("--network-alias", ACME_HOST, *flags("--publish", published)),
            *("--label", f"{LABEL}={PROJECT}", "--label", f"{KEYS_LABEL}={made_with}"),
            *("--restart", "unless-stopped", ACME.tag),
        )
        made, key = certificate(ACME_HOST, ACME_ADDRESS)
        files = {
            "/etc/slipway-lab/server.crt": Content(made.read_text(encoding="ascii")),
            "/etc/slipway-lab/server.key": Content(key.read_text(encoding="ascii"), 0o600, NOBODY),
        }
        put(ACME_CONTAINER, files)
        docker("start", ACME_CONTAINER)
    wait_for(ACME_CONTAINER, lambda: bool(_root()))


def fetch_root() -> None:
    """Fetch the root of the products' certificates; when it is a new one, let the edges begin anew."""
    root = _root()
    known = ACME_ROOT.read_text(encoding="ascii") if ACME_ROOT.exists() else ""
    if root == known:
        return
    serving = [server for server in SERVERS if docker("exec", server.container, "sh", "-c", FORGET_ACCOUNT)]
    write(ACME_ROOT, root)
    if known:
        say("The ACME server was restarted and has a new root: the edges ask for new certificates")
    for server in serving:
        _await_certificate(server)


def _await_certificate(server: Server) -> None:
    """Wait until an edge that serves the shop has a certificate of the new root; where it gets none, that is said."""
    try:
        wait_for(server.container, lambda: bool(Shop(server.stack).ask("/").status))
    except SetupError:
        say(f"{server.container} has no certificate of the new root yet")


def _root() -> str:
    answer = ask(f"{ACME_ADDRESS}:{ACME_MANAGEMENT_PORT}", "/roots/0")
    return answer.body if answer.status == HTTPStatus.OK else ""
