"""The lab: Debian servers, a registry and a certificate authority in containers of this machine."""
