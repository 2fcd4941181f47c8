"""A provider with one type that does what its inputs ask for, to test the base that all providers share."""

from collections.abc import Mapping
from typing import ClassVar

from infra.host.plugin.base import Provider, ResourceType
from infra.host.plugin.errors import InvalidInputsError, PartialFailureError, ProviderError
from infra.host.plugin.values import Properties, Secret

TOKEN = "sample:index:Thing"
IDENTITY = "thing-1"
URN = f"urn:pulumi:dev::slipway::slipway:services:Service${TOKEN}::thing"


class Thing(ResourceType):
    """Fails as `fail` says; echoes its inputs otherwise."""

    token = TOKEN
    replaces = frozenset({"name"})
    delete_before_replace = True
    computed = frozenset({"sum", "version"})
    stable = frozenset({"version"})
    derived: Mapping[str, str] = {"sum": "content"}
    seen: ClassVar[list[Properties]] = []

    def check(self, inputs: Properties, old: Properties) -> Properties:
        """Refuse what is called `refused`, and say why with its value."""
        self.seen.append(old)
        if "refused" in inputs:
            raise InvalidInputsError([("refused", f"{inputs['refused']} is not accepted")])
        return {"mode": "0644", **inputs}

    def create(self, inputs: Properties) -> tuple[str, Properties]:
        """Fail, or echo."""
        self._perhaps_fail(inputs)
        return IDENTITY, self._outputs(inputs)

    def read(self, identity: str, inputs: Properties, outputs: Properties) -> tuple[Properties, Properties] | None:
        """Find nothing, or content that has drifted."""
        if inputs.get("name") == "gone":
            return None
        found = {**inputs, "content": "<differs>"}
        return found, {**outputs, **found, "id": identity}

    def update(self, identity: str, old: Properties, new: Properties) -> Properties:
        """Fail, or keep the version and echo the rest."""
        self._perhaps_fail(new)
        return {**self._outputs(new), "version": old.get("version", identity)}

    def delete(self, identity: str, outputs: Properties) -> None:
        """Fail, or do nothing."""
        self._perhaps_fail({**outputs, "identity": identity})

    def _outputs(self, inputs: Properties) -> Properties:
        return {**inputs, "sum": len(inputs.get("content", "")), "version": "1", "own": Secret("made here")}

    def _perhaps_fail(self, inputs: Properties) -> None:
        content = inputs.get("content")
        match inputs.get("fail"):
            case "plainly":
                message = f"the server does not like {content}"
                raise ProviderError(message)
            case "partly":
                raise PartialFailureError(IDENTITY, self._outputs(inputs), [f"half of {content} is there"])
            case "defect":
                raise KeyError(content)


class Sample(Provider):
    """The provider of `Thing`."""

    name, version = "sample", "1.2.3"

    def __init__(self) -> None:
        super().__init__([Thing()])
        self.config: Properties = {}
        self.cancelled = False

    def check_config(self, config: Properties) -> Properties:
        """Refuse a configuration without a host."""
        if "host" not in config:
            raise InvalidInputsError([("host", "is required")])
        return {"port": "22", **config}

    def configure(self, config: Properties) -> None:
        """Keep the configuration."""
        self.config = config

    def invoke(self, token: str, arguments: Properties) -> Properties:
        """Echo the arguments of one function."""
        return dict(arguments) if token == "sample:index:echo" else super().invoke(token, arguments)

    def cancel(self) -> None:
        """Remember it."""
        self.cancelled = True
