"""A compose service as a container."""

from typing import Any

import pulumi_docker as docker
import pytest

from infra.compose.mount import Mount
from infra.compose.project import ContainerPort, Healthcheck, SecretFile, Service, ServiceNetwork
from infra.compose.quantities import Duration, MiB
from infra.services.container import container, release

ABSENT = (
    *("entrypoint", "command", "cpus", "restart_attempts", "user", "working_dir"),
    *("hostname", "init", "shm_size", "logging", "stop_signal", "release"),
    *("domainname", "pid", "ipc", "platform", "memory_reservation", "cpu_shares", "cpuset"),
)
EMPTY = (
    *("mounts", "secrets", "depends_on", "cap_add", "security_opt"),
    *("group_add", "ulimits", "extra_hosts", "published"),
    *("configs", "devices", "dns", "dns_options", "dns_search"),
)
IMAGE = f"registry.example.com/web@sha256:{'0' * 64}"


def service(**changes: Any) -> Service:
    """Return a plain web service, changed as asked."""
    arguments: dict[str, Any] = {
        **dict.fromkeys(ABSENT),
        **dict.fromkeys(EMPTY, ()),
        "tty": False,
        "stdin_open": False,
        "labels": {},
        "tmpfs": {},
        "sysctls": {},
        "name": "web",
        "image": "registry.example.com/web:1",
        "environment": {"B": "2", "A": "1"},
        "networks": (ServiceNetwork(name="default"),),
        "healthcheck": Healthcheck(test=("CMD", "true"), interval=Duration.parse("90s")),
        "memory": MiB(128),
        "restart": "unless-stopped",
        "read_only": True,
        "cap_drop": ("ALL",),
        "expose": (ContainerPort(number=8000),),
        "stop_grace_period": Duration.parse("30s"),
        "ready_timeout": Duration.parse("60s"),
        "drain": Duration.parse("5s"),
        "bake": Duration.parse("0s"),
    }
    return Service(**{**arguments, **changes})


def rendered(**changes: Any) -> docker.ContainerArgs:
    return container(service(**changes), image=IMAGE, prefix="dev-shop", aliases=["web"])


def test_memory_is_the_limit_with_swap_and_all() -> None:
    arguments = rendered()
    assert (arguments.memory, arguments.memory_swap) == (128, 128)


def test_a_container_gets_its_grace_period_when_it_is_deleted() -> None:
    assert rendered().destroy_grace_seconds == 30


def test_durations_are_written_as_docker_gives_them_back() -> None:
    check = rendered().healthcheck
    assert isinstance(check, docker.ContainerHealthcheckArgs)
    assert check.interval == "1m30s"


@pytest.mark.parametrize(("written", "sent"), [("0.5", "0.5"), ("1", "1.0"), ("1.50", "1.5"), (None, None)])
def test_processors_are_written_as_the_provider_reads_them_back(written: str | None, sent: str | None) -> None:
    assert rendered(cpus=written).cpus == sent


def test_the_environment_is_sorted() -> None:
    assert rendered().envs == ["A=1", "B=2"]


def test_names_on_the_server_begin_with_stack_and_product() -> None:
    arguments = rendered(
        mounts=(Mount(kind="volume", source="data", target="/data"),),
        secrets=(SecretFile(name="token", path="/run/secrets/token"),),
        networks=(ServiceNetwork(name="default"), ServiceNetwork(name="back")),
    )
    mounts = arguments.mounts
    networks = arguments.networks_advanced
    assert isinstance(mounts, list)
    assert isinstance(networks, list)
    assert [mount.source for mount in mounts] == ["dev-shop-data", "/srv/slipway/dev-shop/secrets/web/token"]
    assert [network.name for network in networks] == ["dev-shop", "dev-shop-back"]


def test_every_input_of_the_container_is_in_the_name_of_its_release() -> None:
    plain = release(rendered(), {})
    changes: list[dict[str, Any]] = [
        {"environment": {"A": "1"}},
        {"memory": MiB(256)},
        {"user": "1000"},
        {"tmpfs": {"/tmp": "size=1m"}},
        {"healthcheck": Healthcheck(test=("CMD", "false"))},
        {"read_only": False},
        {"labels": {"team": "shop"}},
    ]
    names = {release(rendered(**change), {}) for change in changes}
    assert len(names) == len(changes)
    assert plain not in names


def test_a_rotation_is_another_release() -> None:
    assert release(rendered(), {"token": "1"}) != release(rendered(), {"token": "2"})


def test_a_release_has_the_same_name_in_every_run() -> None:
    assert release(rendered(), {"token": "1"}) == release(rendered(), {"token": "1"})
