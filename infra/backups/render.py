"""What the server is told of a target: restic's repository and options, and files that only root reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from infra.backups.program import places
from infra.config.backup_settings import RcloneSettings, S3Settings, SftpSettings, TargetSettings

PACKAGES = ("restic", "age")
_PATIENCE_SECONDS = 20
_SSH_PORT = 22


@dataclass(frozen=True, kw_only=True, slots=True)
class Rendered:
    """A target, as the server has it."""

    repository: str
    options: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    credentials: Mapping[str, str] = field(default_factory=dict)
    """Variable of restic's environment → name of the stack's secret."""
    secret_files: Mapping[str, str] = field(default_factory=dict)
    """Ending of a file's name → name of the stack's secret."""
    plain_files: Mapping[str, str] = field(default_factory=dict)
    """Ending of a file's name → its text."""


def rendered(name: str, target: TargetSettings, product: str) -> Rendered:
    """Return a target as the server has it for one product.

    Args:
        name: of the target.
        target: what the stack file says.
        product: `<stack>-<product>`; each has a repository of its own.
    """
    beginning = f"{places.PLANS}/{product}/{name}"
    if isinstance(target, S3Settings):
        return _s3(beginning, target, product)
    if isinstance(target, SftpSettings):
        return _sftp(beginning, target, product)
    if isinstance(target, RcloneSettings):
        return Rendered(
            repository=f"rclone:{target.remote.rstrip('/')}{'' if target.remote.endswith(':') else '/'}{product}",
            environment={"RCLONE_CONFIG": f"{beginning}.conf"},
            secret_files={"conf": target.config},
        )
    return Rendered(repository=f"{target.path}/{product}")


def packages(targets: Sequence[TargetSettings]) -> tuple[str, ...]:
    """Return the Debian packages that a server needs for its targets."""
    further = ("rclone",) if any(isinstance(each, RcloneSettings) for each in targets) else ()
    return (*PACKAGES, *further)


def _s3(beginning: str, target: S3Settings, product: str) -> Rendered:
    folder = "/".join(filter(None, (target.bucket, target.prefix, product)))
    return Rendered(
        repository=f"s3:{target.endpoint}/{folder}",
        options=("--cacert", f"{beginning}.ca") if target.ca else (),
        environment={"AWS_DEFAULT_REGION": target.region} if target.region else {},
        credentials={"AWS_ACCESS_KEY_ID": target.access_key, "AWS_SECRET_ACCESS_KEY": target.secret_key},
        plain_files={"ca": target.ca} if target.ca else {},
    )


def _sftp(beginning: str, target: SftpSettings, product: str) -> Rendered:
    known = f"[{target.host}]:{target.port}" if target.port != _SSH_PORT else target.host
    said = ("BatchMode=yes", "StrictHostKeyChecking=yes", f"UserKnownHostsFile={beginning}.hosts")
    # Without a banner, whose words on what is forbidden are not the server's answer.
    quiet = ("LogLevel=ERROR", f"ConnectTimeout={_PATIENCE_SECONDS}", f"ServerAliveInterval={_PATIENCE_SECONDS}")
    options = " ".join(f"-o {option}" for option in (*said, *quiet))
    command = f"ssh -p {target.port} -i {beginning}.key {options} {target.user}@{target.host} -s sftp"
    return Rendered(
        repository=f"sftp:{target.user}@{target.host}:{target.path}/{product}",
        options=("--option", f"sftp.command={command}"),
        secret_files={"key": target.key},
        plain_files={"hosts": f"{known} {target.host_key}\n"},
    )
