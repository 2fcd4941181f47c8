"""The process `pulumi-resource-host`."""

from infra.host.plugin.host import HostProvider
from infra.host.plugin.serving import serve

serve(HostProvider())
