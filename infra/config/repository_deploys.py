"""What a workflow deploys, and what it is given for that."""

from collections.abc import Mapping
from pathlib import PurePosixPath

from infra.config.products import Product
from infra.config.repositories import DEPLOY_NAMES, GITOPS_NAMES, Deploy

SSH_KEY = "DEPLOY_SSH_KEY"
GITOPS_SECRET = GITOPS_NAMES[-1]


def deployed_product(repository: str, deploy: Deploy, products: Mapping[str, Product]) -> str | None:
    """Return the product that is deployed; nothing where it is not clear which one."""
    if deploy.product is not None:
        return deploy.product if deploy.product in products else None
    if repository in products:
        return repository
    return next(iter(products)) if len(products) == 1 else None


def given_name(deploy: Deploy, name: str) -> str:
    """Return what the repository calls something that is given."""
    return deploy.names.get(name, name)


def secret_names(deploy: Deploy) -> list[str]:
    """Return the names of the secrets that are given."""
    return [given_name(deploy, name) for name in (DEPLOY_NAMES if deploy.by == "ssh" else (GITOPS_SECRET,))]


def variable_names(deploy: Deploy) -> list[str]:
    """Return the names of the variables that are given."""
    return [given_name(deploy, name) for name in GITOPS_NAMES if deploy.by == "gitops" and name != GITOPS_SECRET]


def project_path(stack: str, product: str, deploy: Deploy) -> str:
    """Return the folder of the compose files on the server."""
    return deploy.project_path or f"/srv/{stack}-{product}"


def compose_files(product: Product) -> str:
    """Return the compose files as `COMPOSE_FILE` takes them."""
    return ":".join(PurePosixPath(path).name for path in product.compose)
