"""What is to be there, by the files that each `up` writes: one a stack."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.monitoring.observer import places


@dataclass(frozen=True, kw_only=True)
class Service:
    """A service that is declared."""

    stack: str
    product: str
    name: str
    ends: bool
    """Whether it runs to its end, and is not missed afterwards."""

    @property
    def labels(self) -> dict[str, str]:
        """What tells its metrics from those of others."""
        return {"stack": self.stack, "product": self.product, "service": self.name}


@dataclass(frozen=True, kw_only=True)
class Product:
    """A product that is declared."""

    stack: str
    name: str
    services: tuple[Service, ...]
    hosts: tuple[str, ...]
    """Under which the world reaches it by HTTPS."""

    @property
    def prefix(self) -> str:
        """What its records are called."""
        return f"{self.stack}-{self.name}"

    @property
    def labels(self) -> dict[str, str]:
        """What tells its metrics from those of others."""
        return {"stack": self.stack, "product": self.name}


def products() -> list[Product]:
    """Return what all stacks have declared here; a file that cannot be read is passed over until the next look."""
    found: list[Product] = []
    for path in sorted(places.DECLARED.glob("*.json")):
        try:
            found.extend(parse(json.loads(path.read_text(encoding="utf-8"))))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
    return found


def parse(data: Mapping[str, Any]) -> Iterator[Product]:
    """Yield the products of a stack."""
    stack = data["stack"]
    for product, said in sorted(data["products"].items()):
        services = tuple(
            Service(stack=stack, product=product, name=name, ends=bool(each["ends"]))
            for name, each in sorted(said["services"].items())
        )
        yield Product(stack=stack, name=product, services=services, hosts=tuple(said["hosts"]))
