"""Section `slipway:monitoring`: what watches servers and products, for how long it remembers, and whom it tells."""

from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from infra.config.sealed import is_private, is_sealed
from infra.config.section import Domain, Email, FilePath, Form, Name, SecretOfStack, Section
from infra.host.agent.alert_channel import begins_with_tls

Url = Annotated[
    str,
    Form(
        "URL",
        r"^https?://[a-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?$",
        "must be a URL without a query, such as `https://example.com/docs`",
    ),
]


def _sealed(address: str) -> str:
    if not is_sealed(address, is_near=is_private):
        msg = "must be an https address: the token is in the path (http is for a private address alone)"
        raise ValueError(msg)
    return address


ApiAddress = Annotated[Url, AfterValidator(_sealed)]


def _chat(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int) or value == 0:
        msg = "must be the number of the chat, without quotes; of a group it is negative, as in `-1001234567890`"
        raise ValueError(msg)
    return value


ChatId = Annotated[int, BeforeValidator(_chat)]
SmartHost = Annotated[
    str,
    Form(
        "mail server",
        r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?:[0-9]{1,5}$",
        "must be `host:port`, as in `mail.example.com:587`",
    ),
]
LabelName = Annotated[
    str,
    Form(
        "label",
        "^(?!(environment|server|stack|product|service|severity|alertname|job|instance)$)[a-z][a-z0-9_]{0,62}$",
        "must be a label of small letters, digits and `_` that is none of Slipway's own",
    ),
]
LabelValue = Annotated[str, Form("label value", r"^[\x20-\x7e]{1,128}$", "must be one line of plain characters")]
LoginName = Annotated[
    str, Form("user", "^[A-Za-z0-9._-]{1,64}$", "must be a name of letters, digits, `.`, `_` and `-`")
]


class Retention(Section):
    """How long measurements are kept; the oldest go as soon as one of both is reached."""

    days: Annotated[int, Field(ge=1, le=400)] = 15
    """Days."""
    size: Annotated[int, Field(ge=256, le=512_000)] = 2048
    """MiB on the disk of each server."""
    disk: Annotated[int, Field(ge=1024)] | None = None
    """MiB that the disk of a server has, where that is to be checked: `size` may be half of it."""


class Telegram(Section):
    """A chat that a bot of Telegram's writes to."""

    chat_id: ChatId
    """Number of the chat; of a group it is negative. docs/monitoring.md says how to find it."""
    token: SecretOfStack
    """Token of the bot, from BotFather; the bot is a member of the chat."""
    api_url: ApiAddress = "https://api.telegram.org"
    """Where Telegram, or what stands for it, answers."""


class Mail(Section):
    """Addresses that get a mail."""

    smarthost: SmartHost
    """Server that takes mail, with its port."""
    sender: Annotated[Email, Field(alias="from")]
    """Who writes."""
    to: Annotated[list[Email], Field(min_length=1)]
    """Who is written to."""
    username: str | None = None
    """Who signs in; nobody when absent."""
    password: SecretOfStack | None = None
    """That user's password."""
    require_tls: bool = True
    """Whether the server has to offer TLS; a password is never sent without. Port 465 is TLS, whatever is said here."""

    @model_validator(mode="after")
    def _signs_in_whole(self) -> Self:
        if (self.username is None) != (self.password is None):
            msg = "needs `username` and `password`, or neither"
            raise ValueError(msg)
        if self.password is not None and not self.require_tls and not begins_with_tls(self.smarthost):
            msg = "would send the password in the clear: leave `require_tls` as it is"
            raise ValueError(msg)
        return self


class Watchdog(Section):
    """Something outside that is called every minute, and tells when the calls stop."""

    url: SecretOfStack
    """Secret that is the URL to call, as services for cron jobs have it."""


class Notifications(Section):
    """Who is told of an alert."""

    telegram: Telegram | None = None
    """A chat."""
    email: Mail | None = None
    """Addresses."""
    watchdog: Watchdog | None = None
    """What tells that monitoring itself is gone; without it nobody does."""

    @model_validator(mode="after")
    def _reach_somebody(self) -> Self:
        if self.telegram is None and self.email is None:
            msg = "must have `telegram` or `email`: an alert that nobody gets is none"
            raise ValueError(msg)
        return self


class Login(Section):
    """Who may look at the measurements."""

    user: LoginName = "admin"
    """Name that is asked for; the password is generated, `pulumi stack output --show-secrets monitoring` shows it."""
    rotation: Annotated[int, Field(ge=1)] = 1
    """Another number makes another password, and others for who measures databases."""


class Monitoring(Section):
    """What watches the servers of this stack and the products on them; a server of another stack is watched by that."""

    notifications: Notifications
    """Who is told."""
    hosts: dict[Name, Domain] = Field(default_factory=dict)
    """Server to the domain under which its measurements are looked at, behind the edge and `login`; none is shown where
    there is none."""
    grafana: bool = False
    """Whether Grafana shows Slipway's dashboards there, under `/grafana`; it takes 192 MiB more."""
    login: Login = Login()
    """Who may look at them."""
    retention: Retention = Retention()
    """How long measurements are kept."""
    rules: dict[Name, list[FilePath]] = Field(default_factory=dict)
    """Product to files with alerts of its own, as Prometheus has them, best beside its compose file."""
    runbooks: Url | None = None
    """Where this repository is read, such as `https://github.com/you/infra/blob/main`: alerts link to their page."""
    labels: dict[LabelName, LabelValue] = Field(default_factory=dict)
    """What every alert carries besides `environment`, the stack, and `server`."""
