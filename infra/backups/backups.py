"""The `Backups` component: what is backed up of one product, where to and when."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import pulumi

from infra.backups.items import Contents
from infra.backups.program import places
from infra.backups.program.plan import OPENER, PLAN
from infra.backups.render import Rendered, rendered
from infra.config.backup_settings import BackupSettings
from infra.host import resources as host
from infra.host import system_resources as system

_SPREAD_SECONDS = 600
_FRESHNESS = "*-*-* *:20"


@dataclass(frozen=True, kw_only=True, slots=True)
class BackupsArgs:
    """What `Backups` need."""

    prefix: str
    """`<stack>-<product>`."""
    contents: Contents
    settings: BackupSettings
    passphrase: pulumi.Input[str]
    secrets: Mapping[str, pulumi.Input[str]]
    """Values of the stack's secrets that the targets name."""
    provider: host.Provider
    after: pulumi.Resource
    """What tells that the server can run backups."""


class Backups(pulumi.ComponentResource):
    """The backups of one product.

    Creates:
        host.File: the plan, the passphrase, and what signs in to each target; all for root only.
        system.Timer: the backup, the judgement of its age by what the targets list, and the restore for practice.
    """

    TYPE = "slipway:backups:Backups"

    def __init__(self, name: str, args: BackupsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        contents = args.contents
        super().__init__(self.TYPE, name, {"kept": contents.kept}, opts)
        self._name = name
        self._args = args
        settings = args.settings
        targets = {each: rendered(each, target, args.prefix) for each, target in settings.targets.items()}
        files = [self._file(PLAN, plan(args, targets)), self._file(OPENER, pulumi.Output.secret(args.passphrase))]
        for each, target in targets.items():
            files.extend(self._target_files(each, target))
        self._timer("", "run", f"Backup of {args.prefix}", settings.schedule, files)
        self._timer("-fresh", "fresh", f"Age of the backups of {args.prefix}", _FRESHNESS, files)
        self._timer("-drill", "drill", f"Restore for practice of {args.prefix}", settings.drill, files)
        self.register_outputs({})

    def _target_files(self, name: str, target: Rendered) -> list[host.File]:
        """Write what signs in to a target."""
        texts: dict[str, pulumi.Input[str]] = dict(target.plain_files)
        texts |= {ending: _ended(self._args.secrets[secret]) for ending, secret in target.secret_files.items()}
        if target.credentials:
            values = {variable: self._args.secrets[secret] for variable, secret in target.credentials.items()}
            texts["json"] = pulumi.Output.secret(pulumi.Output.json_dumps(values))
        return [self._file(f"{name}.{ending}", text) for ending, text in texts.items()]

    def _file(self, name: str, content: pulumi.Input[str]) -> host.File:
        return host.File(
            f"{self._name}-{name.removesuffix('.json')}",
            path=f"{places.PLANS}/{self._args.prefix}/{name}",
            content=content,
            mode="0600",
            opts=self._options(self._args.after),
        )

    def _timer(self, ending: str, verb: str, description: str, calendar: str, files: list[host.File]) -> None:
        system.Timer(
            f"{self._name}-{verb}",
            name=f"backup-{self._args.prefix}{ending}",
            description=description,
            calendar=calendar,
            randomized_delay=_SPREAD_SECONDS,
            command=[*places.COMMAND, verb, self._args.prefix],
            opts=self._options(*files),
        )

    def _options(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, provider=self._args.provider, depends_on=list(after))


def plan(args: BackupsArgs, targets: Mapping[str, Rendered]) -> str:
    """Return the plan as the server reads it; it holds no secret, so that a preview shows what changes."""
    settings = args.settings
    data = {
        "product": args.prefix,
        "items": list(args.contents.items),
        "targets": [
            {
                "name": name,
                "repository": target.repository,
                "options": list(target.options),
                "environment": dict(target.environment),
            }
            for name, target in targets.items()
        ],
        "retention": asdict(settings.retention),
        "drill_wait": settings.drill_wait,
        "stale_after": settings.stale_after,
        "recipients": list(settings.escrow),
    }
    return f"{json.dumps(data, indent=2, sort_keys=True)}\n"


def _ended(value: pulumi.Input[str]) -> pulumi.Output[str]:
    """Return a file of lines as programs take it: OpenSSH refuses a key whose last line has no end."""
    return pulumi.Output.secret(value).apply(lambda text: f"{text.rstrip()}\n")
