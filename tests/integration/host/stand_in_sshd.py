"""Reads a configuration as sshd does, for machines that have none: `-t` and `-T` of what the tests write.

Run as a program. First value wins but for keywords that add up, and values are printed as sshd prints them.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ADDING_UP = {"acceptenv", "allowgroups", "allowusers", "denygroups", "denyusers", "hostkey", "listenaddress", "port"}
DEFAULTS = {
    "port": "22",
    "permitrootlogin": "without-password",
    "passwordauthentication": "yes",
    "kbdinteractiveauthentication": "yes",
    "x11forwarding": "no",
    "logingracetime": "120",
    "ciphers": "chacha20-poly1305@openssh.com,aes128-ctr",
    "maxauthtries": "6",
    "pubkeyauthentication": "yes",
}
SILENT = {"debianbanner", *ADDING_UP}
FORMER_NAMES = {"challengeresponseauthentication": "kbdinteractiveauthentication"}
ROOT_LOGIN = {"yes": "yes", "no": "no", "prohibit-password": "without-password"}


def settings(config: Path, user: str, *, applies: bool = True) -> Iterator[tuple[str, str, str, bool]]:
    """Yield keyword, value, place, and whether a Match made it apply."""
    matching = False
    for number, line in enumerate(config.read_text(errors="surrogateescape").splitlines(), 1):
        words = line.split(maxsplit=1)
        if not words or words[0].startswith("#"):
            continue
        name, value = words[0].lower(), (words[1] if len(words) > 1 else "").strip()
        if name == "match":
            matching, applies = True, value.lower() == "all" or value.split()[1:] == [user]
        elif name == "include":
            for path in sorted(Path("/").glob(value.lstrip("/"))):
                yield from settings(path, user, applies=applies)
        elif applies:
            yield FORMER_NAMES.get(name, name), value, f"{config} line {number}", matching


def printed(name: str, value: str, place: str) -> str:
    """Return a value as sshd prints it, or end as it does."""
    if name not in {*DEFAULTS, *SILENT}:
        sys.exit(f"{place}: Bad configuration option: {name}")
    if name == "permitrootlogin":
        if value.lower() not in ROOT_LOGIN:
            sys.exit(f'{place}: unsupported option "{value}".')
        return ROOT_LOGIN[value.lower()]
    if name == "logingracetime" and (minutes := re.fullmatch(r"(\d+)m", value)):
        return str(int(minutes[1]) * 60)
    if name == "ciphers" and value.startswith("^"):
        return f"{value[1:]},{DEFAULTS[name]}"
    return value


def main(arguments: list[str]) -> None:
    """Check or print a configuration."""
    config = Path(arguments[arguments.index("-f") + 1])
    about = arguments[arguments.index("-C") + 1] if "-C" in arguments else "user=root"
    user = dict(part.split("=") for part in about.split(","))["user"]
    found: dict[str, list[str]] = {}
    # What a Match sets comes before what is set for everybody.
    for name, value, place, _ in sorted(settings(config, user), key=lambda each: not each[3]):
        shown = printed(name, value, place)
        if name in ADDING_UP:
            found.setdefault(name, []).extend(shown.split())
        else:
            found.setdefault(name, [shown])
    port = found.get("port", [DEFAULTS["port"]])
    places = found.pop("listenaddress", ["[::]"])
    found["listenaddress"] = [f"{place}:{number}" for place in places for number in port]
    if "-T" in arguments:
        for name, values in {**{name: [value] for name, value in DEFAULTS.items()}, **found}.items():
            for value in values if name != "debianbanner" else ():
                sys.stdout.write(f"{name} {value}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
