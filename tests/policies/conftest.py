"""The pack's own analyzer, spoken to as the engine does."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import create_autospec

import grpc
import pytest
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import analyzer_pb2

from policies.guard.servicer import Servicer
from policies.guard.types import STACK
from tests.policies.table.case import Given

TODAY = date(2026, 11, 21)
CANARY = "canary-5f3c1f6e"
"""Set as a value everywhere; must never come out in a message."""
Diagnostics = list[analyzer_pb2.AnalyzeDiagnostic]


class RefusedError(Exception):
    """The analyzer ended the request with this sentence."""


@dataclass
class Analyzer:
    """An analyzer over a pack folder of its own."""

    folder: Path
    stack: str = "dev"
    servicer: Servicer = field(init=False)

    def __post_init__(self) -> None:
        """Start one, with a context that ends a request as gRPC does."""
        self.servicer = Servicer(self.folder, TODAY)
        self.context = context()

    def configure(self, config: Mapping[str, str] | None = None, *, encrypted: Iterable[str] = ()) -> None:
        request = analyzer_pb2.AnalyzerStackConfigureRequest(
            stack=self.stack, config=config, config_secret_keys=list(encrypted)
        )
        self.servicer.ConfigureStack(request, self.context)

    def info(self) -> dict[str, analyzer_pb2.PolicyInfo]:
        info = self.servicer.GetAnalyzerInfo(empty_pb2.Empty(), self.context)
        return {policy.name: policy for policy in info.policies}

    def levels(self) -> dict[str, analyzer_pb2.EnforcementLevel.ValueType]:
        return {name: policy.enforcementLevel for name, policy in self.info().items()}

    def schema(self, rule: str, setting: str) -> dict[str, Any]:
        """Return the JSON Schema of a setting as the engine is told it."""
        properties = json_format.MessageToDict(self.info()[rule].configSchema.properties)
        read: dict[str, Any] = properties[setting]
        return read

    def override(
        self,
        levels: Mapping[str, analyzer_pb2.EnforcementLevel.ValueType],
        settings: Mapping[str, Mapping[str, object]] | None = None,
    ) -> None:
        config = {name: analyzer_pb2.PolicyConfig(enforcementLevel=level) for name, level in levels.items()}
        for name, told in (settings or {}).items():
            json_format.ParseDict(dict(told), config[name].properties)
        self.servicer.Configure(analyzer_pb2.ConfigureAnalyzerRequest(policyConfig=config), self.context)

    def judge(self, given: Given) -> Diagnostics:
        urn = f"urn:pulumi:{self.stack}::slipway::{f'{given.path}$' if given.path else ''}{given.kind}::{given.name}"
        request = analyzer_pb2.AnalyzeRequest(
            urn=urn,
            type=given.kind,
            name=given.name,
            properties=json_format.ParseDict(dict(given.inputs), struct_pb2.Struct()),
            options=analyzer_pb2.AnalyzerResourceOptions(
                protect=given.protect, parent=given.parent, additionalSecretOutputs=given.secret_outputs
            ),
            provider=analyzer_pb2.AnalyzerProviderResource(urn=given.provider),
        )
        return self._checked(self.servicer.Analyze(request, self.context))

    def judge_stack(self) -> Diagnostics:
        return self.judge(Given(kind=STACK, name=f"slipway-{self.stack}", inputs={}))

    def close(self) -> Diagnostics:
        return self._checked(self.servicer.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(), self.context))

    def judge_all(self, *given: Given) -> Diagnostics:
        """Judge resources as a whole stack."""
        return [*self.judge_stack(), *(found for one in given for found in self.judge(one)), *self.close()]

    @staticmethod
    def _checked(response: analyzer_pb2.AnalyzeResponse) -> Diagnostics:
        found = list(response.diagnostics)
        assert not [one.message for one in found if CANARY in one.message], "a message holds a value"
        return found


@cache
def context() -> Any:
    """Return gRPC's context of a request; one for all, as it takes longer to make than all else in a test."""
    made = create_autospec(grpc.ServicerContext, instance=True)
    made.abort.side_effect = lambda _code, message: _refuse(message)
    return made


def _refuse(message: str) -> None:
    raise RefusedError(message)


def waive(folder: Path, **entry: Any) -> None:
    """Write a waiver file with one entry."""
    lines = "\n  ".join(f"{name}: {value}" for name, value in entry.items())
    (folder / "waivers.yaml").write_text(f"- {lines}\n", encoding="utf-8")


@pytest.fixture
def analyzer(tmp_path: Path) -> Analyzer:
    """Return an analyzer over an empty pack folder: each rule at its own level, nothing waived."""
    return Analyzer(tmp_path)
