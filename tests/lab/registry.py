"""The lab's registry, with TLS and a password, so that digests and logins are real."""

import base64
import json
from collections.abc import Mapping
from http import HTTPStatus

from tests.lab.docker import KEYS_LABEL, Content, docker, inspect, put, running
from tests.lab.https import ask
from tests.lab.images import REGISTRY, Image
from tests.lab.keys import certificate, fingerprint, write
from tests.lab.network import joining
from tests.lab.paths import PROJECT, REGISTRY_LOGIN, REGISTRY_PASSWORD
from tests.lab.topology import (
    LABEL,
    REGISTRY_ADDRESS,
    REGISTRY_CONTAINER,
    REGISTRY_HOST,
    REGISTRY_INSIDE,
    REGISTRY_PORT,
    REGISTRY_USER,
)
from tests.lab.topology import (
    REGISTRY as SERVERS_NAME,
)
from tests.lab.waiting import wait_for
from tools.command import SetupError
from tools.progress import step

OWN_NAME = f"{REGISTRY_ADDRESS}:{REGISTRY_PORT}"
"""The registry as this machine names it."""
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json"


def start_registry() -> None:
    """Start the registry; make it when there is none."""
    made_with = fingerprint()
    if not running(REGISTRY_CONTAINER, made_with):
        docker(
            *("create", "--name", REGISTRY_CONTAINER, *joining(REGISTRY_INSIDE)),
            *("--network-alias", REGISTRY_HOST, "--publish", f"{OWN_NAME}:{REGISTRY_PORT}"),
            *("--label", f"{LABEL}={PROJECT}", "--label", f"{KEYS_LABEL}={made_with}"),
            *("--restart", "unless-stopped", REGISTRY.tag),
        )
        made, key = certificate(REGISTRY_HOST, REGISTRY_ADDRESS)
        files = {
            "/etc/slipway-lab/server.crt": Content(made.read_text(encoding="ascii")),
            "/etc/slipway-lab/server.key": Content(key.read_text(encoding="ascii"), 0o600),
            "/etc/slipway-lab/htpasswd": Content(_hashed_password(), 0o600),
        }
        put(REGISTRY_CONTAINER, files)
        docker("start", REGISTRY_CONTAINER)
    login = {"auths": {OWN_NAME: {"auth": _credentials()}}}
    write(REGISTRY_LOGIN / "config.json", json.dumps(login), 0o600)
    wait_for(REGISTRY_CONTAINER, lambda: _ask("") is not None)


def push(image: Image) -> str:
    """Push an image unless the registry has it; return its reference by digest, as the servers name it."""
    described = inspect("image", image.tag) or {}
    known = {reference.rpartition("@")[2] for reference in described.get("RepoDigests", [])}
    digest = digest_of(image.repository, image.release)
    if digest is None or digest not in known:
        with step(f"Push {image.repository}:{image.release}"):
            name = f"{OWN_NAME}/{image.repository}:{image.release}"
            docker("tag", image.tag, name)
            docker("--config", str(REGISTRY_LOGIN), "push", "--quiet", name)
            digest = digest_of(image.repository, image.release)
    return f"{SERVERS_NAME}/{image.repository}@{digest}"


def digest_of(repository: str, reference: str) -> str | None:
    """Ask the registry for the digest of a tag or digest; nothing when it has none."""
    headers = _ask(f"{repository}/manifests/{reference}")
    return None if headers is None else headers["Docker-Content-Digest"]


def _ask(path: str) -> Mapping[str, str] | None:
    """Ask for the head of a page of the registry; nothing when there is no such page."""
    headers = {"Authorization": f"Basic {_credentials()}", "Accept": MANIFEST}
    answer = ask(OWN_NAME, f"/v2/{path}", "HEAD", headers)
    if answer.status == HTTPStatus.NOT_FOUND:
        return None
    if answer.status != HTTPStatus.OK:
        message = f"The lab's registry answers {answer.status} for {path or 'its root'}."
        raise SetupError(message)
    return answer.headers


def _credentials() -> str:
    password = REGISTRY_PASSWORD.read_text(encoding="ascii").strip()
    return base64.b64encode(f"{REGISTRY_USER}:{password}".encode()).decode()


def _hashed_password() -> str:
    """Hash the password by bcrypt, the only form the registry takes; it goes in by standard input."""
    arguments = ("run", "--rm", "--interactive", "--network", "none", REGISTRY.tag)
    return docker(*arguments, "htpasswd", "-niB", REGISTRY_USER, stdin=REGISTRY_PASSWORD.read_bytes())
