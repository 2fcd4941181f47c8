"""A `docker` whose containers are PostgreSQL servers of this machine, and files; told by a folder what there is."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(os.environ.get("STANDIN_DOCKER", "."))
PROGRAMS = Path(os.environ.get("STANDIN_POSTGRES", "."))
ACCOUNT = "postgres"
WAITING = ("--wait", "--timeout", "300")
"""Longer than a busy machine takes."""
SHOWN = 15
"""Letters of a mount that `docker ps` shows."""


def main(words: list[str]) -> int:
    """Do what docker would; return the exit code."""
    with (ROOT / "log").open("a", encoding="utf-8") as log:
        log.write(f"{' '.join(words)}\n")
    verbs = {
        "container": inspect,
        "exec": execute,
        "run": run,
        "rm": remove,
        "ps": listed,
        "volume": volume,
        "pause": lambda rest: set_state(rest, Running=True, Paused=True),
        "unpause": lambda rest: set_state(rest, Running=True, Paused=False),
        "stop": lambda rest: set_state(rest, Running=False, Paused=False),
        "start": start,
    }
    return verbs[words[0]](words[1:])


def inspect(words: list[str]) -> int:
    path = ROOT / "containers" / f"{words[-1]}.json"
    if not path.exists():
        return 1
    sys.stdout.write(json.dumps([json.loads(path.read_text(encoding="utf-8"))]))
    return 0


def execute(words: list[str]) -> int:
    name, *command = [word for index, word in enumerate(words) if not is_option(words, index)]
    # As an image may have it, whose clients go elsewhere by default.
    environment = {**os.environ, "PGSERVICE": "elsewhere"}
    if command[0] == "env":
        command = command[1:]
        while command[0].startswith("-u"):
            environment.pop(command.pop(0).removeprefix("-u"), None)
    program, *rest = command
    if program == "redis-cli":
        sys.stdout.write((ROOT / "redis").read_text(encoding="utf-8"))
        return 0
    given = [word for word in rest if not word.startswith("--host=")]
    environment["PGHOST"] = str(ROOT / "servers" / name)
    replaced = ROOT / "programs" / program
    return subprocess.run(
        [replaced if replaced.exists() else PROGRAMS / program, *given], env=environment, check=False
    ).returncode


def is_option(words: list[str], index: int) -> bool:
    """Tell whether a word is docker's: the container comes first of those that are not."""
    first = next(index for index, word in enumerate(words) if not word.startswith("-"))
    return index < first


def run(words: list[str]) -> int:
    name = words[words.index("--name") + 1]
    superuser = next(word for word in words if word.startswith("POSTGRES_USER=")).partition("=")[2]
    start_server(name, superuser)
    return 0


def remove(words: list[str]) -> int:
    stop_server(words[-1])
    (ROOT / "containers" / f"{words[-1]}.json").unlink()
    return 0


def listed(words: list[str]) -> int:
    """List running containers with the names of volumes and the paths of folders, cut off unless that is forbidden."""
    template = words[words.index("--format") + 1]
    for path in sorted((ROOT / "containers").glob("*.json")):
        container = json.loads(path.read_text(encoding="utf-8"))
        mounts, names = container.get("Mounts", ()), [*container.get("Links", ()), path.stem]
        if "--no-trunc" not in words:
            names, mounts = names[-1:], [each if len(each) <= SHOWN else f"{each[: SHOWN - 1]}…" for each in mounts]
        if container["State"]["Running"]:
            line = template.replace("{{.Names}}", ",".join(names)).replace("{{.Mounts}}", ",".join(mounts))
            sys.stdout.write(f"{line}\n")
    return 0


def volume(words: list[str]) -> int:
    folder = ROOT / "volumes" / words[-1] / "_data"
    if not folder.exists():
        sys.stderr.write(f"Error: No such volume: {words[-1]}\n")
        return 1
    sys.stdout.write(f"{folder}\n")
    return 0


def start(words: list[str]) -> int:
    for name in words:
        if (ROOT / f"{name}.sick").exists():
            change(name, State={"Running": True, "Health": {"Status": "unhealthy"}})
        else:
            change(name, State={"Running": True, "Paused": False})
    return 0


def set_state(words: list[str], **state: bool) -> int:
    for name in words:
        change(name, State=state)
    return 0


def change(name: str, **properties: Any) -> None:
    path = ROOT / "containers" / f"{name}.json"
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **properties}), encoding="utf-8")


def start_server(name: str, superuser: str) -> None:
    """Make an empty database server, and the container that it is in."""
    folder = owned(ROOT / "servers" / name)
    own = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
    data = ("--pgdata", str(folder / "data"))
    as_account("cp", "--archive", str(new_data(superuser)), str(folder / "data"))
    program("pg_ctl", *data, "--log", str(folder / "log"), "--options", own, *WAITING, "start")
    container = {
        "Image": "sha256:0",
        "State": {"Running": True},
        "Config": {"Env": [f"POSTGRES_USER={superuser}"], "User": ""},
    }
    (ROOT / "containers" / f"{name}.json").write_text(json.dumps(container), encoding="utf-8")


def new_data(superuser: str) -> Path:
    """Return the data of a server that has just been made; making them takes long, and is done once."""
    folder = ROOT / "new" / superuser
    if not folder.exists():
        made = str(owned(folder) / "data")
        options = ("--username", superuser, "--auth", "trust", "--no-sync", "--encoding", "UTF8")
        program("initdb", "--pgdata", made, *options)
    return folder / "data"


def owned(folder: Path) -> Path:
    """Make a folder that the server may write to."""
    folder.mkdir(parents=True)
    if os.geteuid() == 0:
        shutil.chown(folder, ACCOUNT, ACCOUNT)
    return folder


def stop_server(name: str) -> None:
    """End a database server and remove its data."""
    folder = ROOT / "servers" / name
    program("pg_ctl", "--pgdata", str(folder / "data"), "--mode", "immediate", *WAITING, "stop")
    shutil.rmtree(folder)


def program(name: str, *words: str) -> None:
    as_account(str(PROGRAMS / name), *words)


def as_account(*words: str) -> None:
    account = ["setpriv", "--reuid", ACCOUNT, "--regid", ACCOUNT, "--init-groups"] if os.geteuid() == 0 else []
    subprocess.run([*account, *words], stdout=subprocess.DEVNULL, cwd="/", check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
