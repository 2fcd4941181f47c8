"""What every stack consists of."""

from infra.config.settings import Settings
from stacks.access import require_access
from stacks.messages import leave_out_debugging
from stacks.platform import platforms
from stacks.product import products
from stacks.repository import repositories, workflows
from stacks.repository_access import require_repositories


def deploy(settings: Settings) -> None:
    """Declare everything a stack file asks for."""
    leave_out_debugging()
    reviewers = require_repositories(settings)
    require_access(settings)
    made = workflows(settings)
    products(settings, platforms(settings, made.admitted))
    repositories(settings, made, reviewers)
