"""Keys and certificates of the lab, made once."""

import hashlib
import secrets
from pathlib import Path

from tests.lab.paths import CA_CERTIFICATE, CA_KEY, GITHUB_TOKEN, LAB, REGISTRY_PASSWORD, SSH_KEY
from tools.command import run

DAYS = "3650"


def make_keys() -> None:
    """Make the key that signs in to the servers, the authority, a password and a token, where missing."""
    for folder in (SSH_KEY.parent, CA_KEY.parent, REGISTRY_PASSWORD.parent, GITHUB_TOKEN.parent):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
    if not SSH_KEY.with_suffix(".pub").exists():
        # The public half is written last: without it the pair is not whole.
        SSH_KEY.unlink(missing_ok=True)
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "slipway-lab", "-f", str(SSH_KEY))
    if not CA_CERTIFICATE.exists():
        _make_authority()
    for path in (REGISTRY_PASSWORD, GITHUB_TOKEN):
        if not path.exists():
            write(path, secrets.token_urlsafe(24) + "\n", 0o600)


def fingerprint() -> str:
    """Hash the keys that the lab's containers were made with."""
    made = b"".join(path.read_bytes() for path in (SSH_KEY.with_suffix(".pub"), CA_CERTIFICATE, REGISTRY_PASSWORD))
    return hashlib.sha256(made).hexdigest()


def certificate(host: str, address: str) -> tuple[Path, Path]:
    """Return the certificate and key of one of the lab's own services, made when missing."""
    folder = LAB / "ca" / host
    made, key = folder / "server.crt", folder / "server.key"
    if not made.exists():
        folder.mkdir(exist_ok=True)
        part = folder / "server.crt.part"
        subject = ("-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host},IP:{address}")
        usage = ("-addext", "basicConstraints=critical,CA:FALSE", "-addext", "extendedKeyUsage=serverAuth")
        signer = ("-CA", str(CA_CERTIFICATE), "-CAkey", str(CA_KEY))
        _request(key, part, *subject, *usage, *signer)
        part.replace(made)
    return made, key


def write(path: Path, text: str, mode: int = 0o644) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    part.touch(mode)
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _make_authority() -> None:
    part = CA_CERTIFICATE.with_suffix(".part")
    usage = ("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    _request(CA_KEY, part, "-subj", "/CN=Slipway lab", *usage)
    part.replace(CA_CERTIFICATE)


def _request(key: Path, made: Path, *details: str) -> None:
    """Make a key and a certificate for it."""
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc")
    run("openssl", "req", "-x509", *curve, "-days", DAYS, "-keyout", str(key), "-out", str(made), *details)
    key.chmod(0o600)
