"""The one place where values of secrets enter the program; all but a credential leave it as secret outputs only."""

import hashlib
import string

import pulumi

from infra.config.settings import ConfigSecret, FileSecret, GeneratedSecret, TextFile
from infra.config.stack_file import NAMESPACE

_LETTERS = string.ascii_letters + string.digits


def value(source: ConfigSecret | FileSecret) -> pulumi.Output[str]:
    """Return the value of a secret; at a preview that of a file which does not exist yet is unknown."""
    if isinstance(source, ConfigSecret):
        return pulumi.Config(NAMESPACE).require_secret(source.key)
    if source.missing:
        return pulumi.Output.secret(unknown())
    return pulumi.Output.secret(source.read())


def credential(source: ConfigSecret | FileSecret) -> str:
    """Return a secret by which the program itself signs in somewhere; it is sent there alone."""
    if isinstance(source, FileSecret):
        return source.read()
    return pulumi.Config(NAMESPACE).require(source.key)


def version(source: ConfigSecret | GeneratedSecret) -> str:
    """Return what changes when a secret does, without telling it: names of releases hash it.

    A value that a person set is hashed with its name; a generated one changes with its rotation number alone.
    """
    if isinstance(source, GeneratedSecret):
        return f"{source.rotation}/{source.length}"
    plain = pulumi.Config(NAMESPACE).require(source.key)
    return hashlib.sha256(f"{source.name}\0{source.rotation}\0{plain}".encode()).hexdigest()


def derived(source: GeneratedSecret, name: str, seed: str) -> str:
    """Return the value of a generated secret: letters and digits, which need no escaping in a URL or a file.

    The seed is made once and never again, so it can be protected; each rotation has a value of its own, and going back
    to a former one gives the former value, which what has not been released anew still uses.
    """
    space = len(_LETTERS) ** source.length
    # Twice the bytes: what the remainder prefers is then less than one in 10 ** 9.
    stream = hashlib.shake_256(f"{seed}/{name}/{source.rotation}".encode()).digest(2 * source.length)
    number = int.from_bytes(stream) % space
    letters = []
    for _ in range(source.length):
        number, index = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[index])
    return "".join(letters)


def text(file: TextFile) -> pulumi.Input[str]:
    """Return the content of a file; at a preview that of a file which does not exist yet is unknown."""
    return unknown() if file.content is None else file.content


def unknown() -> pulumi.Output[str]:
    """Return a text that only an `up` will know."""
    return pulumi.Output(resources=set(), future=_nothing(), is_known=_no())


async def _nothing() -> str:
    return ""


async def _no() -> bool:
    return False
