"""What a server has to give to containers: part of section `slipway:servers`."""

import re
from decimal import Decimal, InvalidOperation
from typing import Annotated

from pydantic import BeforeValidator, Field

from infra.compose.quantities import MiB
from infra.config.host_values import schema
from infra.config.section import Section

_SIZE = re.compile(r"([1-9][0-9]{0,6})(MiB|GiB)")
_UNITS = {"MiB": 1, "GiB": 1024}
RESERVED = MiB(512)
"""What a Debian server with Docker holds without a container, with room for apt and Slipway's agent."""
_MOST = 4096
"""Processors of the largest servers there are, and more than any factor that means something."""


def _size(value: object) -> MiB:
    found = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        msg = "must be a size, such as `4GiB` or `1536MiB`"
        raise ValueError(msg)
    return MiB(int(found[1]) * _UNITS[found[2]])


def _number(value: object) -> Decimal:
    """Return a number that Pulumi hands over as one, and our own reading of the file as text."""
    try:
        number = Decimal(str(value)) if isinstance(value, str | int | float) else Decimal(0)
    except InvalidOperation:
        number = Decimal(0)
    if isinstance(value, bool) or not (number.is_finite() and 0 < number <= _MOST):
        msg = f"must be a number greater than 0, and at most {_MOST}, such as `2` or `0.5`"
        raise ValueError(msg)
    return number


def _factor(value: object) -> Decimal:
    number = _number(value)
    if number < 1:
        msg = "must be at least 1: what is less than the server has is said by `reserved`, or by a smaller capacity"
        raise ValueError(msg)
    return number


Size = Annotated[MiB, BeforeValidator(_size), schema("size", {"type": "string", "pattern": f"^{_SIZE.pattern}$"})]
Number = Annotated[Decimal, BeforeValidator(_number), schema("number", {"type": "number", "exclusiveMinimum": 0})]
Factor = Annotated[Decimal, BeforeValidator(_factor), schema("factor", {"type": "number", "minimum": 1})]


class Overbook(Section):
    """How many times over a server's capacity may be given out."""

    memory: Factor = Decimal("1.0")
    """Of memory: where limits come to more than there is, the kernel ends processes of whichever container it finds."""
    cpus: Factor = Decimal("4.0")
    """Of processors: their limit is a ceiling that few services are at together, and who waits is slower, not dead."""


class Capacity(Section):
    """What a server has, so that products are not promised more than that."""

    memory: Size
    """Memory of the server, as its provider sells it."""
    cpus: Number
    """Processors of the server."""
    reserved: Size | None = None
    """Memory that no container is promised: for the kernel, Docker, SSH, the journal and Slipway's own work there;
    `512MiB` when absent."""
    overbook: Overbook = Field(default=Overbook())
    """How many times over it may be given out."""
