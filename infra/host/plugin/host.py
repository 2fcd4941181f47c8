"""The provider `host`: the kinds of the agent as resource types, and the server they are on."""

from collections.abc import Iterator
from typing import Any

from typing_extensions import override

from infra.host import program_first
from infra.host.agent.kind import AgentError, Kind, camel_case, kinds
from infra.host.agent.rescue_store import WINDOW_SECONDS
from infra.host.agent.undeclared import Undeclared
from infra.host.plugin import bootstrap, checking, undeclared
from infra.host.plugin.base import Provider, ResourceType, current_name
from infra.host.plugin.connection import LeftoverError, LostError
from infra.host.plugin.errors import InvalidInputsError, PartialFailureError, ProviderError, SignInError
from infra.host.plugin.knocking import Knock, knock_by_ssh
from infra.host.plugin.server import Launch, Server, launch_by_ssh
from infra.host.plugin.takeover import Takeover
from infra.host.plugin.values import UNKNOWN, Properties, contains_unknown
from infra.host.ssh import Connection, fingerprint

VACATE = "host:index:vacate"
"""The function that removes what a killed run left half-created."""
_VACATE_ARGUMENTS = ("kind", "name", "product")
_CONFIG = ("host", "port", "user", "bootstrapUser", "identityFile", "hostKey", "knownHosts")
_LARGEST_PORT = 65535
_UNCONFIGURED = "the provider host is not configured"
_READ_ANEW = f"if the stack file says otherwise by now, run this once with {program_first.VARIABLE}=true"


class HostProvider(Provider):
    """One server and every kind the agent knows.

    Args:
        launch: how the agent is started.
        knock: how a change that could lock people out is confirmed.
    """

    name = "host"
    version = "0.1.0"

    def __init__(self, launch: Launch = launch_by_ssh, knock: Knock = knock_by_ssh) -> None:
        super().__init__(_type(kind, self) for kind in kinds(bootstrap.agent_modules()).values())
        self._launch = launch
        self._knock = knock
        self._server: Server | None = None
        self._takeover: Takeover | None = None

    @property
    def server(self) -> Server:
        """The configured server; nothing connects to it before it is asked."""
        if self._server is None:
            raise ProviderError(_UNCONFIGURED)
        return self._server

    @property
    def takeover(self) -> Takeover:
        """What a preview finds out about it."""
        if self._takeover is None:
            raise ProviderError(_UNCONFIGURED)
        return self._takeover

    @override
    def check_config(self, config: Properties) -> Properties:
        failures = list(_config_mistakes(config))
        if failures:
            raise InvalidInputsError(failures)
        return config

    @override
    def check_change(self, former: Properties, config: Properties) -> None:
        before, after = (f"{each.get('host')}:{each.get('port') or 22}" for each in (former, config))
        if before != after and not program_first.is_asked_for():
            message = f"the server is to be reached at {after}, and what was read is what is at {before}: {_READ_ANEW}"
            raise ProviderError(message)

    @override
    def configure(self, config: Properties) -> None:
        connection = Connection(
            host=config["host"],
            port=int(config.get("port") or 22),
            user=config.get("user") or "root",
            bootstrap_user=config.get("bootstrapUser", ""),
            identity_file=config.get("identityFile", ""),
            host_key=config.get("hostKey", ""),
            known_hosts=config.get("knownHosts", ""),
        )
        self._server = Server(connection, self.tell, self._launch, self._knock)
        self._takeover = Takeover(self._server)

    @override
    def invoke(self, token: str, arguments: Properties) -> Properties:
        if token != VACATE:
            return super().invoke(token, arguments)
        wrong = sorted({*arguments} ^ {*_VACATE_ARGUMENTS})
        if wrong:
            raise InvalidInputsError([(name, f"vacate takes {', '.join(_VACATE_ARGUMENTS)}") for name in wrong])
        return self.server.ask("vacate", "", arguments) or {}

    @override
    def cancel(self) -> None:
        if self._server:
            self._server.cancel()

    @override
    def close(self) -> None:
        if self._server:
            self._server.close()


class HostType(ResourceType):
    """A kind of the agent as a resource type."""

    def __init__(self, kind: type[Kind], provider: HostProvider) -> None:
        self._kind = kind
        self._provider = provider
        self.token = f"host:index:{kind.__name__}"
        self.replaces = frozenset(map(camel_case, kind.IDENTITY))
        self.computed = frozenset(kind.COMPUTED)
        self.stable = frozenset(kind.STABLE)
        self.derived = {name: camel_case(source) for name, source in kind.DERIVED.items()}

    @override
    def check(self, inputs: Properties, old: Properties) -> Properties:
        return checking.check(self._kind, inputs, old)

    @override
    def compare(self, inputs: Properties) -> str:
        return self._provider.takeover.compare(self._kind, current_name(), inputs)

    @override
    def create(self, inputs: Properties) -> tuple[str, Properties]:
        identity = self._kind.from_wire(inputs).identity()
        return identity, self._apply(identity, inputs)

    @override
    def read(self, identity: str, inputs: Properties, outputs: Properties) -> tuple[Properties, Properties] | None:
        if not inputs:
            message = f"{self.token} {identity} is not imported: declare it, and `pulumi up` takes over what is there"
            raise ProviderError(message)
        try:
            found = self._provider.server.ask("read", self._kind.__name__, inputs)
        except SignInError as error:
            message = f"{error}. That is how the last run signed in; {_READ_ANEW}"
            raise SignInError(message) from None
        return None if found is None else self._as_found(inputs, found)

    @override
    def update(self, identity: str, old: Properties, new: Properties) -> Properties:
        return self._apply(identity, new)

    @override
    def delete(self, identity: str, outputs: Properties) -> None:
        self._change("remove", outputs)

    @override
    def predict(self, inputs: Properties, old: Properties | None) -> Properties:
        known = {} if contains_unknown(inputs) else self._kind.from_wire(inputs).predict()
        try:
            compared = self._kind.from_wire(inputs).compare(old)
        except AgentError as error:
            raise ProviderError(str(error)) from None
        return {**dict.fromkeys(self.computed, UNKNOWN), **super().predict(inputs, old), **known, **compared, **inputs}

    def _apply(self, identity: str, inputs: Properties) -> Properties:
        try:
            found = self._change("apply", inputs)
        except LeftoverError as error:
            raise PartialFailureError(identity, self._as_found(inputs, error.found)[1], [str(error)]) from error
        return self._as_found(inputs, found or {})[1]

    def _change(self, operation: str, properties: Properties) -> Properties | None:
        """Have the agent change something; where that could lock people out, tell what becomes of it without us."""
        try:
            return self._provider.server.ask(operation, self._kind.__name__, properties)
        except LostError as error:
            if self._kind.rescue is Kind.rescue:
                raise
            label = self._kind.from_wire(properties).label()
            message = f"{error}; what it had changed of {label} is put back there within {WINDOW_SECONDS} s"
            raise LostError(message) from None

    def _as_found(self, inputs: Properties, found: dict[str, Any]) -> tuple[Properties, Properties]:
        """Return inputs and outputs that describe what was found; a field nobody has set is not managed."""
        named = {camel_case(name): value for name, value in found.items()}
        real = {name: named.get(name, value) for name, value in inputs.items()}
        computed = {name: named[name] for name in self.computed if name in named}
        return real, {**self._kind.SETTLED, **computed, **real}


class UndeclaredType(HostType):
    """What nobody has declared: told whenever the program declares it, which it does last of all on a server."""

    @override
    def check(self, inputs: Properties, old: Properties) -> Properties:
        checked = super().check(inputs, old)
        # Not in Create: once it is in the state, Check is the only request that comes in every preview.
        undeclared = self._sentences(checked)
        if lines := [*self._provider.takeover.summary(current_name()), *undeclared]:
            self._provider.tell("note", "\n".join(lines))
        return checked

    @override
    def compare(self, inputs: Properties) -> str:
        # What there is to tell has been told by then.
        return ""

    def _sentences(self, inputs: Properties) -> list[str]:
        try:
            found = self._provider.takeover.look(self._kind, inputs) or {}
        except SignInError:
            return []
        except ProviderError as error:
            return [f"{current_name()}: what nobody has declared cannot be told: {error}"]
        told = undeclared.sentences(found, exclusive=inputs["exclusive"], firewall=inputs["firewall"])
        return [f"{current_name()}: {sentence}" for sentence in told]


def _type(kind: type[Kind], provider: HostProvider) -> HostType:
    return (UndeclaredType if kind is Undeclared else HostType)(kind, provider)


def _config_mistakes(config: Properties) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a configuration; unknown values pass."""
    for name, value in config.items():
        if name not in _CONFIG:
            yield name, f"is not a setting of the provider host; it has {', '.join(_CONFIG)}"
        elif value is not UNKNOWN and not isinstance(value, str):
            yield name, "must be a text"
    texts = {name: value for name, value in config.items() if isinstance(value, str)}
    if not config.get("host"):
        yield "host", "is required"
    port = texts.get("port", "22")
    if not (port.isdecimal() and 0 < int(port) <= _LARGEST_PORT):
        yield "port", "must be a number from 1 to 65535"
    if texts.get("hostKey") and texts.get("knownHosts"):
        yield "knownHosts", "give hostKey or knownHosts, not both"
    if texts.get("hostKey") and not _is_public_key(texts["hostKey"]):
        yield "hostKey", "must be a public key, as in `ssh-ed25519 AAAA…`"


def _is_public_key(text: str) -> bool:
    try:
        return bool(fingerprint(text))
    except ValueError:
        return False
