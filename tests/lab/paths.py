"""Where the lab keeps what it made; everything lies in `.lab` in the project's root, which git ignores."""

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
"""Root of the checkout."""
SOURCES = Path(__file__).resolve().parent / "images"
"""What the lab's images are built from, one folder each."""

LAB = PROJECT / ".lab"
BUILD = LAB / "build"
"""Half-made things; may be deleted at any time."""
LOCK = LAB / "lock"

SSH_KEY = LAB / "keys" / "deploy"
"""Private key that signs in to the lab servers; the public one lies beside it."""
KNOWN_HOSTS = LAB / "known_hosts"

CA_CERTIFICATE = LAB / "ca" / "ca.crt"
"""Authority of the lab's own services: the registry and the ACME server's API."""
CA_KEY = LAB / "ca" / "ca.key"
ACME_ROOT = LAB / "acme" / "root.crt"
"""Root of the certificates that the products get; another one after every start of the ACME server."""

REGISTRY_PASSWORD = LAB / "registry" / "password"
REGISTRY_LOGIN = LAB / "registry" / "login"
"""Docker's client configuration that may push to the lab's registry."""

GITHUB_TOKEN = LAB / "github" / "token"
"""Token by which the lab's stacks sign in to the stand-in for GitHub."""

IMAGES = LAB / "images.json"
READY = LAB / "ready.json"
RELEASES = LAB / "releases"
