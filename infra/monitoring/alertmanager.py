"""The settings of Alertmanager: who is told what, when, and in which words."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files as resources
from typing import Any, Final

from infra.config.monitoring_settings import MailSettings, TelegramSettings
from infra.edge.document import to_yaml
from infra.host.agent.alert_channel import begins_with_tls

SECRETS: Final = "/run/secrets"
TELEGRAM_FILE: Final = "telegram-token"
MAIL_FILE: Final = "mail-password"
WATCHDOG_FILE: Final = "watchdog-url"
_WORDS: Final = "slipway.tmpl"
_NOBODY: Final = "nobody"
_EVERYBODY: Final = "everybody"
_OF_RELEASES: Final = (
    *("ContainerDown", "ContainerUnhealthy", "ContainerRestarts", "SiteDown", "SiteSlow", "ServerErrors"),
    *("AnswersSlow", "PostgresDown", "RedisDown", "TargetDown"),
)
"""What a release may bring with it for a moment."""
_OF_CONTAINERS: Final = ("ContainerRestarts", "PostgresDown", "RedisDown")
"""What follows when a container is down."""
_PLACE: Final = ("environment", "server", "stack", "product")
"""Where something is: `stack` is whose the product is, `environment` whose the server is, which tells of it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AlertmanagerArgs:
    """What Alertmanager has to know."""

    telegram: TelegramSettings | None
    mail: MailSettings | None
    watchdog: bool
    """Whether something outside is called."""
    runbooks: str
    """What the path of a page follows."""


def files(args: AlertmanagerArgs) -> dict[str, str]:
    """Return the files below `/etc/alertmanager` by name; no secret is in them."""
    words = resources("infra.monitoring").joinpath(_WORDS).read_text(encoding="utf-8")
    base = f'{{{{ define "slipway.runbooks" }}}}{args.runbooks}{{{{ end }}}}\n\n'
    return {"alertmanager.yml": to_yaml(settings(args)), _WORDS: base + words}


def settings(args: AlertmanagerArgs) -> dict[str, Any]:
    """Return `alertmanager.yml`."""
    return {
        "route": {
            "receiver": _EVERYBODY,
            "group_by": ["alertname", *_PLACE, "severity"],
            "group_wait": "5s",
            "group_interval": "10s",
            "repeat_interval": "1h",
            "routes": list(_routes(args)),
        },
        "inhibit_rules": _inhibitions(),
        "receivers": _receivers(args),
        "templates": [_WORDS],
    }


def _routes(args: AlertmanagerArgs) -> list[dict[str, Any]]:
    """Return who is told what, the first that fits."""
    chat, post = ("telegram" if args.telegram else "email"), ("email" if args.mail else "telegram")
    slowly = {"group_wait": "30s", "group_interval": "1m"}
    return [
        _route("watchdog" if args.watchdog else _NOBODY, 'alertname="Watchdog"', group_wait="0s", repeat_interval="1m"),
        _route(_NOBODY, 'severity="none"'),
        # What tells that a channel fails leaves by the other one; of the watchdog (`webhook`) everybody is told.
        _route(post, 'alertname="ChannelFails"', 'integration="telegram"'),
        _route(chat, 'alertname="ChannelFails"', 'integration="email"'),
        _route(chat, 'severity="warning"', **slowly, repeat_interval="12h"),
        _route(post, 'severity="info"', group_wait="5m", group_interval="5m", repeat_interval="24h"),
    ]


def _route(receiver: str, *matchers: str, **timing: str) -> dict[str, Any]:
    return {"receiver": receiver, "matchers": list(matchers), **timing}


def _inhibitions() -> list[dict[str, Any]]:
    """Return what keeps an alert back: the same at a higher severity, a release of the product, its cause."""
    same = ["alertname", *_PLACE, "service", "instance", "host", "mountpoint"]
    return [
        {"source_matchers": ['severity="critical"'], "target_matchers": ['severity="warning"'], "equal": same},
        _inhibition("ReleaseRunning", _OF_RELEASES, _PLACE),
        _inhibition("ContainerDown", _OF_CONTAINERS, (*_PLACE, "service")),
    ]


def _inhibition(source: str, targets: tuple[str, ...], equal: tuple[str, ...]) -> dict[str, Any]:
    return {
        "source_matchers": [f'alertname="{source}"'],
        "target_matchers": [f'alertname=~"{"|".join(targets)}"'],
        "equal": list(equal),
    }


def _receivers(args: AlertmanagerArgs) -> list[dict[str, Any]]:
    telegram = {"telegram_configs": [_telegram(args.telegram)]} if args.telegram else {}
    mail = {"email_configs": [_mail(args.mail)]} if args.mail else {}
    watchdog = {"url_file": f"{SECRETS}/{WATCHDOG_FILE}", "send_resolved": False, "max_alerts": 1}
    return [
        {"name": _NOBODY},
        {"name": _EVERYBODY, **telegram, **mail},
        *([{"name": "telegram", **telegram}] if telegram else []),
        *([{"name": "email", **mail}] if mail else []),
        *([{"name": "watchdog", "webhook_configs": [watchdog]}] if args.watchdog else []),
    ]


def _telegram(said: TelegramSettings) -> Mapping[str, Any]:
    return {
        "bot_token_file": f"{SECRETS}/{TELEGRAM_FILE}",
        "chat_id": said.chat_id,
        "api_url": said.api_url,
        "parse_mode": "HTML",
        "message": '{{ template "slipway.telegram" . }}',
        "send_resolved": True,
    }


def _mail(said: MailSettings) -> Mapping[str, Any]:
    login = {"auth_username": said.username, "auth_password_file": f"{SECRETS}/{MAIL_FILE}"}
    return {
        "smarthost": said.smarthost,
        "from": said.sender,
        "to": ", ".join(said.to),
        **(login if said.username else {}),
        # On a port that is TLS from the first byte Alertmanager, up to 0.28, would look for STARTTLS and refuse.
        "require_tls": said.require_tls and not begins_with_tls(said.smarthost),
        "headers": {"Subject": '{{ template "slipway.title" . }}'},
        "html": '{{ template "slipway.mail" . }}',
        "send_resolved": True,
    }
