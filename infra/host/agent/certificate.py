"""The certificate by which the edge shows itself to the world, name by name."""

import socket
import ssl

from infra.host.agent import places

_SELF_MADE = b"TRAEFIK DEFAULT CERT"
"""Common name of what Traefik serves for a name that it has no certificate for yet."""


def is_served(edge: str, name: str) -> bool:
    """Tell whether the edge at an address serves a name with a certificate that is not one of its own making."""
    # Whoever issued it: this asks what is served, over the server's own bridge; its users judge whom they trust.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with (
            socket.create_connection((edge, places.EDGE_HTTPS_PORT), places.EDGE_ANSWER_SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=name) as secure,
        ):
            certificate = secure.getpeercert(binary_form=True)
    except OSError:
        return False
    return certificate is not None and _SELF_MADE not in certificate
