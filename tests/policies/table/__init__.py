"""The rules by example: one table a type, a compliant resource and what breaks each rule."""

from tests.policies.table import commands, containers, docker, github, hosts, services
from tests.policies.table.case import Case

CASES: tuple[Case, ...] = (
    *containers.CASES,
    *services.CASES,
    *docker.CASES,
    *commands.CASES,
    *hosts.CASES,
    *github.CASES,
)

__all__ = ["CASES", "Case"]
