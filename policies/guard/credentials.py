"""How a secret looks where nobody has said that it is one."""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

SHORTEST: Final = 16
"""Characters of a password that nobody guesses in time."""
WELL_KNOWN: Final = frozenset(
    {"admin", "changeme", "dcpass", "default", "example", "ops123", "password", "postgres", "root", "secret", "test"}
)
"""Passwords that are tried first; the rest is too short anyway."""
NAME: Final = re.compile(
    r"(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|PASS|PWD|SECRET|SECRETS|TOKEN|KEY|APIKEY|DSN|CREDENTIAL|CREDENTIALS)$"
    r"|SECRET_KEY_BASE$"
)
NOT_SECRET: Final = re.compile(r"(?:^|_)(?:PUBLIC|CACHE|SORT|PARTITION|PRIMARY|FOREIGN|ROUTING|IDEMPOTENCY)_KEY$")
POINTS_TO_A_FILE: Final = re.compile(r"_FILE$|_PATH$")
URL: Final = re.compile(r"[a-z][a-z0-9+.-]*://[^/\s:@?#'\"]*:([^/\s@?#'\"]+)@", re.IGNORECASE)
KEY_MATERIAL: Final = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|AGE-SECRET-KEY-1[0-9A-Z]{20,}"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{36,}\b|\bgithub_pat_[A-Za-z0-9_]{40,}\b|\bglpat-[A-Za-z0-9_-]{20,}\b"
    r"|\bxox[abprs]-[A-Za-z0-9-]{10,}\b|\b[sr]k_live_[A-Za-z0-9]{16,}\b|\bnpm_[A-Za-z0-9]{36}\b"
    r"|\bdckr_pat_[A-Za-z0-9_-]{20,}\b"
)
"""Keys whose form says that they are one."""
ASSIGNMENT: Final = re.compile(r"\b([A-Za-z][A-Za-z0-9_]*)\s*[=:]\s*[\"']?([^\s\"'$;&|{}<>]+)")
FLAG: Final = re.compile(
    r"--(?:password|passwd|pass|token|secret|api-key)[= ][\"']?[^\s\"'$-][^\s\"']*"
    r"|\bsshpass\s+-p|\bcurl\b[^|;&]*\s(?:-u|--user)[ =]?\S+:\S+|Authorization:\s*(?:Bearer|Basic|token)\s+[^\s\"'$]+",
    re.IGNORECASE,
)
"""A password among the arguments of a program, where every user of the machine sees it."""


def is_credential(name: str) -> bool:
    """Tell whether a variable's name says that its value is a secret itself, rather than where one is."""
    upper = name.upper()
    return bool(NAME.search(upper)) and not NOT_SECRET.search(upper) and not POINTS_TO_A_FILE.search(upper)


def password_in(text: str) -> str | None:
    """Return the password in the user part of a URL."""
    found = URL.search(text)
    return unquote(found.group(1)) if found else None


def is_weak(password: str) -> bool:
    """Tell whether a password is guessed."""
    return len(password) < SHORTEST or password.lower() in WELL_KNOWN


def holds_secret(text: str) -> bool:
    """Tell whether a file's text holds a key, or a password in a URL or behind a name that says so."""
    return bool(KEY_MATERIAL.search(text)) or password_in(text) is not None or any(_assigned(text))


def argued(text: str) -> bool:
    """Tell whether a command line holds a secret."""
    return holds_secret(text) or bool(FLAG.search(text))


def _assigned(text: str) -> Iterator[bool]:
    """Yield for each secret behind a name; a value that is a path only says where it is."""
    for name, value in ASSIGNMENT.findall(text):
        if is_credential(name) and not value.startswith("/") and _looks_made(value):
            yield True


def _looks_made(value: str) -> bool:
    """Tell a value from a word of a configuration language: `KEY: EC256` names a type, `yes` a choice."""
    return len(value) >= SHORTEST or value.lower() in WELL_KNOWN
