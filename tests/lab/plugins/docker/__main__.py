"""Serve the provider `docker` to the engine."""

from infra.host.plugin.serving import serve
from tests.lab.plugins.docker.provider import Docker

serve(Docker())
