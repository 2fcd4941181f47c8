"""The `Files` of what watches a server: settings, secrets, and who signs in to databases."""

from collections.abc import Mapping, Sequence
from typing import Final

import pulumi

from infra.host import database_resources as databases
from infra.host import monitoring_resources
from infra.host import resources as host
from infra.monitoring import alertmanager, containers, grafana, prometheus, targets
from infra.monitoring.arguments import MonitoringArgs
from infra.monitoring.observer.places import METRICS
from infra.monitoring.targets import Database

_READERS: Final = {
    "alertmanager": (
        "alertmanager",
        "/etc/alertmanager",
        ("amtool", "check-config", "/etc/alertmanager/alertmanager.yml"),
    ),
    "blackbox": (
        *("blackbox-exporter", "/etc/blackbox"),
        ("blackbox_exporter", "--config.check", "--config.file=/etc/blackbox/blackbox.yml"),
    ),
    "grafana-dashboards": ("grafana", f"{containers.PROVISIONING}/dashboards", ()),
    "grafana-datasources": ("grafana", f"{containers.PROVISIONING}/datasources", ()),
    "prometheus": ("prometheus", "/etc/prometheus", ("promtool", "check", "config", "/etc/prometheus/prometheus.yml")),
}
"""Settings → who reads them, where, and what checks them first."""


class Files(pulumi.ComponentResource):
    """What the containers read and write, made before they are.

    Creates:
        host.Directory: what the containers write to, and where their secrets are, for them alone.
        host.File: the secrets by which they sign in, for them alone.
        host.ContainerFiles: settings of each that has any; a change restarts nothing.
        host.DatabaseUser: who measures a PostgreSQL server, with the rights of `pg_monitor` and no others.
    """

    TYPE = "slipway:monitoring:Files"

    all: Sequence[pulumi.Resource]
    """What every container waits for."""
    users: Mapping[str, Sequence[pulumi.Resource]]
    """Exporter → what it alone waits for."""

    def __init__(
        self,
        name: str,
        args: MonitoringArgs,
        images: Sequence[pulumi.Resource],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(self.TYPE, name, {}, opts)
        self._name = name
        self._args = args
        self._databases = list(targets.databases(args.products))
        folders = self._folders()
        # The checks run in the images: one that is not there yet would be pulled without a login.
        self.all = [*self._secrets(folders), *self._files([*folders, *images])]
        self.users = self._users()
        self.register_outputs({})

    def _folders(self) -> list[host.Directory]:
        """Make what is mounted: Docker refuses a folder that is not there."""
        ours = {"mode": "0700", "owner": str(containers.USER), "group": str(containers.USER)}
        below = {
            "measurements": ours,
            "silences": ours,
            **({"grafana": ours} if self._shows_dashboards else {}),
            "secrets": {},
            "secrets/alertmanager": ours,
            **{f"secrets/{each.exporter}": ours for each in self._databases if each.kind == "postgres"},
        }
        paths = {f"{self._args.folder}/{path}": said for path, said in below.items()} | {str(METRICS): {}}
        return [
            host.Directory(f"{self._name}-{_label(path)}", path=path, opts=self._options(self._args.ready), **said)
            for path, said in paths.items()
        ]

    def _secrets(self, after: Sequence[pulumi.Resource]) -> list[host.File]:
        """Write what signs in somewhere; who mounts it is all who reads it."""
        settings = self._args.settings
        named = {
            alertmanager.TELEGRAM_FILE: settings.telegram.token if settings.telegram else None,
            alertmanager.MAIL_FILE: settings.mail.password if settings.mail else None,
            alertmanager.WATCHDOG_FILE: settings.watchdog,
        }
        texts = {f"alertmanager/{name}": self._args.secrets[secret] for name, secret in named.items() if secret}
        for each in (each for each in self._databases if each.kind == "postgres"):
            texts[f"{each.exporter}/{containers.DATABASE_FILE}"] = self._password(each)
        return [
            host.File(
                f"{self._name}-{_label(path)}",
                path=f"{self._args.folder}/secrets/{path}",
                content=pulumi.Output.secret(text),
                mode="0400",
                owner=str(containers.USER),
                group=str(containers.USER),
                opts=self._options(*after),
            )
            for path, text in texts.items()
        ]

    def _files(self, after: Sequence[pulumi.Resource]) -> list[monitoring_resources.ContainerFiles]:
        """Write the settings of those that read them anew without a restart."""
        args, settings = self._args, self._args.settings
        told = alertmanager.AlertmanagerArgs(
            telegram=settings.telegram,
            mail=settings.mail,
            watchdog=settings.watchdog is not None,
            runbooks=settings.runbooks,
        )
        measured = prometheus.PrometheusArgs(
            prefix=self._args.prefix,
            labels={"environment": args.stack, "server": args.server_name, **settings.labels},
            products=args.products,
            databases=self._databases,
            sites=tuple(targets.sites(args.products)) if args.edge else (),
            edge=args.edge is not None,
            rules={name: text for each in args.products for name, text in settings.rules.get(each.name, {}).items()},
        )
        made = [
            self._settings("prometheus", prometheus.files(measured), after),
            self._settings("alertmanager", alertmanager.files(told), after),
            self._settings("blackbox", {"blackbox.yml": prometheus.blackbox()}, after),
        ]
        if self._shows_dashboards:
            sources = grafana.datasources(args.prefix, args.server_name)
            made.append(self._settings("grafana-datasources", sources, after))
            made.append(self._settings("grafana-dashboards", grafana.dashboards(), after))
        return made

    def _settings(
        self, name: str, files: Mapping[str, str], after: Sequence[pulumi.Resource]
    ) -> monitoring_resources.ContainerFiles:
        service, mount, check = _READERS[name]
        return monitoring_resources.ContainerFiles(
            f"{self._name}-{name}-settings",
            folder=f"{self._args.folder}/{name}",
            files=files,
            container=f"{self._args.prefix}-{service}",
            image=self._args.settings.images[service],
            mount=mount,
            check=list(check),
            opts=self._options(*after),
        )

    @property
    def _shows_dashboards(self) -> bool:
        return self._args.settings.grafana and self._args.host is not None

    def _users(self) -> dict[str, list[pulumi.Resource]]:
        """Make who measures a PostgreSQL server; return what each exporter waits for."""
        waited: dict[str, list[pulumi.Resource]] = {}
        for each in self._databases:
            serving = self._args.serving[each.product]
            waited[each.exporter] = [self._user(each, serving) if each.kind == "postgres" else serving]
        return waited

    def _user(self, database: Database, serving: pulumi.Resource) -> databases.DatabaseUser:
        return databases.DatabaseUser(
            f"{self._name}-{database.product}-{database.service}",
            container=database.container,
            user=containers.DATABASE_USER,
            password=self._password(database),
            # What it acts for is PostgreSQL's own role: it sees what goes on, and none of the data.
            role="pg_monitor",
            database="postgres",
            opts=self._options(serving),
        )

    def _password(self, database: Database) -> pulumi.Input[str]:
        return self._args.passwords[database.product, database.service]

    def _options(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, provider=self._args.server.host_provider, depends_on=list(after))


def _label(path: str) -> str:
    """Return what a path is called among the resources of a component."""
    return path.rpartition("/slipway/")[2].replace("/", "-")
