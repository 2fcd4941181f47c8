"""What every stack consists of."""

from collections.abc import Mapping

from infra.config.settings import Settings
from stacks import registrations
from stacks.access import require_access
from stacks.backups import backups
from stacks.messages import leave_out_debugging
from stacks.monitoring import monitoring
from stacks.platform import hosting, platforms
from stacks.product import products
from stacks.repository import repositories, workflows
from stacks.repository_access import Reviewers, require_repositories


async def deploy(settings: Settings) -> None:
    """Sign in to the servers and declare everything a stack file asks for."""
    leave_out_debugging()
    registrations.open_threads()
    reviewers = require_repositories(settings)
    require_access(settings)
    declare(settings, reviewers)
    await registrations.begin()


def declare(settings: Settings, reviewers: Mapping[str, Reviewers] | None = None) -> None:
    """Declare everything a stack file asks for; the reviewers of its repositories are known to GitHub alone."""
    access = workflows(settings)
    servers = platforms(settings, access.admitted)
    made = products(settings, servers)
    by_name = dict(zip(settings.products, made, strict=True))
    kept = backups(settings, servers, by_name)
    watching = monitoring(settings, servers, by_name)
    hosting(settings, servers, [*made, *kept, *watching])
    repositories(settings, access, reviewers or {})
