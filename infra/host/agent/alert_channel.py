"""A channel that alerts leave by, tried with one message when its settings change."""

import http.client
import json
import smtplib
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar, NoReturn
from urllib.parse import SplitResult, urlsplit

from infra.host.agent import files, places
from infra.host.agent.kind import AgentError, Kind
from infra.host.agent.request import current

_SECONDS = 20
_TEXT = "Slipway has set up this channel: alerts of {} will come here."
_UNAUTHORIZED = (401, 404)
"""What Telegram answers to a token that is none."""
TLS_PORT = 465
"""Where a mail server speaks TLS from the first byte, and offers no STARTTLS."""
_NOT_TRIED = "<not tried yet>"
_WANTED: Mapping[str, frozenset[str]] = {
    "telegram": frozenset({"chat_id", "api_url"}),
    "email": frozenset({"smarthost", "from", "to", "username", "require_tls"}),
    "watchdog": frozenset(),
}


@dataclass(frozen=True, kw_only=True)
class AlertChannel(Kind):
    """A chat, addresses, or what is called; what refuses a message is told now, and not when there is an alert.

    `settings` of `telegram`: `chat_id`, `api_url`; of `email`: `smarthost`, `from`, `to` (commas between), `username`,
    `require_tls`; `watchdog` has none. `secret` is the token, the password, or the URL to call.
    """

    IDENTITY: ClassVar[tuple[str, ...]] = ("name",)

    name: str
    channel: str
    settings: Mapping[str, str]
    secret: str = ""

    def read(self) -> dict[str, Any] | None:
        """Return whether it was tried with these settings."""
        try:
            tried = self._record.read_text(encoding="ascii")
        except FileNotFoundError:
            return None
        return {} if tried == self._sum else {"channel": _NOT_TRIED}

    def apply(self) -> None:
        """Send one message, unless that was done with the same settings."""
        if self.read() == {}:
            return
        current().status(f"trying {self.channel}")
        text = _TEXT.format(f"{self.name} on {current().host}")
        if self.channel == "telegram":
            self._write_to_chat(text)
        elif self.channel == "email":
            self._write_mail(text)
        else:
            self._call()
        files.write(self._record, self._sum.encode(), mode=0o600)

    def remove(self) -> None:
        """Forget that it was tried."""
        self._record.unlink(missing_ok=True)

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield a channel that there is none of, and settings that it lacks or does not have."""
        if self.channel not in _WANTED:
            yield "channel", f"must be {', '.join(f'`{name}`' for name in sorted(_WANTED))}"
        elif self.settings.keys() != _WANTED[self.channel]:
            yield "settings", f"must be {', '.join(sorted(_WANTED[self.channel])) or 'empty'}"
        if "/" in self.name:
            yield "name", "must have no slash"

    @property
    def _record(self) -> Path:
        return places.CHANNELS / self.name

    @property
    def _sum(self) -> str:
        return sha256(json.dumps([self.channel, dict(self.settings), self.secret], sort_keys=True).encode()).hexdigest()

    def _write_to_chat(self, text: str) -> None:
        chat = self.settings["chat_id"]
        try:
            status, body = self._post({"chat_id": int(chat), "text": text})
        except (http.client.HTTPException, OSError) as error:
            # By its name alone: the address has the token in it, and some errors have the address.
            self._refuse(f"Telegram does not answer ({_reason(error)})")
        if status in _UNAUTHORIZED:
            self._refuse("Telegram does not know the bot: see its token")
        if status != http.client.OK:
            self._refuse(f"Telegram refuses chat {chat}: {_description(status, body)}")

    def _post(self, message: Mapping[str, Any]) -> tuple[int, bytes]:
        """Send a message to Telegram; return status and body of the answer."""
        address = urlsplit(self.settings["api_url"])
        return _posted(address, f"{address.path}/bot{self.secret}/sendMessage", message)

    def _call(self) -> None:
        """Call what tells when calls stop, as Alertmanager will; its URL is a secret, and in no message."""
        try:
            address = urlsplit(self.secret.strip())
            if address.scheme not in {"http", "https"} or not address.hostname:
                self._refuse("its secret is no URL")
            path = f"{address.path or '/'}{f'?{address.query}' if address.query else ''}"
            status, _ = _posted(address, path, {"status": "firing", "alerts": []})
        except (ValueError, http.client.InvalidURL):
            self._refuse("its secret is no URL")
        except (http.client.HTTPException, OSError) as error:
            self._refuse(f"what is called does not answer ({_reason(error)})")
        if not http.client.OK <= status < http.client.MULTIPLE_CHOICES:
            self._refuse(f"what is called answers with status {status}: see the URL in its secret")

    def _write_mail(self, text: str) -> None:
        said = self.settings
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = said["from"], said["to"], "Slipway: this channel works"
        message.set_content(text)
        server = said["smarthost"]
        try:
            self._hand_over(message)
        except smtplib.SMTPAuthenticationError:
            self._refuse(f"mail server {server} refuses user {said['username']} or the password")
        except smtplib.SMTPRecipientsRefused as error:
            self._refuse(f"mail server {server} refuses {', '.join(sorted(error.recipients))}")
        except smtplib.SMTPSenderRefused:
            self._refuse(f"mail server {server} refuses mail from {said['from']}")
        except smtplib.SMTPNotSupportedError as error:
            lacking = "TLS, which `require_tls` asks for" if "STARTTLS" in str(error) else "login"
            self._refuse(f"mail server {server} offers no {lacking}")
        except (smtplib.SMTPException, OSError) as error:
            self._refuse(f"mail server {server} does not take mail ({_reason(error)})")

    def _hand_over(self, message: EmailMessage) -> None:
        said = self.settings
        host, _, port = said["smarthost"].rpartition(":")
        context = ssl.create_default_context()
        whole = begins_with_tls(said["smarthost"])
        connection = (
            smtplib.SMTP_SSL(host, int(port), timeout=_SECONDS, context=context)
            if whole
            else smtplib.SMTP(host, int(port), timeout=_SECONDS)
        )
        with connection as server:
            if said["require_tls"] == "true" and not whole:
                server.starttls(context=context)
            if said["username"]:
                server.login(said["username"], self.secret)
            refused = server.send_message(message)
        # The client raises by itself only where nobody at all gets the mail.
        if refused:
            raise smtplib.SMTPRecipientsRefused(refused)

    def _refuse(self, reason: str) -> NoReturn:
        message = f"alerts would not leave by {self.channel}: {reason}"
        raise AgentError(message) from None


def begins_with_tls(smarthost: str) -> bool:
    """Tell whether a mail server, `host:port`, speaks TLS from the first byte."""
    return int(smarthost.rpartition(":")[2]) == TLS_PORT


def _posted(address: SplitResult, path: str, message: Mapping[str, Any]) -> tuple[int, bytes]:
    """Send a message to a server; return status and body of the answer."""
    kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    connection = kind(address.netloc, timeout=_SECONDS)
    try:
        connection.request("POST", path, json.dumps(message), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def _description(status: int, body: bytes) -> str:
    """Return what Telegram says is wrong."""
    try:
        return str(json.loads(body)["description"])
    except (ValueError, KeyError, TypeError):
        return f"status {status}"


def _reason(error: Exception) -> str:
    """Return what an error is about, and nothing that it was given."""
    return getattr(error, "strerror", None) or type(error).__name__
