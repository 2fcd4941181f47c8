"""A channel is tried when its settings change, and who refuses is named."""

import smtplib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.config.monitoring_settings import MailSettings
from infra.host.agent import places
from infra.host.agent.alert_channel import AlertChannel
from infra.host.agent.kind import AgentError
from infra.monitoring import alertmanager
from tests import channels

TOKEN = "123:canary-token"
CHAT = -100
TO = frozenset({"ops@example.com"})


@pytest.fixture(autouse=True)
def records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where it is written down what was tried."""
    monkeypatch.setattr(places, "CHANNELS", tmp_path / "channels")
    return tmp_path / "channels"


def chat(address: str, *, number: int = CHAT, token: str = TOKEN) -> AlertChannel:
    settings = {"chat_id": str(number), "api_url": f"http://{address}"}
    return AlertChannel(name="dev-telegram", channel="telegram", settings=settings, secret=token)


def post(address: str, *, to: str = "ops@example.com", user: str = "", tls: bool = False) -> AlertChannel:
    settings = {
        "smarthost": address,
        "from": "alerts@example.com",
        "to": to,
        "username": user,
        "require_tls": str(tls).lower(),
    }
    return AlertChannel(name="dev-email", channel="email", settings=settings, secret=TOKEN)


def test_a_chat_gets_one_message_for_the_same_settings(records: Path) -> None:
    with channels.telegram(TOKEN, CHAT) as telegram:
        channel = chat(telegram.address)
        assert channel.read() is None
        channel.apply()
        assert channel.read() == {}
        channel.apply()
    assert len(telegram.messages) == 1
    record = records / "dev-telegram"
    assert record.stat().st_mode & 0o777 == 0o600
    assert TOKEN not in record.read_text(encoding="ascii")


def test_another_token_is_tried(records: Path) -> None:
    assert not records.exists()
    with channels.telegram(TOKEN, CHAT) as telegram:
        chat(telegram.address).apply()
        other = chat(telegram.address, token="other")
        assert other.read() == {"channel": "<not tried yet>"}
        with pytest.raises(AgentError, match=r"^alerts would not leave by telegram: Telegram does not know the bot"):
            other.apply()
        assert other.read() == {"channel": "<not tried yet>"}, "it is tried again"


def test_a_wrong_chat_is_named_in_the_words_of_telegram() -> None:
    with channels.telegram(TOKEN, CHAT) as telegram, pytest.raises(AgentError) as caught:
        chat(telegram.address, number=-7).apply()
    assert str(caught.value).endswith("Telegram refuses chat -7: Bad Request: chat not found")


def test_a_telegram_that_is_away_is_told_without_its_address() -> None:
    with channels.telegram(TOKEN, CHAT) as telegram:
        address = telegram.address
    with pytest.raises(AgentError, match=r"Telegram does not answer \(Connection refused\)$") as caught:
        chat(address).apply()
    assert TOKEN not in str(caught.value)


def test_a_mail_is_handed_over() -> None:
    with channels.mail(TO) as mail:
        post(mail.address).apply()
    (text,) = mail.messages
    assert "Slipway: this channel works" in text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"to": "nobody@example.com"}, "refuses nobody@example.com"),
        ({"tls": True}, "offers no TLS, which `require_tls` asks for"),
        ({"user": "anna"}, "offers no login"),
    ],
)
def test_a_mail_server_that_refuses_is_named_with_what_it_refuses(changes: dict[str, Any], sentence: str) -> None:
    with channels.mail(TO) as mail, pytest.raises(AgentError) as caught:
        post(mail.address, **changes).apply()
    assert f"mail server {mail.address} {sentence}" in str(caught.value)
    assert TOKEN not in str(caught.value)


def test_every_address_that_is_refused_is_named_though_another_gets_the_mail() -> None:
    with channels.mail(TO) as mail, pytest.raises(AgentError) as caught:
        post(mail.address, to="b@example.com, ops@example.com, a@example.com").apply()
    assert str(caught.value).endswith(f"mail server {mail.address} refuses a@example.com, b@example.com")
    assert len(mail.messages) == 1


@pytest.mark.parametrize(("port", "opened"), [(465, "SMTP_SSL"), (587, "SMTP"), (2465, "SMTP")])
def test_a_mail_server_is_tried_by_the_tls_that_alertmanager_uses(
    port: int, opened: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class OpenedError(Exception):
        """A connection would be there."""

    def opening(name: str) -> Callable[..., None]:
        def connect(*_: object, **__: object) -> None:
            raise OpenedError(name)

        return connect

    for name in ("SMTP", "SMTP_SSL"):
        monkeypatch.setattr(smtplib, name, opening(name))
    with pytest.raises(OpenedError, match=f"^{opened}$"):
        post(f"mail.example.com:{port}", tls=True).apply()
    said = MailSettings(
        smarthost=f"mail.example.com:{port}", sender="a", to=("b",), username=None, password=None, require_tls=True
    )
    told = alertmanager.settings(alertmanager.AlertmanagerArgs(telegram=None, mail=said, watchdog=False, runbooks=""))
    (receiver,) = (each for each in told["receivers"] if each["name"] == "email")
    starts_later = opened == "SMTP"
    assert receiver["email_configs"][0]["require_tls"] is starts_later, "with `true` it looks for STARTTLS"


def watchdog(url: str) -> AlertChannel:
    return AlertChannel(name="dev-watchdog", channel="watchdog", settings={}, secret=url)


def test_a_watchdog_is_called_once_for_the_same_url() -> None:
    with channels.watchdog(f"/{TOKEN}?create=1") as called:
        channel = watchdog(f"http://{called.address}/{TOKEN}?create=1\n")
        assert list(channel.mistakes()) == []
        channel.apply()
        assert channel.read() == {}
        channel.apply()
    assert len(called.messages) == 1


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://{}/wrong-canary-token", "what is called answers with status 404: see the URL in its secret"),
        ("http://127.0.0.1:1/canary-token", "what is called does not answer (Connection refused)"),
        ("{}/canary-token", "its secret is no URL"),
        ("http://{}/canary-token and more", "its secret is no URL"),
        ("http://[canary-token", "its secret is no URL"),
        ("http://127.0.0.1:canary-token/", "its secret is no URL"),
        ("http://127.0.0.1:1\n/canary-token", "what is called does not answer (Connection refused)"),
    ],
)
def test_a_watchdog_that_does_not_take_the_call_is_told_without_its_url(url: str, sentence: str) -> None:
    with channels.watchdog(f"/{TOKEN}") as called, pytest.raises(AgentError) as caught:
        watchdog(url.format(called.address)).apply()
    assert str(caught.value) == f"alerts would not leave by watchdog: {sentence}"
    assert caught.value.__cause__ is None
    assert watchdog(url.format(called.address)).read() is None, "it is tried again"


def test_settings_that_are_no_channels_are_refused_before_any_connection() -> None:
    wrong = AlertChannel(name="a/b", channel="telegram", settings={"chat_id": "1"})
    assert {field for field, _ in wrong.mistakes()} == {"settings", "name"}
    assert [field for field, _ in AlertChannel(name="a", channel="pigeon", settings={}).mistakes()] == ["channel"]
