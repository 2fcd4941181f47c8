"""Approved is what is applied: a hash of everything an `up` would do, and what differs when it is another one."""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from infra.cli.project import Stack
from infra.cli.pulumi import PulumiError, ask
from infra.cli.refusal import RefusalError
from infra.preview.report import Operation, StackReport

KEY: Final = "SLIPWAY_HASH_KEY"
"""Variable with a text of one's own, for a stack whose secrets are kept by a cloud's key."""
PULUMIS: Final = "PULUMI_CONFIG_PASSPHRASE"
"""Variable of Pulumi's own; with `_FILE` it names a file."""
UNCOVERED: Final = ""
"""In the place of a hash, where there is no key to make it by."""
_COST: Final = 2**14
"""Of scrypt: whoever has the report must not find the passphrase by trying out words."""
_CHARACTERS: Final = 32


def digest(operations: Sequence[Operation], secrets: Mapping[str, str]) -> str:
    """Return the hash of what an `up` would do: each operation with its changed inputs, and the secrets it reads."""
    steps = sorted([one.urn, one.kind, list(one.paths), one.before, one.after] for one in operations)
    text = json.dumps([steps, sorted(secrets.items())], separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def keyed(values: Mapping[str, str], key: bytes | None) -> dict[str, str]:
    """Return a hash of each secret that tells nothing without the key."""
    return {name: _keyed(value, key) for name, value in sorted(values.items())}


def hash_key(environment: Mapping[str, str], salt: str) -> bytes | None:
    """Return the key for hashes of secrets: from a variable of its own, or from the passphrase; nothing without both.

    Args:
        environment: the variables of this process.
        salt: what tells this stack from others.
    """
    file = environment.get(f"{PULUMIS}_FILE")
    given = environment.get(KEY) or environment.get(PULUMIS) or (_read(Path(file)) if file else "")
    return hashlib.scrypt(given.encode(), salt=salt.encode(), n=_COST, r=8, p=1) if given else None


def secret_values(stack: Stack) -> Mapping[str, str]:
    """Return the secrets that an `up` reads: those of the stack file, and those that it names files of.

    Raises:
        RefusalError: they cannot be decrypted here.
    """
    try:
        config = json.loads(ask(stack.project.root, "config", "--json", "--show-secrets", "--stack", stack.name))
    except PulumiError as error:
        text = f"the secrets of {stack.name} cannot be read, so nobody can tell whether they are as approved: {error}."
        raise RefusalError(text) from None
    values = {name: str(entry.get("value", "")) for name, entry in config.items() if entry.get("secret")}
    return {**values, **dict(_of_files(stack))}


def differences(approved: StackReport, now: StackReport) -> Iterator[str]:
    """Yield a sentence for each thing that differs from what was approved; no value is in it."""
    before, after = ({one.urn: one for one in report.operations} for report in (approved, now))
    for urn in sorted({*before, *after}):
        if sentence := _difference(before.get(urn), after.get(urn)):
            yield sentence
    for name in sorted({*approved.secrets, *now.secrets}):
        if approved.secrets.get(name) != now.secrets.get(name):
            yield _other_secret(name, approved.secrets.get(name), now.secrets.get(name))


def _difference(approved: Operation | None, now: Operation | None) -> str:
    if approved is None or now is None:
        one = now or approved
        what = "was not approved" if approved is None else "was approved and is not to be done any more"
        return f"{one.kind} {one.title} {what}" if one else ""
    if approved.kind != now.kind:
        return f"{now.title} is to {now.kind}, approved was to {approved.kind}"
    if approved.paths != now.paths:
        inputs = ", ".join(sorted({*approved.paths} ^ {*now.paths}))
        return f"{now.kind} {now.title} changes other inputs than approved: {inputs}"
    if approved.before != now.before:
        return f"{now.title} is not any more what it was when {now.kind} was approved"
    if approved.after != now.after:
        return f"{now.kind} {now.title} comes to other inputs than approved"
    return ""


def _other_secret(name: str, approved: str | None, now: str | None) -> str:
    if approved is None or now is None:
        return f"secret {name} {'is new' if approved is None else 'is gone'}"
    if UNCOVERED in (approved, now):
        return f"secret {name} is compared by a key that only one of the two runs has: set {KEY} in both"
    return f"secret {name} has another value, or the two runs have another key"


def _of_files(stack: Stack) -> Iterator[tuple[str, str]]:
    """Yield the secrets that the stack file names files of; one that is not there yet counts as empty."""
    for host, registry in stack.sections.registries.items():
        if registry.password.file is not None:
            yield f"registry {host}", _read(stack.project.path(registry.password.file))
    edge = stack.sections.edge
    for certificate in edge.certificates if edge else ():
        if certificate.key.file is not None:
            yield f"certificate {certificate.file}", _read(stack.project.path(certificate.key.file))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _keyed(value: str, key: bytes | None) -> str:
    if key is None:
        return UNCOVERED
    return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()[:_CHARACTERS]
