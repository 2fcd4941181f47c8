"""Serve the provider `random` to the engine."""

from infra.host.plugin.serving import serve
from tests.lab.plugins.random.provider import Random

serve(Random())
