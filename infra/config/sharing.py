"""Servers that several stacks have products on: what the other stack files of the checkout say of them."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from infra.config.flat_config import flat_config
from infra.config.mistakes import Mistake, did_you_mean, place
from infra.config.plain_yaml import NotYamlError, parse
from infra.config.sections import Partner, Sections, read_sections
from infra.config.servers import Guest
from infra.config.stack_file import NAMESPACE

Home = tuple[str, str]
"""The stack that a server belongs to, and what it is called there."""


def file_of(stack: str) -> str:
    """Return the name of a stack's file."""
    return f"Pulumi.{stack}.yaml"


def stacks(root: Path) -> list[str]:
    """Return the stacks that have a file in a folder."""
    return sorted(path.name.split(".")[1] for path in root.glob(file_of("*")))


def read_partners(stack: str, sections: Sections, root: Path) -> None:
    """Complete a stack by what other stack files say of the servers it shares with them; note what is wrong.

    A server of another stack is found in that one's file, not in its state: a preview works offline. Who else is on a
    server is found by every file that names the same owner.

    Args:
        stack: name of the stack.
        sections: its own file; gets the servers of its owners, and its partners on each server.
        root: folder of the stack files.
    """
    _Checkout(stack, sections, root).read()


class _Checkout:
    def __init__(self, stack: str, sections: Sections, root: Path) -> None:
        self._stack = stack
        self._sections = sections
        self._root = root
        self._stacks = [name for name in stacks(root) if name != stack]
        self._read: dict[str, Sections | None] = {}

    def read(self) -> None:
        """Find the owners, and everybody else on the servers."""
        homes: dict[Home, str] = {(self._stack, name): name for name in self._sections.servers}
        for name, guest in self._sections.guests.items():
            home = (guest.owner, guest.server or name)
            if home in homes:
                self._mistake(name, f"is the same server as {homes[home]}: one entry will do")
            elif self._is_owner(name, guest):
                homes[home] = name
                self._move_in(name, home)
        for other in self._stacks:
            for there, home in self._homes(other):
                if home in homes:
                    self._add(homes[home], other, there)

    def _is_owner(self, name: str, guest: Guest) -> bool:
        """Tell whether a stack has the server that a guest says it has; note why not."""
        owner, server = guest.owner, guest.server or name
        if owner == self._stack:
            self._mistake(name, "is this stack itself: leave `owner` out, and describe the server", "owner")
            return False
        if owner not in self._stacks:
            remark = did_you_mean(owner, self._stacks)
            self._mistake(name, f"names no stack of this checkout: there is no {file_of(owner)}{remark}", "owner")
            return False
        found = self._sections_of(owner)
        if found is None:
            return False
        if server in found.guests:
            text = f"is itself a guest there: server {server} belongs to stack {found.guests[server].owner}"
            self._mistake(name, text, "owner")
            return False
        if server not in found.written.get("servers", ()):
            remark = did_you_mean(server, found.servers)
            self._mistake(name, f"has no server {server}{remark}", "owner")
        return server in found.servers

    def _move_in(self, name: str, home: Home) -> None:
        owner, server = home
        found = self._sections_of(owner)
        if found is not None:
            self._sections.servers[name] = found.servers[server]
            self._sections.owners[name] = Partner(stack=owner, server=server, sections=found)
            self._add(name, owner, server)

    def _add(self, name: str, other: str, there: str) -> None:
        found = self._sections_of(other)
        if found is not None:
            partner = Partner(stack=other, server=there, sections=found)
            self._sections.partners.setdefault(name, []).append(partner)

    def _homes(self, other: str) -> Iterator[tuple[str, Home]]:
        """Yield the servers on which another stack says it is a guest: its name for each, and whose it is."""
        try:
            document = self._document(other)
        except NotYamlError as error:
            self._unreadable(other, str(error))
            return
        servers = _at(_at(document, "config"), f"{NAMESPACE}:servers")
        for name, entry in servers.items():
            owner = _at(servers, name).get("owner")
            if isinstance(owner, str):
                yield name, (owner, str(entry.get("server") or name))

    def _unreadable(self, other: str, problem: str) -> None:
        """Note a file that cannot be read, where it may be a guest of this stack or of the same owner."""
        owners = {self._stack, *(guest.owner for guest in self._sections.guests.values())}
        text = (self._root / file_of(other)).read_text(encoding="utf-8", errors="replace")
        if other not in self._read and owners & set(re.findall(r"\bowner:\s*[\"']?([a-z0-9-]+)", text)):
            self._sections.mistakes.append(Mistake(file_of(other), "", problem))

    def _sections_of(self, other: str) -> Sections | None:
        """Return what another file says; None when that cannot be told. Its mistakes are noted once."""
        if other not in self._read:
            self._read[other] = None
            try:
                flat = flat_config(self._document(other))
            except NotYamlError as error:
                self._sections.mistakes.append(Mistake(file_of(other), "", str(error)))
                return None
            found = read_sections(flat.values, stack_file=file_of(other), encrypted=flat.encrypted)
            self._sections.mistakes.extend(found.mistakes)
            self._read[other] = found
        return self._read[other]

    def _document(self, other: str) -> Mapping[str, Any]:
        """Return another stack file.

        Raises:
            NotYamlError: it is none.
        """
        path = self._root / file_of(other)
        try:
            document = parse(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            problem = "cannot be read as text"
            raise NotYamlError(problem) from None
        if not isinstance(document, dict) or not isinstance(document.get("config") or {}, dict):
            problem = "is not a map of keys with `config:`"
            raise NotYamlError(problem)
        return document

    def _mistake(self, server: str, text: str, *key: str) -> None:
        at = f"{NAMESPACE}:{place('servers', server, *key)}"
        self._sections.mistakes.append(Mistake(file_of(self._stack), at, text))


def _at(value: object, key: str) -> Mapping[str, Any]:
    """Return a map inside a map; nothing where there is none."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}
