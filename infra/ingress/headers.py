"""The headers that the edge adds to every answer, its own errors too (OWASP Secure Headers)."""

from collections.abc import Mapping

SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "base-uri 'self'; frame-ancestors 'self'; object-src 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
}
"""An ingress may change each by name."""
TRANSPORT_SECURITY: Mapping[str, str] = {"Strict-Transport-Security": "max-age=63072000"}
"""Two years, as Mozilla's intermediate configuration has it; for answers over TLS only."""
