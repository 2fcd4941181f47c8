"""The lab's stand-in for GitHub, where the sample product gets its repository."""

import hashlib
from http import HTTPStatus
from http.client import HTTPConnection

from tests.lab.docker import KEYS_LABEL, Content, docker, put, running
from tests.lab.images import GITHUB
from tests.lab.network import joining
from tests.lab.paths import GITHUB_TOKEN, PROJECT
from tests.lab.topology import (
    GITHUB_ADDRESS,
    GITHUB_CONTAINER,
    GITHUB_INSIDE,
    GITHUB_OWNER,
    GITHUB_PORT,
    LABEL,
)
from tests.lab.waiting import wait_for

PLACE = f"{GITHUB_ADDRESS}:{GITHUB_PORT}"
SOURCES = PROJECT / "tests" / "github_standin"
NOBODY = 65534
"""User it runs as."""
TOKEN = "/etc/slipway-lab/token"
TIMEOUT_SECONDS = 60


def start_github() -> None:
    """Start the stand-in; make it when there is none, or one of other code, or one with another token.

    It keeps nothing: after its restart the next `up` makes anew what it had.
    """
    files = contents()
    made_of = hashlib.sha256(repr(sorted((path, each.text) for path, each in files.items())).encode()).hexdigest()
    if not running(GITHUB_CONTAINER, made_of):
        docker(
            *("create", "--name", GITHUB_CONTAINER, *joining(GITHUB_INSIDE)),
            *("--publish", f"{PLACE}:{GITHUB_PORT}", "--restart", "unless-stopped"),
            *("--label", f"{LABEL}={PROJECT}", "--label", f"{KEYS_LABEL}={made_of}"),
            *(GITHUB.tag, *arguments(TOKEN), "--listen", GITHUB_INSIDE),
        )
        put(GITHUB_CONTAINER, files)
        docker("start", GITHUB_CONTAINER)
    wait_for(GITHUB_CONTAINER, knows_token)


def contents() -> dict[str, Content]:
    """Return the files that the container gets: its code and the token."""
    code = {
        f"/srv/tests/github_standin/{path.name}": Content(path.read_text(encoding="utf-8"))
        for path in sorted(SOURCES.glob("*.py"))
    }
    return {
        **code,
        "/srv/tests/__init__.py": Content(""),
        TOKEN: Content(GITHUB_TOKEN.read_text(encoding="ascii"), 0o400, NOBODY),
    }


def arguments(token: str) -> list[str]:
    """Return what the stand-in is told.

    Args:
        token: file with the token.
    """
    said = {"--owner": GITHUB_OWNER, "--token-file": token, "--port": str(GITHUB_PORT), "--url": f"http://{PLACE}"}
    return [word for option in said.items() for word in option]


def knows_token(place: str = PLACE) -> bool:
    """Tell whether it answers, and knows the token."""
    connection = HTTPConnection(place, timeout=TIMEOUT_SECONDS)
    try:
        token = GITHUB_TOKEN.read_text(encoding="ascii").strip()
        connection.request("GET", f"/api/v3/orgs/{GITHUB_OWNER}", headers={"Authorization": f"Bearer {token}"})
        return connection.getresponse().status == HTTPStatus.OK
    finally:
        connection.close()
