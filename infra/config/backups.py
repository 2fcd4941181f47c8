"""Section `slipway:backups`: where the data of the products are kept a second time, how often and for how long."""

from typing import Annotated, Self

import pyrage
from pydantic import AfterValidator, Field, model_validator

from infra.compose.calendar import Calendar
from infra.compose.values import Span
from infra.config.section import (
    ConfigSecretName,
    FilePath,
    Form,
    HostKey,
    Name,
    Port,
    SecretOfStack,
    Section,
    ServerAddress,
    UserName,
)


def _recipient(text: str) -> str:
    try:
        pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError:
        msg = "must be a recipient of age, `age1…`, as `age-keygen` prints it; a letter of it may be wrong"
        raise ValueError(msg) from None
    return text


Recipient = Annotated[str, Field(title="recipient"), AfterValidator(_recipient)]
Bucket = Annotated[
    str, Form("bucket", "^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", "must be the name of a bucket, such as `shop-backups`")
]
Endpoint = Annotated[
    str,
    Form("endpoint", r"^https?://[a-z0-9.-]+(:[0-9]{1,5})?$", "must be a URL without a path, `https://host[:port]`"),
]
Prefix = Annotated[
    str,
    Form("prefix", r"^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*$", "must be a path such as `a/b`"),
]
Region = Annotated[str, Form("region", "^[a-z0-9-]+$", "must be a region such as `eu-central-1`")]
ServerPath = Annotated[
    str,
    Form(
        "path",
        r"^(?!/(etc|proc|sys|dev|run|tmp|boot|usr|bin|sbin|lib)(/|$))(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$",
        "must be an absolute path for data, such as `/srv/backups`",
    ),
]
Remote = Annotated[
    str,
    Form("remote", r"^[A-Za-z0-9_-]+:[A-Za-z0-9._/-]*$", "must be a remote of rclone with a path, as `box:shop`"),
]
Count = Annotated[int, Field(ge=0, le=10_000)]


class S3(Section):
    """A bucket of any provider that speaks S3."""

    endpoint: Endpoint
    """Where it answers."""
    bucket: Bucket
    """The bucket, which has to be there."""
    prefix: Prefix | None = None
    """Path in the bucket."""
    region: Region | None = None
    """Region, where the provider asks for one."""
    access_key: SecretOfStack
    """Name of the key."""
    secret_key: SecretOfStack
    """The key itself."""
    ca_file: FilePath | None = None
    """Certificate authority of a private provider, PEM."""


class Sftp(Section):
    """A folder of a server that speaks SFTP."""

    host: ServerAddress
    """Where it answers."""
    port: Port = 22
    """Its port."""
    user: UserName
    """Who signs in."""
    path: Prefix
    """Folder below that user's home."""
    key: SecretOfStack
    """Private key, without a passphrase."""
    host_key: HostKey
    """The server's own public key."""


class Rclone(Section):
    """A remote of rclone's: whatever speaks nothing of the others."""

    remote: Remote
    """The remote and a path."""
    config: ConfigSecretName
    """Name of the secret of this stack that is rclone's configuration file with that remote."""


class Target(Section):
    """A place that keeps backups."""

    s3: S3 | None = None
    """A bucket."""
    sftp: Sftp | None = None
    """A folder of another server."""
    rclone: Rclone | None = None
    """Whatever rclone reaches."""
    path: ServerPath | None = None
    """A folder of the server itself: a disk of its own, or a share that is mounted there. It saves from a mistake, and
    not from the loss of the server."""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        return self.check_one_of("s3", "sftp", "rclone", "path")


class Retention(Section):
    """How many backups are kept: the last one of each of so many hours, days, weeks and months."""

    hourly: Count = 24
    """Of the last hours."""
    daily: Count = 7
    """Of the last days."""
    weekly: Count = 4
    """Of the last weeks."""
    monthly: Count = 12
    """Of the last months."""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not any((self.hourly, self.daily, self.weekly, self.monthly)):
            msg = "keeps nothing: every backup would be forgotten at once"
            raise ValueError(msg)
        return self


class Backups(Section):
    """Backups of everything that products of this stack keep in PostgreSQL, named volumes and folders of the server."""

    targets: Annotated[dict[Name, Target], Field(min_length=1, max_length=4)]
    """Where to, by name; each gets everything."""
    schedule: Calendar = "hourly"
    """When, as systemd.time(7) writes it; up to ten minutes later."""
    drill: Calendar = "Sun *-*-* 04:00"
    """When the newest backup is restored for practice."""
    stale_after: Span | None = None
    """How old the newest backup may be: more than twice the longest time between two of them; that and an hour when
    absent."""
    retention: Retention = Retention()
    """How many are kept."""
    escrow: list[Recipient] = Field(default_factory=list)
    """Recipients of age to whom the passphrase is encrypted, beside the backups: whoever has lost the state restores
    with their key. A stack that is for everybody has one."""
