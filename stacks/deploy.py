"""What every stack consists of."""

from infra.config.settings import Settings
from stacks import registrations
from stacks.access import require_access
from stacks.backups import backups
from stacks.messages import leave_out_debugging
from stacks.platform import hosting, platforms
from stacks.product import products


async def deploy(settings: Settings) -> None:
    """Sign in to the servers and declare everything a stack file asks for."""
    leave_out_debugging()
    require_access(settings)
    declare(settings)
    await registrations.begin()


def declare(settings: Settings) -> None:
    """Declare everything a stack file asks for."""
    servers = platforms(settings)
    made = products(settings, servers)
    kept = backups(settings, servers, dict(zip(settings.products, made, strict=True)))
    hosting(settings, servers, [*made, *kept])
