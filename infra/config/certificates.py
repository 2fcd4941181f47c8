"""Certificates of the stack's own: whether they can be served, judged before anything is touched."""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from infra.config.edge import Certificate
from infra.config.files import NamedFiles
from infra.config.mistakes import Step
from infra.config.settings import CertificateSettings, ConfigSecret, FileSecret

SecretText = Callable[[str], str | None]
"""Returns the text of `slipway:secret-<name>`, or nothing when it is not set or unknown."""
Finding = tuple[tuple[Step, ...], str]


class OwnCertificates:
    """The certificates that a stack file names, with the hosts that each is for."""

    def __init__(self, declared: Sequence[Certificate], files: NamedFiles, secret: SecretText) -> None:
        self.findings: list[Finding] = []
        self._files = files
        self._secret = secret
        self._names: list[tuple[str, ...] | None] = []
        """Of each certificate the hosts; None while it cannot be read."""
        self.settings = tuple(self._read(index, certificate) for index, certificate in enumerate(declared))

    def covers(self, host: str | None) -> bool:
        """Tell whether a host is one of a certificate here."""
        return host is not None and any(_is_for(host, names) for names in self._names if names)

    def unused(self, hosts: Collection[str]) -> Iterator[Finding]:
        """Yield the certificates that are for none of a stack's hosts."""
        for index, names in enumerate(self._names):
            if names is not None and not any(_is_for(host, names) for host in hosts):
                yield _at(index, "file"), f"is for none of the stack's hosts: it names {', '.join(names) or 'none'}"

    def _read(self, index: int, certificate: Certificate) -> CertificateSettings:
        at = _at(index, "key")
        chain = self._files.text(_at(index, "file"), certificate.file)
        source: ConfigSecret | FileSecret
        if certificate.key.file is not None:
            source = self._files.secret((*at, "file"), certificate.key.file)
            key = None if source.missing else source.path.read_text(encoding="utf-8", errors="replace")
        else:
            source = ConfigSecret(name=certificate.key.config or "")
            key = self._secret(source.name)
        self._names.append(self._judge(index, chain.content, key))
        return CertificateSettings(chain=chain, key=source)

    def _judge(self, index: int, chain: str | None, key: str | None) -> tuple[str, ...] | None:
        """Return the hosts of a certificate; note what is wrong with it and with its key."""
        if chain is None:
            return None
        try:
            certificate = x509.load_pem_x509_certificates(chain.encode())[0]
        except ValueError:
            self.findings.append((_at(index, "file"), "names a file that holds no certificate in PEM"))
            return None
        self.findings.extend((_at(index, "file"), sentence) for sentence in _out_of_date(certificate))
        if key is not None:
            self.findings.extend((_at(index, "key"), sentence) for sentence in _wrong_key(certificate, key))
        return _hosts(certificate)


def _at(index: int, key: str) -> tuple[Step, ...]:
    return ("edge", "certificates", index, key)


def _out_of_date(certificate: x509.Certificate) -> Iterator[str]:
    now = datetime.now(UTC)
    if certificate.not_valid_after_utc < now:
        yield f"expired on {certificate.not_valid_after_utc:%Y-%m-%d}: renew it"
    elif certificate.not_valid_before_utc > now:
        yield f"is not valid before {certificate.not_valid_before_utc:%Y-%m-%d}"


def _wrong_key(certificate: x509.Certificate, key: str) -> Iterator[str]:
    try:
        private = load_pem_private_key(key.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        yield "must be a private key in PEM, without a passphrase"
        return
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if private.public_key().public_bytes(*form) != certificate.public_key().public_bytes(*form):
        yield "does not belong to the certificate in `file`: they must be made together"


def _hosts(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return ()
    return tuple(name.lower() for name in names.value.get_values_for_type(x509.DNSName))


def _is_for(host: str, names: Collection[str]) -> bool:
    """Tell whether a certificate's names hold a host; `*.` stands for one label (RFC 6125)."""
    return host in names or f"*.{host.partition('.')[2]}" in names
