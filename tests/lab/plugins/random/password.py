"""`random.RandomPassword`."""

import secrets
import string
from collections.abc import Iterator

import bcrypt
from pulumi.runtime.proto import provider_pb2
from typing_extensions import override

from infra.host.plugin.base import ResourceType
from infra.host.plugin.diff import diff_response
from infra.host.plugin.errors import InvalidInputsError, ProviderError
from infra.host.plugin.values import UNKNOWN, Properties, Secret
from tests.lab.plugins.schema import Field, Kind, Many, Schema, at_least, checked, comparable, replacing

_SPECIAL = "!@#$%&*()-_=+[]{}<>:?"
_BCRYPT_ROUNDS = 10
_BCRYPT_BYTES = 72
"""bcrypt takes no more; the vendor hashes as many of a longer password."""

_flag = Field(kind=Kind.FLAG, default=True, replaces=True)
_least = Field(kind=Kind.INTEGER, default=0, replaces=True, rule=at_least(0))

PASSWORD: Schema = {
    "length": Field(kind=Kind.INTEGER, required=True, replaces=True, rule=at_least(1)),
    "keepers": Field(many=Many.MAP, replaces=True),
    "overrideSpecial": Field(replaces=True),
    "special": _flag,
    "upper": _flag,
    "lower": _flag,
    "numeric": _flag,
    "minSpecial": _least,
    "minUpper": _least,
    "minLower": _least,
    "minNumeric": _least,
}
_ALPHABETS = {"upper": string.ascii_uppercase, "lower": string.ascii_lowercase, "numeric": string.digits}


class RandomPassword(ResourceType):
    """A password that stays in the state, as a secret, until one of its inputs changes."""

    token = "random:index/randomPassword:RandomPassword"
    replaces = replacing(PASSWORD)
    computed = frozenset({"result", "bcryptHash"})
    stable = computed

    @override
    def check(self, inputs: Properties, old: Properties) -> Properties:
        if failures := list(_contradictions(checked(PASSWORD, inputs))):
            raise InvalidInputsError(failures)
        # As with the vendor, defaults are outputs only: a password made by one plugin is not replaced by the other.
        return inputs

    @override
    def predict(self, inputs: Properties, old: Properties | None) -> Properties:
        return {**checked(PASSWORD, inputs), "result": Secret(UNKNOWN), "bcryptHash": Secret(UNKNOWN)}

    @override
    def diff(self, inputs: Properties, outputs: Properties, new: Properties) -> provider_pb2.DiffResponse:
        complete = checked(PASSWORD, new)
        return diff_response(comparable(PASSWORD, outputs, complete), complete, replaces=self.replaces)

    @override
    def create(self, inputs: Properties) -> tuple[str, Properties]:
        complete = checked(PASSWORD, inputs)
        password = _password(complete)
        salt = bcrypt.gensalt(_BCRYPT_ROUNDS, prefix=b"2a")
        digest = bcrypt.hashpw(password.encode()[:_BCRYPT_BYTES], salt).decode()
        return "none", {**complete, "result": Secret(password), "bcryptHash": Secret(digest)}

    @override
    def read(self, identity: str, inputs: Properties, outputs: Properties) -> tuple[Properties, Properties] | None:
        return inputs, outputs

    @override
    def update(self, identity: str, old: Properties, new: Properties) -> Properties:
        return {**old, **new}

    @override
    def delete(self, identity: str, outputs: Properties) -> None:
        """Do nothing: the password lives in the state alone."""


def _contradictions(inputs: Properties) -> Iterator[tuple[str, str]]:
    if UNKNOWN in inputs.values():
        return
    least = sum(inputs[name] for name in ("minSpecial", "minUpper", "minLower", "minNumeric"))
    if inputs["length"] < least:
        yield "length", "must be at least the sum of minUpper, minLower, minNumeric and minSpecial"
    if not any(inputs[name] for name in ("special", "upper", "lower", "numeric")):
        yield "numeric", "at least one of special, upper, lower and numeric must be true"


def _password(inputs: Properties) -> str:
    """Return a new password: as many of each kind as are demanded, the rest from all that are allowed, shuffled."""
    alphabets = {**_ALPHABETS, "special": inputs.get("overrideSpecial") or _SPECIAL}
    characters = [
        secrets.choice(alphabet)
        for name, alphabet in alphabets.items()
        for _ in range(inputs[f"min{name.capitalize()}"])
    ]
    allowed = "".join(alphabet for name, alphabet in alphabets.items() if inputs[name])
    if not allowed:
        message = "the character set specified is empty"
        raise ProviderError(message)
    characters += [secrets.choice(allowed) for _ in range(inputs["length"] - len(characters))]
    secrets.SystemRandom().shuffle(characters)
    return "".join(characters)
