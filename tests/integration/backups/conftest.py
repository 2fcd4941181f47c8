"""A server with a product on it: a database of PostgreSQL's, files, and two targets."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra.backups.program import main, places, plan, records, restic
from tests.integration.backups import cheap_key, docker_standin
from tests.integration.services.postgres_server import PROGRAMS
from tests.tiers import require_packages

PRODUCT = "dev-shop"
DATABASE = "dev-shop-db"


@dataclass(frozen=True)
class Host:
    """The server of a test."""

    root: Path

    def ask(self, statements: str, database: str = "shop") -> list[str]:
        """Run SQL in the product's database."""
        words = [str(programs() / "psql"), "-h", str(self.root / "docker" / "servers" / DATABASE), "-U", "app"]
        words = [*words, "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", database]
        return subprocess.run(words, input=statements, text=True, capture_output=True, check=True).stdout.splitlines()

    def databases(self) -> list[str]:
        """Return the names of all databases but the server's own."""
        return sorted({*self.ask("SELECT datname FROM pg_database WHERE NOT datistemplate", "postgres")} - {"postgres"})

    def program(self, *words: str) -> int:
        """Call the program as a timer does; return its exit code."""
        return main.main(words)

    def write_plan(self, **changes: Any) -> None:
        """Write the plan of the product, changed as asked."""
        folder = places.PLANS / PRODUCT
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps({**given(self.root, "near"), **changes})
        (folder / plan.PLAN).write_text(text, encoding="utf-8")
        if not (folder / plan.OPENER).exists():
            (folder / plan.OPENER).write_text("canary-passphrase", encoding="utf-8")

    def repository(self, target: str) -> restic.Repository:
        """Return the repository at a target."""
        read = plan.read(PRODUCT)
        return restic.Repository(read, read.target(target))

    def broken(self, program: str, script: str) -> None:
        """Have a program of the database's container do something else."""
        path = self.docker / "programs" / program
        path.parent.mkdir(exist_ok=True)
        write_program(path, f"#!/bin/sh\n{script}\n")

    def mended(self, program: str) -> None:
        """Have it do what it does."""
        (self.docker / "programs" / program).unlink()

    def hurt(self, trouble: str) -> None:
        """Do something to the near target."""
        near = self.root / "near"
        if trouble == "away":
            targets = [{"name": "near", "repository": "rest:http://127.0.0.1:9/"}, *given(self.root, "far")["targets"]]
            self.write_plan(targets=targets)
        elif trouble == "passphrase":
            for key in (near / "keys").iterdir():
                key.unlink()
            other = {**os.environ, "RESTIC_PASSWORD": "another"}
            shutil.rmtree(near)
            subprocess.run(["restic", "-r", str(near), "init"], env=other, check=True, capture_output=True)
        elif trouble == "gone":
            shutil.rmtree(near)
        else:
            for pack in (near / "data").glob("*/*"):
                pack.chmod(0o600)
                pack.write_bytes(bytes(byte ^ 1 for byte in pack.read_bytes()))

    def noted(self, kind: str) -> list[dict[str, Any]]:
        """Return what was written down."""
        return records.noted(PRODUCT, kind)

    @property
    def docker(self) -> Path:
        """The folder that says what containers there are."""
        return self.root / "docker"

    @property
    def files(self) -> Path:
        """The files of the product's volume."""
        return self.docker / "volumes" / "dev-shop-files" / "_data"

    def run_with(self, name: str, *mounts: str) -> None:
        """Have a container run that has some volumes, by name, and folders, by path."""
        linked = {"Links": [f"elsewhere/{name}"], "Mounts": mounts}
        container = {"State": {"Running": True}, **linked, "Config": {}, "Image": "x"}
        (self.docker / "containers" / f"{name}.json").write_text(json.dumps(container), encoding="utf-8")

    def log(self) -> list[str]:
        """Return what docker was told."""
        return (self.docker / "log").read_text(encoding="utf-8").splitlines()


def given(root: Path, *targets: str) -> dict[str, Any]:
    """Return the plan of the product."""
    database = {
        "kind": "postgres",
        "name": "db",
        "container": DATABASE,
        "checks": [["", "SELECT count(*) > 0 FROM orders"]],
    }
    files = {"kind": "files", "name": "files", "place": "dev-shop-files", "stillness": "pause", "sqlite": ["app.db"]}
    return {
        "product": PRODUCT,
        "items": [database, files, {"kind": "state", "name": "slipway", "paths": [str(root / "state")]}],
        "targets": [{"name": name, "repository": str(root / name)} for name in targets],
        "retention": {"hourly": 24, "daily": 7, "weekly": 4, "monthly": 12},
        "stale_after": 3 * 3600,
        "recipients": [],
    }


def write_program(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def programs() -> Path:
    """Return the newest PostgreSQL of this machine."""
    if not [*PROGRAMS.glob("*/bin/postgres")] or not shutil.which("restic") or not shutil.which("age"):
        require_packages("postgresql", "restic", "age")
    return max(PROGRAMS.glob("*/bin/postgres")).parent


@pytest.fixture(scope="module")
def server() -> Iterator[Path]:
    """Run one database server for the tests of a module."""
    found, original = programs(), shutil.which("restic")
    assert original, "whoever is called in its place would call itself"
    with tempfile.TemporaryDirectory(prefix="slipway-backups-") as name, pytest.MonkeyPatch.context() as patch:
        root = Path(name)
        root.chmod(0o755)
        for folder in ("docker/containers", "docker/volumes", "bin"):
            (root / folder).mkdir(parents=True)
        write_program(root / "bin" / "docker", f'#!/bin/sh\nexec {sys.executable} {docker_standin.__file__} "$@"\n')
        write_program(root / "bin" / "restic", cheap_key.wrapper(original))
        patch.setenv("PATH", f"{root / 'bin'}:{os.environ['PATH']}")
        patch.setattr(docker_standin, "ROOT", root / "docker")
        patch.setattr(docker_standin, "PROGRAMS", found)
        docker_standin.start_server(DATABASE, "app")
        yield root
        docker_standin.stop_server(DATABASE)


@pytest.fixture
def host(server: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    """Return a server whose product has orders and files, and no backup yet."""
    own = Path(tempfile.mkdtemp(prefix="test-", dir=server))
    monkeypatch.setenv("STANDIN_DOCKER", str(server / "docker"))
    monkeypatch.setenv("STANDIN_POSTGRES", str(programs()))
    for name in ("PLANS", "RECORDS", "KNOWN", "STOPPED", "RESTORED", "STAGE", "ESCROW", "CACHE", "LOCKS"):
        monkeypatch.setattr(places, name, own / "server" / name.lower())
    monkeypatch.setattr(restic, "PAUSES_SECONDS", (0, 0))
    (own / "docker").symlink_to(server / "docker")
    (own / "state").mkdir()
    (own / "state" / "acme.json").write_text("{}", encoding="utf-8")
    host = Host(own)
    host.write_plan()
    (server / "docker" / "log").write_text("", encoding="utf-8")
    fill(host)
    yield host
    shutil.rmtree(own)


def fill(host: Host) -> None:
    """Give the product what it has in every test."""
    for name in host.databases():
        host.ask(
            f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS true; DROP DATABASE "{name}" WITH (FORCE)', "postgres"
        )
    host.ask("DROP ROLE IF EXISTS shop; CREATE ROLE shop LOGIN; CREATE DATABASE shop OWNER shop", "postgres")
    host.ask("ALTER DATABASE shop SET work_mem TO '5MB'; REVOKE CONNECT ON DATABASE shop FROM PUBLIC")
    host.ask("SET ROLE shop; CREATE SCHEMA own; CREATE TABLE own.orders (id int); INSERT INTO own.orders VALUES (1)")
    host.ask("CREATE TABLE orders (id int, note text); INSERT INTO orders SELECT i, 'x' FROM generate_series(1, 500) i")
    shutil.rmtree(host.files.parent, ignore_errors=True)
    host.files.mkdir(parents=True)
    (host.files / "letter.txt").write_text("dear", encoding="utf-8")
    sqlite = "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); c.execute('create table t(i)'); c.commit()"
    subprocess.run([sys.executable, "-c", sqlite, str(host.files / "app.db")], check=True)
    host.run_with("dev-shop-web", "dev-shop-files")
