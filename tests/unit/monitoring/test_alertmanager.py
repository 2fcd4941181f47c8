"""Who is told what, as Alertmanager has it."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from infra.config.monitoring_settings import MailSettings, TelegramSettings
from infra.monitoring import catalogue, prometheus
from infra.monitoring.alertmanager import AlertmanagerArgs, files, settings
from infra.monitoring.prometheus import PrometheusArgs

TELEGRAM = TelegramSettings(chat_id=-100, token="t", api_url="https://api.telegram.org")
MAIL = MailSettings(
    smarthost="mail.example.com:587",
    sender="a@example.com",
    to=("b@example.com", "c@example.com"),
    username="a",
    password="p",
    require_tls=True,
)
BOTH = AlertmanagerArgs(telegram=TELEGRAM, mail=MAIL, watchdog=True, runbooks="https://example.com/")


def receivers(args: AlertmanagerArgs) -> dict[str, Any]:
    """Return the receivers by name."""
    return {each["name"]: each for each in settings(args)["receivers"]}


def receiver(args: AlertmanagerArgs, **labels: str) -> str:
    """Return who is told of an alert."""
    route = settings(args)["route"]
    for each in route["routes"]:
        matchers = dict(matcher.replace('"', "").split("=") for matcher in each["matchers"])
        if matchers.items() <= labels.items():
            return str(each["receiver"])
    return str(route["receiver"])


def test_what_is_critical_leaves_by_both_channels_and_the_rest_by_one() -> None:
    assert receiver(BOTH, alertname="ContainerDown", severity="critical") == "everybody"
    assert {"telegram_configs", "email_configs"} <= receivers(BOTH)["everybody"].keys()
    assert receiver(BOTH, alertname="Drift", severity="warning") == "telegram"
    assert receiver(BOTH, alertname="Own", severity="info") == "email"


def test_a_channel_that_fails_is_told_by_the_other_one() -> None:
    failing = {"alertname": "ChannelFails", "severity": "critical"}
    assert receiver(BOTH, **failing, integration="telegram") == "email"
    assert receiver(BOTH, **failing, integration="email") == "telegram"


def test_people_are_told_of_a_watchdog_that_is_not_called() -> None:
    assert receiver(BOTH, alertname="ChannelFails", severity="critical", integration="webhook") == "everybody"


def test_one_channel_gets_all_where_there_is_one() -> None:
    for args, name in (
        (AlertmanagerArgs(telegram=TELEGRAM, mail=None, watchdog=False, runbooks=""), "telegram"),
        (AlertmanagerArgs(telegram=None, mail=MAIL, watchdog=False, runbooks=""), "email"),
    ):
        known = receivers(args)
        for severity in catalogue.SEVERITIES:
            assert receiver(args, alertname="A", severity=severity) in {name, "everybody"}
        assert all(each["receiver"] in known for each in settings(args)["route"]["routes"])


def test_the_watchdog_is_called_and_a_release_tells_nobody() -> None:
    assert receiver(BOTH, alertname="Watchdog", severity="none") == "watchdog"
    assert receiver(BOTH, alertname="ReleaseRunning", severity="none") == "nobody"
    without = AlertmanagerArgs(telegram=TELEGRAM, mail=None, watchdog=False, runbooks="")
    assert receiver(without, alertname="Watchdog", severity="none") == "nobody"


OWNERS = {"environment": "dev", "server": "main", "stack": "dev", "product": "shop", "service": "web"}
GUESTS = {**OWNERS, "stack": "guest"}
"""Both on the server of `dev`, which tells of both."""


def holds_back(source: Mapping[str, str], target: Mapping[str, str]) -> bool:
    """Tell whether one alert keeps another one back."""

    def matches(matchers: list[str], labels: Mapping[str, str]) -> bool:
        told = (matcher.replace("=~", "=").replace('"', "").partition("=") for matcher in matchers)
        return all(re.fullmatch(value, labels[label]) for label, _, value in told)

    return any(
        matches(rule["source_matchers"], source)
        and matches(rule["target_matchers"], target)
        and all(source.get(label) == target.get(label) for label in rule["equal"])
        for rule in settings(BOTH)["inhibit_rules"]
    )


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ({"alertname": "ReleaseRunning", "severity": "none"}, {"alertname": "SiteDown", "severity": "critical"}),
        ({"alertname": "ContainerDown", "severity": "critical"}, {"alertname": "RedisDown", "severity": "critical"}),
        ({"alertname": "BackupMissing", "severity": "critical"}, {"alertname": "BackupMissing", "severity": "warning"}),
    ],
)
def test_a_stack_holds_back_its_own_alerts_and_none_of_its_neighbours(
    source: dict[str, str], target: dict[str, str]
) -> None:
    assert holds_back({**GUESTS, **source}, {**GUESTS, **target})
    assert not holds_back({**GUESTS, **source}, {**OWNERS, **target})


def test_products_of_one_name_of_two_stacks_are_told_apart() -> None:
    grouped = settings(BOTH)["route"]["group_by"]
    assert [OWNERS.get(label) for label in grouped] != [GUESTS.get(label) for label in grouped]


def test_what_no_guest_has_bears_the_stack_that_watches() -> None:
    args = PrometheusArgs(
        prefix="dev-monitoring",
        labels={"environment": "dev", "server": "main"},
        products=[],
        databases=[],
        sites=[],
        edge=False,
        rules={},
    )
    (told,) = prometheus.settings(args)["alerting"]["alert_relabel_configs"]
    assert (told["source_labels"], told["target_label"]) == (["stack", "environment"], "stack")
    assert re.fullmatch(told["regex"], "guest;dev") is None, "who has a stack keeps it"
    found = re.fullmatch(told["regex"], ";dev")
    assert found is not None
    assert found[1] == "dev"


def test_every_alert_that_is_held_back_or_holds_back_is_one() -> None:
    named = set()
    for rule in settings(BOTH)["inhibit_rules"]:
        for matcher in (*rule["source_matchers"], *rule["target_matchers"]):
            label, _, value = matcher.replace("=~", "=").replace('"', "").partition("=")
            named |= set(value.split("|")) if label == "alertname" else set()
    assert named
    assert named <= catalogue.names()


def test_secrets_are_named_by_their_files() -> None:
    text = files(BOTH)["alertmanager.yml"]
    for name in ("telegram-token", "mail-password", "watchdog-url"):
        assert f"/run/secrets/{name}" in text
