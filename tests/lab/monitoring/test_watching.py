"""A watched server: faults are told in time, by the right channel, and once; nothing else is told."""

import time

import pytest

from tests.lab.conftest import Workshop
from tests.lab.monitoring.watching import SERVER, TOKEN, Told, configure, prometheus, psql, seconds_until, watchers

pytestmark = pytest.mark.exhaustive
CRITICAL_SECONDS, RESOLVED_SECONDS = 30, 90
MOST_MEMORY = 350 * 1024 * 1024
WORKER = "docker ps --filter label=slipway.service=worker --format '{{.Names}}'"
END_SESSIONS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'slipway-monitor'"
RUNNING = "$(docker ps --quiet --filter label=slipway.product=monitoring)"


def test_all_targets_are_up_in_the_memory_there_is_and_nobody_is_told_anything(watched: Workshop, told: Told) -> None:
    assert any("this channel works" in text or "set up this channel" in text for text in told.telegram.messages)
    assert any("this channel works" in text for text in told.mail.messages)
    watched.stack.preview("--expect-no-changes").expect_success()
    begun, tried = time.monotonic(), (len(told.telegram.messages), len(told.mail.messages))
    seconds_until(lambda: all(each["health"] == "up" for each in prometheus("targets")["activeTargets"]), begun)
    jobs = {each["labels"]["job"] for each in prometheus("targets")["activeTargets"]}
    assert jobs == {"alertmanager", "blackbox", "edge", "node", "postgres", "prometheus", "redis", "sites"}
    used = SERVER.shell(f"docker inspect --format '{{{{.HostConfig.Memory}}}}' {RUNNING}").split()
    assert sum(map(int, used)) <= MOST_MEMORY
    for metric in ("pg_up", "redis_up", "probe_success", "traefik_config_last_reload_success", "slipway_container_up"):
        assert prometheus(f"query?query={metric}")["result"], f"{metric} is measured"
    time.sleep(RESOLVED_SECONDS)
    assert (len(told.telegram.messages), len(told.mail.messages)) == tried
    watched.stack.up().expect_success()
    assert (len(told.telegram.messages), len(told.mail.messages)) == tried, "a channel is tried once"


@pytest.mark.usefixtures("watched")
def test_a_fault_is_told_by_both_channels_a_second_one_too_and_its_end(told: Told) -> None:
    worker = SERVER.shell(WORKER).split()[0]
    begun = time.monotonic()
    SERVER.run("docker", "stop", worker)
    took = seconds_until(lambda: any("shop/worker does not run" in text for text in told.telegram.messages), begun)
    assert took <= CRITICAL_SECONDS
    seconds_until(lambda: any("shop/worker does not run" in text for text in told.mail.messages), begun)
    (message,) = [text for text in told.telegram.messages if "shop/worker" in text]
    assert message.startswith("<b>Critical: ContainerDown (dev/main: shop)</b>")
    begun = time.monotonic()
    SERVER.run("docker", "stop", "dev-shop-cache")
    took = seconds_until(lambda: any("shop/cache does not run" in text for text in told.telegram.messages), begun)
    assert took <= CRITICAL_SECONDS, "a second fault of the same group"
    begun = time.monotonic()
    SERVER.run("docker", "start", worker, "dev-shop-cache")
    took = seconds_until(lambda: any("<b>Over: ContainerDown" in text for text in told.telegram.messages), begun)
    assert took <= RESOLVED_SECONDS


@pytest.mark.usefixtures("watched")
def test_a_database_that_takes_no_connections_is_told(told: Told) -> None:
    begun = time.monotonic()
    psql('ALTER ROLE "slipway-monitor" NOLOGIN; ' + END_SESSIONS)
    try:
        took = seconds_until(lambda: any("PostgresDown" in text for text in told.telegram.messages), begun)
    finally:
        psql('ALTER ROLE "slipway-monitor" LOGIN')
    assert took <= CRITICAL_SECONDS
    seconds_until(lambda: any("<b>Over: PostgresDown" in text for text in told.telegram.messages), begun)


def test_a_release_tells_nobody(watched: Workshop, told: Told) -> None:
    tried = len(told.telegram.messages)
    watched.release("web", "v2")
    watched.stack.up().expect_success()
    time.sleep(RESOLVED_SECONDS)
    assert len(told.telegram.messages) == tried


def test_a_channel_that_fails_is_told_by_the_other_one(watched: Workshop, told: Told) -> None:
    assert watched.stack.config
    told.telegram.failing = True
    worker = SERVER.shell(WORKER).split()[0]
    begun = time.monotonic()
    SERVER.run("docker", "stop", worker)
    try:
        seconds_until(lambda: any("Alerts do not leave by telegram" in text for text in told.mail.messages), begun)
    finally:
        told.telegram.failing = False
        SERVER.run("docker", "start", worker)


def test_a_change_of_settings_restarts_nothing_is_live_in_seconds_and_lives_through_a_reboot(watched: Workshop) -> None:
    before = SERVER.shell(f"docker inspect --format '{{{{.State.StartedAt}}}}' {RUNNING}")
    document = watched.stack.config
    assert document
    text = document.read_text(encoding="utf-8")
    document.write_text(text.replace("  slipway:monitoring:\n", "  slipway:monitoring:\n    labels: {team: shop}\n"))
    watched.stack.up().expect_success()
    seconds_until(lambda: "team: shop" in prometheus("status/config")["yaml"], time.monotonic())
    assert SERVER.shell(f"docker inspect --format '{{{{.State.StartedAt}}}}' {RUNNING}") == before
    watching = watchers()
    # Containers live through a restart of Docker alone: it is at boot that Docker starts those that nobody has stopped.
    SERVER.cut_power()
    seconds_until(lambda: watchers() == watching, time.monotonic())


def test_no_canary_is_in_a_log_or_a_command_line(watched: Workshop) -> None:
    seen = SERVER.shell(f"for each in {RUNNING}; do docker logs $each 2>&1; docker inspect $each; done; ps axww")
    assert TOKEN not in seen
    assert not [text for text in watched.stack.printed if TOKEN in text]


def test_a_wrong_chat_and_a_refused_address_are_named_at_up(dev: Workshop, told: Told) -> None:
    configure(dev, told, chat=-7, to="nobody@lab.test")
    outcome = dev.stack.up()
    assert outcome.code != 0
    assert "Telegram refuses chat -7: Bad Request: chat not found" in outcome.output
    assert f"mail server {told.mail.address} refuses nobody@lab.test" in outcome.output
    assert TOKEN not in outcome.output
