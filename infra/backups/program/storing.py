"""Each kind of item into a repository; what is returned goes into the manifest of the run."""

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote

from infra.backups.program import containers, places, records, redis, sqlite
from infra.backups.program.plan import Item
from infra.backups.program.postgres import Server
from infra.backups.program.restic import Repository, Stored
from infra.backups.program.stillness import still
from infra.backups.program.trouble import TroubleError

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Storing:
    """One run into one repository."""

    product: str
    run: str
    repository: Repository
    say: Callable[[str], None]

    def store(self, item: Item) -> Entry:
        """Keep an item.

        Raises:
            TroubleError: it could not be kept as a whole.
        """
        self.say(f"{item.name} to {self.repository.target.name}")
        kinds = {"postgres": self._postgres, "redis": self._redis, "files": self._files, "state": self._state}
        start = records.shown(records.now())
        try:
            return {"kind": item.kind, "name": item.name, "time": start, **kinds[item.kind](item)}
        except TroubleError as error:
            text = f"{item.name}: {error}"
            raise type(error)(text) from None

    def tags(self, kind: str) -> tuple[str, str]:
        """Return the tags of a snapshot of this run."""
        return kind, f"run={self.run}"

    def _postgres(self, item: Item) -> Entry:
        server = Server.of(item.container)
        stored, databases = [], []
        for name in server.databases():
            # In no folder: restic 0.18 does not keep what it reads from another program in one.
            path = f"/postgres.{item.name}.{quote(name, safe='')}.dump"
            with server.held(name) as held:
                one = self.repository.store_output(held.dump, path, self.tags("postgres"))
            stored.append(one)
            databases.append({"database": name, "path": path, "snapshot": one.snapshot, **held.description})
        # The last, so that the owner of whatever was dumped is among the roles.
        path = f"/postgres.{item.name}.globals.sql"
        roles = self.repository.store_output(server.globals(), path, self.tags("postgres"))
        kept = {"path": path, "snapshot": roles.snapshot}
        return {"major": server.major(), "globals": kept, "databases": databases, **_sums(*stored, roles)}

    def _redis(self, item: Item) -> Entry:
        folder = redis.save(item)
        try:
            stored = self.repository.store_files([str(folder)], [], self.tags("redis"))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return {"folder": str(folder), "snapshot": stored.snapshot, "sqlite": [], "copies": "", **_sums(stored)}

    def _files(self, item: Item) -> Entry:
        folder = containers.folder(item.place)
        copies = places.STAGE / self.product / item.name
        shutil.rmtree(copies, ignore_errors=True)
        copies.mkdir(mode=0o700, parents=True)
        try:
            excluded = sqlite.copy(folder, copies, item.sqlite)
            with still(item.stillness, containers.using(item.place)):
                stored = self.repository.store_files([str(folder), str(copies)], excluded, self.tags("files"))
        finally:
            shutil.rmtree(copies, ignore_errors=True)
        entry = {"folder": str(folder), "copies": str(copies), "sqlite": list(item.sqlite)}
        return {**entry, "snapshot": stored.snapshot, **_sums(stored)}

    def _state(self, item: Item) -> Entry:
        paths = [path for path in item.paths if os.path.lexists(path)]
        stored = self.repository.store_files(paths, [], self.tags("state"))
        return {"paths": paths, "snapshot": stored.snapshot, **_sums(stored)}


def _sums(*stored: Stored) -> Mapping[str, int]:
    parts = [asdict(each) for each in stored]
    return {name: sum(part[name] for part in parts) for name in ("size", "added")}
