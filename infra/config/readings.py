"""The compose files of products, all read at once."""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from infra.compose.binary import ComposeMissingError
from infra.compose.reader import Reading, read_project
from infra.config.mistakes import ConfigurationError, Mistake
from infra.config.products import Product


def read_product(stack: str, name: str, product: Product, root: Path) -> Reading:
    """Return what became of the compose files of one product.

    Raises:
        ComposeMissingError: Docker Compose, which reads them, is missing.
    """
    return read_project(
        product.compose, root=root, variables=product.variables, name=f"{stack}-{name}", profiles=product.profiles
    )


def read_products(stack: str, products: Mapping[str, Product], root: Path) -> dict[str, Reading]:
    """Return what became of the compose files of each product.

    Args:
        stack: the one they belong to.
        products: their sections, by name.
        root: folder of the stack file.

    Raises:
        ConfigurationError: Docker Compose, which reads them, is missing.
    """
    try:
        # Most of the time each waits for Docker Compose, a process of its own.
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return dict(
                zip(
                    products,
                    pool.map(lambda name: read_product(stack, name, products[name], root), products),
                    strict=True,
                )
            )
    except ComposeMissingError as error:
        raise ConfigurationError([Mistake("", "", str(error))]) from None
