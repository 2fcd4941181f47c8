"""A UFW and a kernel that are none: the commands change files below a folder as the real ones do.

Run as `python ufw_standin.py <folder> <program> <arguments…>`. What it writes was compared with UFW 0.36's own code.
"""

import json
import re
import sys
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

PREFIX = {4: "ufw", 6: "ufw6"}
ANY = {4: "0.0.0.0/0", 6: "::/0"}
FILES = {4: "user.rules", 6: "user6.rules"}
SAVING = {4: "iptables-save", 6: "ip6tables-save"}
STAGES = ("before-logging", "before", "after", "after-logging", "reject", "track")
DIRECTIONS = ("input", "output", "forward")


class Standin:
    """UFW's files in `etc` and the kernel's filter tables in `kernel.json`."""

    def __init__(self, folder: Path, kernel: dict[str, Any] | None = None) -> None:
        self.folder = folder
        self.kernel: dict[str, Any] = kernel or json.loads((folder / "kernel.json").read_text())

    def run(self, program: str, words: list[str]) -> None:
        """Do what a program does."""
        if program in {"iptables", "ip6tables"}:
            self._iptables(6 if program.startswith("ip6") else 4, words)
        elif program == "ufw-init":
            self._stop() if words[0] == "force-stop" else self._start()
        else:
            self._ufw([word for word in words if word != "--force"])
        self.keep()

    def keep(self) -> None:
        """Keep what the kernel has, and what `iptables-save` and `ip6tables-save` say of it."""
        (self.folder / "kernel.json").write_text(json.dumps(self.kernel))
        for version, program in SAVING.items():
            (self.folder / program).write_text(saved_table(self.kernel[str(version)]))

    def setting(self, name: str) -> str:
        """Return a setting of UFW's."""
        text = (self.folder / "defaults").read_text() + (self.folder / "etc/ufw.conf").read_text()
        values: list[str] = re.findall(rf"^{name}=\"?(\w*)", text, re.MULTILINE)
        return values[-1]

    @property
    def versions(self) -> tuple[int, ...]:
        """The IP versions with rules."""
        return (4, 6) if self.setting("IPV6") == "yes" else (4,)

    def _ufw(self, words: list[str]) -> None:
        match words:
            case ["enable"]:
                self._set("ENABLED", "yes")
                self._start()
            case ["disable"]:
                self._set("ENABLED", "no")
                self._stop()
            case ["reload"]:
                if self.setting("ENABLED") == "yes":
                    self._stop()
                    self._start()
            case ["logging", level]:
                self._set("LOGLEVEL", level)
                for version in self.versions:
                    self._write(version, self._tuples(version))
            case ["delete", "allow", *rule]:
                self._change(rule, "", remove=True)
            case ["allow", *rule]:
                self._change(rule[:-2], rule[-1], remove=False)

    def _set(self, name: str, value: str) -> None:
        path = self.folder / "etc/ufw.conf"
        path.write_text(re.sub(rf"^{name}=.*$", f"{name}={value}", path.read_text(), flags=re.MULTILINE))

    def _change(self, rule: list[str], comment: str, *, remove: bool) -> None:
        """Add a rule where it is missing, replace one about the same traffic, or delete it."""
        named = (
            dict(zip(rule[::2], rule[1::2], strict=True))
            if rule[0] != "in"
            else {"in": rule[2], **dict(zip(rule[3::2], rule[4::2], strict=True))}
        )
        source = named["from"]
        of_version = {"any": (4, 6)}.get(source, (6,) if ":" in source else (4,))
        for version in of_version:
            if version not in self.versions:
                continue
            shown = ANY[version] if source == "any" else source
            direction = f"in_{named['in']}" if "in" in named else "in"
            words = f"{named.get('proto', 'any')} {named['port']} {ANY[version]} any {shown} {direction}"
            found = self._tuples(version)
            wanted = f"allow {words}" + (f" comment={comment.encode().hex()}" if comment else "")
            matching = [text for text in found if text.partition(" ")[2].partition(" comment=")[0] == words]
            if remove:
                found = [text for text in found if text not in matching]
            elif matching:
                found = [wanted if text in matching else text for text in found]
            else:
                found.append(wanted)
            self._write(version, found)
            if self.setting("ENABLED") == "yes":
                self._load_users(version)

    def _tuples(self, version: int) -> list[str]:
        text = (self.folder / "etc" / FILES[version]).read_text()
        return re.findall(r"^### tuple ### (.*)$", text, re.MULTILINE)

    def _write(self, version: int, tuples: list[str]) -> None:
        chain = f"{PREFIX[version]}-user"
        blocks = "".join(
            f"\n### tuple ### {text}\n" + "".join(f"{line}\n" for line in lines(text, version)) for text in tuples
        )
        (self.folder / "etc" / FILES[version]).write_text(
            f"*filter\n:{chain}-input - [0:0]\n### RULES ###\n{blocks}\n### END RULES ###\n\n### LOGGING ###\n"
            f'-A {PREFIX[version]}-after-logging-input -j LOG --log-prefix "[UFW BLOCK] "\n'
            "### END LOGGING ###\nCOMMIT\n"
        )

    def _stop(self) -> None:
        for table in self.kernel.values():
            table["policies"] = dict.fromkeys(("INPUT", "FORWARD", "OUTPUT"), "ACCEPT")
            for chain in table["chains"]:
                if chain.startswith("ufw"):
                    table["chains"][chain] = []

    def _start(self) -> None:
        if self.setting("ENABLED") != "yes":
            return
        for version in self.versions:
            table, prefix = self.kernel[str(version)], PREFIX[version]
            if f"{prefix}-before-logging-input" not in table["chains"]:
                table["chains"][f"{prefix}-before-logging-input"] = []
                for direction in DIRECTIONS:
                    jumps = [f"-j {prefix}-{stage}-{direction}" for stage in STAGES]
                    table["chains"].setdefault(direction.upper(), []).extend(jumps)
            for name in ("before", "after"):
                own = self.folder / "etc" / f"{name}{'' if version == 4 else 6}.rules"
                table["chains"][f"{prefix}-{name}-input"] = [
                    line.split(maxsplit=2)[2] for line in own.read_text().splitlines() if line.startswith("-A")
                ]
            self._load_users(version)
            named = {"INPUT": "INPUT", "FORWARD": "FORWARD", "OUTPUT": "OUTPUT"}
            table["policies"] = {
                chain: self.setting(f"DEFAULT_{chain}_POLICY").replace("REJECT", "DROP") for chain in named
            }

    def _load_users(self, version: int) -> None:
        text = (self.folder / "etc" / FILES[version]).read_text().splitlines()
        for direction in DIRECTIONS:
            chain = f"{PREFIX[version]}-user-{direction}"
            loaded = [saved(line.split(maxsplit=2)[2]) for line in text if line.startswith(f"-A {chain} ")]
            self.kernel[str(version)]["chains"][chain] = loaded

    def _iptables(self, version: int, words: list[str]) -> None:
        chains = self.kernel[str(version)]["chains"]
        if words[0] == "-X":
            chains.pop(words[1], None)
        else:
            chains[words[1]].remove(" ".join(words[2:]))


def saved_table(table: dict[str, Any]) -> str:
    """Return a filter table as `iptables-save` writes it."""
    policies = [f":{chain} {policy} [7:420]" for chain, policy in table["policies"].items()]
    declared = [f":{chain} - [0:0]" for chain in table["chains"] if chain.startswith("ufw")]
    rules = [f"-A {chain} {rule}" for chain, rules in table["chains"].items() for rule in rules]
    return "\n".join(["# Generated", "*filter", *policies, *declared, *rules, "COMMIT", ""])


def lines(text: str, version: int) -> Iterator[str]:
    """Yield what UFW loads for a rule that lets in, or keeps out."""
    action, protocol, port, _, _, source, direction, *_ = text.split()
    interface = f" -i {direction[3:]}" if direction != "in" else ""
    address = "" if source in ANY.values() else f" -s {source}"
    verdict = {"allow": "ACCEPT", "deny": "DROP"}[action]
    several = f" -m multiport --dports {port}" if ":" in port else ""
    single = "" if several else f" --dport {port}"
    for each in ("tcp", "udp") if protocol == "any" else (protocol,):
        yield f"-A {PREFIX[version]}-user-input{interface} -p {each}{several}{single}{address} -j {verdict}"


def saved(rule: str) -> str:
    """Return a rule as `iptables-save` writes it."""
    options = dict(re.findall(r"(-+[a-z]+) (\S+)", rule))
    source = [f"-s {ip_network(options['-s'])}"] if "-s" in options else []
    interface = [f"-i {options['-i']}"] if "-i" in options else []
    module = options.get("-m", options["-p"])
    port = next(f"{option} {options[option]}" for option in ("--dport", "--dports") if option in options)
    return " ".join([*source, *interface, f"-p {options['-p']} -m {module} {port}", f"-j {options['-j']}"])


if __name__ == "__main__":
    Standin(Path(sys.argv[1])).run(sys.argv[2], sys.argv[3:])
