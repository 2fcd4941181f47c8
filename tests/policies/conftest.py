"""The pack's own analyzer, spoken to as the engine does."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import create_autospec

import grpc
import pytest
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import analyzer_pb2

from policies.guard.servicer import Servicer
from policies.guard.types import CONTAINER, STACK

TODAY = date(2026, 11, 21)
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What the engine sends for a text that only `up` will know."""
CANARY = "canary-5f3c1f6e"
"""Set as a value everywhere; must never come out in a message."""

COMPLIANT: dict[str, Any] = {
    "name": "dev-shop-web-0a1b2c3d",
    "image": f"registry.example.com/shop@sha256:{'a' * 64}",
    "memory": 256,
    "memorySwap": 256,
    "restart": "unless-stopped",
    "healthcheck": {"tests": ["CMD", "wget", "-q", "http://127.0.0.1:8000/"], "interval": "5s"},
    "capabilities": {"drops": ["ALL"], "adds": ["CAP_NET_BIND_SERVICE"]},
    "ports": [{"internal": 8000, "external": 18000, "ip": "127.0.0.1", "protocol": "tcp"}],
    "volumes": [
        {"volumeName": "dev-shop-data", "containerPath": "/data"},
        {"hostPath": "/srv/slipway/dev-shop/secrets/web/key", "containerPath": "/run/secrets/key", "readOnly": True},
    ],
    "mounts": [{"type": "tmpfs", "target": "/run"}],
    "labels": [{"label": "slipway.product", "value": "shop"}, {"label": "slipway.service", "value": "web"}],
    "envs": [f"DATABASE_URL={CANARY}"],
}
"""A container that keeps every rule; each test changes one property of it."""


class RefusedError(Exception):
    """The analyzer ended the request with this sentence."""


def secret(value: object) -> dict[str, object]:
    """Return a value as the engine sends secrets."""
    return {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": value}


@dataclass
class Analyzer:
    """An analyzer over a pack folder of its own."""

    folder: Path
    stack: str = "dev"
    servicer: Servicer = field(init=False)

    def __post_init__(self) -> None:
        """Start one, with a context that ends a request as gRPC does."""
        self.servicer = Servicer(self.folder, TODAY)
        self.context = create_autospec(grpc.ServicerContext, instance=True)
        self.context.abort.side_effect = lambda _code, message: _refuse(message)

    def configure(self) -> None:
        self.servicer.ConfigureStack(analyzer_pb2.AnalyzerStackConfigureRequest(stack=self.stack), self.context)

    def levels(self) -> dict[str, analyzer_pb2.EnforcementLevel.ValueType]:
        info = self.servicer.GetAnalyzerInfo(empty_pb2.Empty(), self.context)
        return {policy.name: policy.enforcementLevel for policy in info.policies}

    def override(self, levels: Mapping[str, analyzer_pb2.EnforcementLevel.ValueType]) -> None:
        config = {name: analyzer_pb2.PolicyConfig(enforcementLevel=level) for name, level in levels.items()}
        self.servicer.Configure(analyzer_pb2.ConfigureAnalyzerRequest(policyConfig=config), self.context)

    def judge(
        self, inputs: Mapping[str, Any], *, kind: str = CONTAINER, name: str = "shop-web-0a1b2c3d"
    ) -> list[analyzer_pb2.AnalyzeDiagnostic]:
        request = analyzer_pb2.AnalyzeRequest(
            urn=f"urn:pulumi:{self.stack}::slipway::{kind}::{name}",
            type=kind,
            name=name,
            properties=json_format.ParseDict(dict(inputs), struct_pb2.Struct()),
        )
        found = list(self.servicer.Analyze(request, self.context).diagnostics)
        assert not [one.message for one in found if CANARY in one.message], "a message holds a value"
        return found

    def judge_stack(self) -> list[analyzer_pb2.AnalyzeDiagnostic]:
        return self.judge({}, kind=STACK, name=f"slipway-{self.stack}")

    def close(self) -> list[analyzer_pb2.AnalyzeDiagnostic]:
        return list(self.servicer.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(), self.context).diagnostics)


def _refuse(message: str) -> None:
    raise RefusedError(message)


@pytest.fixture
def analyzer(tmp_path: Path) -> Analyzer:
    """Return an analyzer over an empty pack folder: all mandatory, nothing waived."""
    return Analyzer(tmp_path)


@pytest.fixture
def broken(analyzer: Analyzer) -> Callable[..., list[str]]:
    """Return the names of the rules that the baseline container breaks with one property changed."""

    def judge(property_name: str, value: object) -> list[str]:
        container = copy.deepcopy(COMPLIANT) | {property_name: value}
        return [one.policyName for one in analyzer.judge(container)]

    return judge
