"""Passwords that are generated for a product, and the names of their resources."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from infra.config.ingress import Ingress
from infra.config.mistakes import Step, place
from infra.config.products import Product

LOGIN: Final = "login"
"""What visitors sign in with, among a product's passwords."""


def resource_name(product: str, password: str) -> str:
    """Return the name of the resource that generates a password of a product."""
    return f"{product}-{password}"


def asks_for_login(ingress: Ingress, *, public: bool) -> bool:
    """Tell whether visitors sign in: where a stack is not public they do, unless the ingress says otherwise."""
    return not public if ingress.basic_auth is None else ingress.basic_auth


def generated(name: str, product: Product, *, public: bool) -> Iterator[tuple[tuple[Step, ...], str]]:
    """Yield the passwords of a product: place in its section, and name of the resource."""
    if any(asks_for_login(ingress, public=public) for ingress in product.ingress):
        yield ("login",), resource_name(name, LOGIN)
    for secret, source in product.secrets.items():
        if source.generate is not None:
            yield ("secrets", secret), resource_name(name, secret)


def broken_passwords(
    products: Mapping[str, Product], public: Callable[[str], bool]
) -> Iterator[tuple[tuple[Step, ...], str]]:
    """Yield the passwords whose resources would have the name of another one, which Pulumi refuses halfway."""
    owners: dict[str, str] = {}
    for name, product in products.items():
        for steps, resource in generated(name, product, public=public(name)):
            at = ("products", name, *steps)
            if resource in owners:
                text = (
                    f"would be generated as {resource}, as {owners[resource]} is: choose another name for one of them"
                )
                yield at, text
            owners.setdefault(resource, place(*at))
