"""What is declared of the backups of a product."""

import json
from typing import Any

import pulumi

from infra.backups.backups import Backups, BackupsArgs
from infra.backups.items import contents
from infra.backups.program import plan
from infra.backups.server import BackupServer, BackupServerArgs, program
from infra.compose.keeping import Keeping
from infra.compose.mount import Mount
from infra.compose.project import Network, Project, Service, Volume
from infra.config.backup_settings import (
    BackupSettings,
    PathSettings,
    RcloneSettings,
    RetentionSettings,
    S3Settings,
    SftpSettings,
    TargetSettings,
)
from infra.host import resources as host
from infra.host.ssh import Connection
from policies.guard.credentials import holds_secret
from tests.harness import Registered, one, render
from tests.unit.services.test_container import service

CANARY = "canary-value"
S3 = S3Settings(
    endpoint="https://s3.example.com",
    bucket="kept",
    prefix="a/b",
    region="eu-1",
    access_key="name",
    secret_key="key",
    ca="PEM",
)
SFTP = SftpSettings(host="box.example.com", port=23, user="u1", path="kept", key="key", host_key="ssh-ed25519 AAAA")
RCLONE = RcloneSettings(remote="r:p", config="conf")
DISK = PathSettings(path="/srv/backups")


def settings(**targets: TargetSettings) -> BackupSettings:
    """Return the settings with some targets."""
    return BackupSettings(
        targets=targets or {"disk": DISK},
        schedule="hourly",
        drill="weekly",
        drill_wait=7 * 86_400,
        stale_after=10_800,
        retention=RetentionSettings(hourly=24, daily=7, weekly=4, monthly=12),
        escrow=("age1x",),
    )


def project(*services: Service) -> Project:
    """Return a project with the volumes of its services."""
    names = sorted({mount.source for each in services for mount in each.mounts if mount.kind == "volume"})
    return Project(
        services={each.name: each for each in services},
        networks={"default": Network(name="default")},
        volumes={name: Volume(name=name) for name in names},
    )


def keeping(name: str, image: str, target: str, **changes: Any) -> Service:
    """Return a service with a volume of its own name."""
    return service(name=name, image=image, mounts=(Mount(kind="volume", source=name, target=target),), **changes)


def writing(name: str, image: str, *mounts: tuple[str, str], **changes: Any) -> Service:
    """Return a service that writes to folders of the server, given by their paths below the product's and in it."""
    binds = (Mount(kind="bind", source=f"/srv/dev-shop{path}", target=target) for path, target in mounts)
    return service(name=name, image=image, mounts=tuple(binds), **changes)


def items(*services: Service) -> dict[str, dict[str, Any]]:
    """Return what is backed up of the services' own data, by name."""
    found = contents(project(*services), "dev-shop").items
    return {item["name"]: dict(item) for item in found if item["kind"] != "state"}


def declared(*services: Service, **targets: TargetSettings) -> list[Registered]:
    """Render the backups of a product."""

    def declare() -> None:
        provider = host.Provider(
            "main",
            connection=Connection(
                host="h", port=22, user="u", bootstrap_user="r", identity_file="", host_key="k", known_hosts=""
            ),
        )
        server = BackupServer(
            "main-backups", BackupServerArgs(provider=provider, targets=tuple(targets.values()), ready=provider)
        )
        known = dict.fromkeys(("name", "key", "conf"), pulumi.Output.secret(CANARY))
        Backups(
            "shop-backups",
            BackupsArgs(
                prefix="dev-shop",
                contents=contents(project(*services), "dev-shop"),
                settings=settings(**targets),
                passphrase=pulumi.Output.secret(CANARY),
                secrets=known,
                provider=provider,
                after=server,
            ),
        )

    return render(declare)


def file(registered: list[Registered], name: str) -> dict[str, Any]:
    """Return the inputs of a file of the product's plan."""
    found = [each for each in registered if each.inputs.get("path") == f"/etc/slipway/backups/dev-shop/{name}"]
    assert len(found) == 1, f"{name} is written once"
    return dict(found[0].inputs)


def test_databases_are_dumped_and_all_other_volumes_are_read() -> None:
    found = contents(
        project(
            keeping("db", "postgres:17", "/var/lib/postgresql/data", backup=Keeping(checks=("SELECT true",))),
            keeping("cache", "valkey/valkey:8", "/data"),
            keeping("web", "x", "/files", backup=Keeping(files="pause", sqlite=("/files/in/app.db",))),
            keeping("index", "x", "/index", backup=Keeping(none="made anew of the orders")),
        ),
        "dev-shop",
    )
    by_name = {item["name"]: item for item in found.items}
    assert by_name["db"]["checks"] == [["", "SELECT true"]]
    assert (by_name["db"]["kind"], by_name["db"]["container"]) == ("postgres", "dev-shop-db")
    assert (by_name["cache"]["kind"], by_name["cache"]["client"]) == ("redis", "valkey-cli")
    assert (by_name["web"]["stillness"], by_name["web"]["sqlite"]) == ("pause", ["in/app.db"])
    assert found.spared == {"dev-shop-index": "made anew of the orders"}
    assert set(found.kept) == {"dev-shop-db", "dev-shop-cache", "dev-shop-web"}, "each is there or is excused"


def test_folders_that_services_write_to_are_backed_up_as_volumes_are() -> None:
    said = Keeping(files="stop", sqlite=("/data/in/app.db", "/data/media/index.db"))
    found = items(
        writing("db", "postgres:17", ("/db", "/var/lib/postgresql/data"), backup=Keeping(checks=("SELECT true",))),
        writing("cache", "redis:8", ("/cache/", "/data")),
        writing("web", "x", ("/web/up loads/", "/data"), ("/web/media", "/data/media"), backup=said),
        writing("thumbs", "x", ("/web/up loads/small", "/out")),
        service(name="ssl", mounts=(Mount(kind="bind", source="/srv/dev-shop/ssl", target="/ssl", read_only=True),)),
    )
    assert (found["db"]["kind"], found["db"]["checks"]) == ("postgres", [["", "SELECT true"]])
    assert (found["cache"]["kind"], found["cache"]["place"]) == ("redis", "/srv/dev-shop/cache")
    folder = {"kind": "files", "stillness": "stop"}
    assert found["folder:web:up%20loads"] == {
        **folder,
        "name": "folder:web:up%20loads",
        "place": "/srv/dev-shop/web/up loads",
        "sqlite": ["in/app.db"],
    }
    assert (found["folder:web:media"]["place"], found["folder:web:media"]["sqlite"]) == (
        "/srv/dev-shop/web/media",
        ["index.db"],
    )
    assert set(found) == {"db", "cache", "folder:web:up%20loads", "folder:web:media"}, (
        "one inside of another is its part"
    )


def test_a_folder_is_spared_by_whoever_has_it_and_never_by_who_has_a_part_of_it() -> None:
    why = Keeping(none="made anew every night")
    spared = contents(project(writing("web", "x", ("/tmp", "/tmp"), backup=why)), "dev-shop")
    assert (spared.kept, spared.spared) == ((), {"/srv/dev-shop/tmp": "made anew every night"})
    app, cache = writing("app", "x", ("/data", "/data")), writing("cache", "x", ("/data/in", "/c"), backup=why)
    assert contents(project(app, cache), "dev-shop").kept == ("/srv/dev-shop/data",)


def test_names_of_volumes_and_folders_never_meet_and_name_files() -> None:
    whole = writing("all", "x", ("", "/all"))
    assert set(items(whole)) == {"folder:."}
    names = set(items(keeping("data", "x", "/v"), writing("a", "x", ("/data", "/a"), ("/a:b", "/b"), ("/a/b", "/c"))))
    assert names == {"data", "folder:data", "folder:a%3Ab", "folder:a:b"}
    assert not [name for name in names if "/" in name], "else a restore would write elsewhere"


def test_the_program_reads_the_plan_that_is_written() -> None:
    folder = writing("web", "x", ("/files", "/files"))
    registered = declared(keeping("db", "postgres:17", "/var/lib/postgresql/data"), folder, offsite=S3, box=SFTP)
    text = file(registered, "plan.json")["content"]
    read = plan.parse(json.loads(text))
    assert [item.kind for item in read.items] == ["postgres", "files", "state"]
    assert read.items[1].place == "/srv/dev-shop/files"
    assert {target.name: target.repository for target in read.targets} == {
        "offsite": "s3:https://s3.example.com/kept/a/b/dev-shop",
        "box": "sftp:u1@box.example.com:kept/dev-shop",
    }
    assert CANARY not in text, "a preview shows the plan"
    assert "StrictHostKeyChecking=yes" in str(read.target("box").options)
    assert "LogLevel=ERROR" in str(read.target("box").options), "a banner may say what is forbidden"
    assert file(registered, "box.hosts")["content"] == "[box.example.com]:23 ssh-ed25519 AAAA\n"


def test_what_signs_in_is_secret_and_for_root_only() -> None:
    registered = declared(
        keeping("web", "x", "/files"), offsite=S3, box=SFTP, any=RcloneSettings(remote="r:p", config="conf")
    )
    for name in ("passphrase", "offsite.json", "box.key", "any.conf"):
        written = next(each for each in registered if str(each.inputs.get("path", "")).endswith(f"dev-shop/{name}"))
        assert written.inputs["mode"] == "0600"
        assert "content" in written.secrets, f"{name} is a secret in the state"
    names = {each.inputs["name"] for each in registered if each.type.endswith(":Package")}
    assert names == {"restic", "age", "rclone"}


def test_three_timers_run_the_program() -> None:
    registered = declared(keeping("web", "x", "/files"))
    timers = {each.inputs["name"]: each.inputs for each in registered if each.type.endswith(":Timer")}
    assert set(timers) == {"backup-dev-shop", "backup-dev-shop-fresh", "backup-dev-shop-drill"}
    run = timers["backup-dev-shop"]
    assert run["command"] == ["/usr/bin/python3", "-I", "-B", "/usr/local/lib/slipway/backup", "run", "dev-shop"]
    assert (run["calendar"], run["randomizedDelay"]) == ("hourly", 600)


def test_the_policy_pack_is_told_what_is_kept() -> None:
    component = one(declared(keeping("web", "x", "/files")), "slipway:backups:Backups")
    assert component.inputs["kept"] == ["dev-shop-web"]


def test_the_program_imports_nothing_but_python_and_itself() -> None:
    lines = [line for text in program().values() for line in text.splitlines() if line.startswith(("import ", "from "))]
    assert not [line for line in lines if "infra" in line and "infra.backups.program" not in line]
    assert "__main__.py" in program()


def test_no_two_files_of_the_program_are_one_resource() -> None:
    registered = declared(keeping("web", "x", "/files"))
    urns = [each.urn for each in registered]
    assert sorted(urns) == sorted(set(urns))
    assert len([each for each in registered if "-program-" in each.name]) == len(program())


def test_nothing_in_the_program_looks_like_a_secret() -> None:
    assert not [path for path, text in program().items() if holds_secret(text)]
