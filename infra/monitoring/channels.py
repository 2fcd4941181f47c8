"""The `Channels` that alerts leave by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from infra.config.monitoring_settings import MailSettings, TelegramSettings
from infra.host import monitoring_resources
from infra.host import resources as host


@dataclass(frozen=True, kw_only=True, slots=True)
class ChannelsArgs:
    """What `Channels` need."""

    prefix: str
    """`<stack>-monitoring`."""
    telegram: TelegramSettings | None
    mail: MailSettings | None
    watchdog: str | None
    """Name of the stack's secret that is the URL to call."""
    secrets: Mapping[str, pulumi.Input[str]]
    """Values of the stack's secrets that the channels name."""
    provider: host.Provider
    after: Sequence[pulumi.Resource]


class Channels(pulumi.ComponentResource):
    """The channels that alerts leave by, each tried with a message when its settings change.

    Creates:
        host.AlertChannel: one for Telegram, one for mail, one for what is called.
    """

    TYPE = "slipway:monitoring:Channels"

    def __init__(self, name: str, args: ChannelsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(self.TYPE, name, {}, opts)
        self._name = name
        self._args = args
        if args.telegram:
            settings = {"chat_id": str(args.telegram.chat_id), "api_url": args.telegram.api_url}
            self._channel("telegram", settings, args.telegram.token)
        if args.mail:
            self._channel("email", _of_mail(args.mail), args.mail.password)
        if args.watchdog:
            self._channel("watchdog", {}, args.watchdog)
        self.register_outputs({})

    def _channel(self, channel: str, settings: Mapping[str, str], secret: str | None) -> None:
        monitoring_resources.AlertChannel(
            f"{self._name}-{channel}",
            name=f"{self._args.prefix}-{channel}",
            channel=channel,
            settings=settings,
            secret=pulumi.Output.secret(self._args.secrets[secret]) if secret else "",
            opts=pulumi.ResourceOptions(parent=self, provider=self._args.provider, depends_on=list(self._args.after)),
        )


def _of_mail(mail: MailSettings) -> dict[str, str]:
    return {
        "smarthost": mail.smarthost,
        "from": mail.sender,
        "to": ", ".join(mail.to),
        "username": mail.username or "",
        "require_tls": str(mail.require_tls).lower(),
    }
