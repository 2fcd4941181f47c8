"""What a service gets where its compose file is silent."""

from dataclasses import replace
from typing import Any

import pytest

from infra.compose.project import Logging
from infra.compose.quantities import MiB
from infra.services.defaults import complete
from tests.unit.services.test_container import service

ENTRYPOINT = ("CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_NET_BIND_SERVICE", "CAP_SETGID", "CAP_SETUID")
SILENT = service(cap_drop=(), memory=None)


def completed(**changes: Any) -> dict[str, Any]:
    """Return what changes in a silent service that says a little."""
    said = replace(SILENT, **changes)
    full = complete(said, MiB(256))
    return {name: getattr(full, name) for name in said.__slots__ if getattr(full, name) != getattr(said, name)}


def test_a_silent_service_gets_every_default() -> None:
    assert completed() == {
        "cap_drop": ("ALL",),
        "cap_add": ENTRYPOINT,
        "security_opt": ("no-new-privileges:true",),
        "logging": Logging(driver="json-file", options={"max-file": "3", "max-size": "10m"}),
        "memory": 256,
    }


@pytest.mark.parametrize("user", ["1000", "1000:1000"])
def test_a_user_that_is_not_root_gets_no_capability_at_all(user: str) -> None:
    found = completed(user=user)
    assert found["cap_drop"] == ("ALL",)
    assert "cap_add" not in found


def test_a_user_by_name_may_be_dropped_to_by_an_entrypoint() -> None:
    assert completed(user="app")["cap_add"] == ENTRYPOINT


def test_capabilities_that_a_file_adds_are_kept() -> None:
    assert completed(cap_add=("CAP_NET_ADMIN",))["cap_add"] == tuple(sorted({*ENTRYPOINT, "CAP_NET_ADMIN"}))
    assert "cap_add" not in completed(user="1000", cap_add=("CAP_NET_ADMIN",))


@pytest.mark.parametrize(
    ("said", "untouched"),
    [
        ({"cap_drop": ("CAP_MKNOD",)}, {"cap_drop", "cap_add"}),
        ({"security_opt": ("no-new-privileges:false",)}, {"security_opt"}),
        ({"logging": Logging(driver="json-file", options={"max-size": "1m"})}, {"logging"}),
        ({"logging": Logging(driver="journald", options={})}, {"logging"}),
        ({"memory": MiB(64)}, {"memory"}),
    ],
)
def test_what_a_file_says_goes_before_a_default(said: dict[str, Any], untouched: set[str]) -> None:
    assert not untouched & completed(**said).keys()


def test_options_beside_a_default_are_kept() -> None:
    assert completed(security_opt=("seccomp=unconfined",))["security_opt"] == (
        "no-new-privileges:true",
        "seccomp=unconfined",
    )
    logging = completed(logging=Logging(driver="json-file", options={"tag": "x"}))["logging"]
    assert logging.options == {"max-file": "3", "max-size": "10m", "tag": "x"}


def test_a_reservation_is_never_more_than_the_limit() -> None:
    assert completed(memory_reservation=MiB(1024))["memory"] == 1024
