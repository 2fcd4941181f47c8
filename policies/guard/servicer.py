"""The analyzer the engine talks to.

The policy SDK's own decodes a resource once for every policy and never tells a pack which stack it judges. This one
decodes once, takes the levels of the stack a resource belongs to, and reports each rule under its own name.
"""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Final

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc, plugin_pb2
from pulumi_policy import EnforcementLevel, Severity
from typing_extensions import override

from . import levels, waivers
from .bench import Bench, Finding
from .inputs import decode
from .pack import NAMES, RULES

NAME: Final = "slipway"
VERSION: Final = "0.1.0"
"""Only where there is no `PulumiPolicy.yaml`; else the engine takes the version from there."""

LEVELS: Final = {
    EnforcementLevel.ADVISORY: analyzer_pb2.ADVISORY,
    EnforcementLevel.MANDATORY: analyzer_pb2.MANDATORY,
    EnforcementLevel.DISABLED: analyzer_pb2.DISABLED,
}
FROM_WIRE: Final = {
    analyzer_pb2.ADVISORY: EnforcementLevel.ADVISORY,
    analyzer_pb2.MANDATORY: EnforcementLevel.MANDATORY,
    # Nothing here rewrites inputs, so whoever asks for that gets a refusal.
    analyzer_pb2.REMEDIATE: EnforcementLevel.MANDATORY,
    analyzer_pb2.DISABLED: EnforcementLevel.DISABLED,
}
SEVERITIES: Final = {
    Severity.LOW: analyzer_pb2.POLICY_SEVERITY_LOW,
    Severity.MEDIUM: analyzer_pb2.POLICY_SEVERITY_MEDIUM,
    Severity.HIGH: analyzer_pb2.POLICY_SEVERITY_HIGH,
    Severity.CRITICAL: analyzer_pb2.POLICY_SEVERITY_CRITICAL,
}


class Servicer(analyzer_pb2_grpc.AnalyzerServicer):
    """Judges what the engine sends by the rules, levels and waivers of one pack folder."""

    def __init__(self, folder: Path, today: date) -> None:
        self._folder = folder
        self._today = today
        self._benches: dict[str, Bench] = {}
        self._announced: levels.Levels = dict.fromkeys(NAMES, EnforcementLevel.MANDATORY)
        self._overrides: dict[str, EnforcementLevel] = {}

    @override
    def ConfigureStack(
        self, request: analyzer_pb2.AnalyzerStackConfigureRequest, context: grpc.ServicerContext
    ) -> analyzer_pb2.AnalyzerStackConfigureResponse:
        """Learn the stack before anything else, so that a file that cannot be used ends the run here."""
        self._announced = self._bench(request.stack, context).levels
        return analyzer_pb2.AnalyzerStackConfigureResponse()

    @override
    def GetAnalyzerInfo(self, _request: empty_pb2.Empty, _context: grpc.ServicerContext) -> analyzer_pb2.AnalyzerInfo:
        """List the rules with their levels."""
        own = analyzer_pb2.PolicyInfo(
            name=waivers.POLICY,
            description=waivers.DESCRIPTION,
            remediation_steps=waivers.REMEDY,
            severity=analyzer_pb2.POLICY_SEVERITY_HIGH,
            policy_type=analyzer_pb2.POLICY_TYPE_STACK,
        )
        policies = [
            analyzer_pb2.PolicyInfo(
                name=rule.name,
                description=rule.description,
                remediation_steps=rule.remedy,
                severity=SEVERITIES[rule.severity],
                policy_type=analyzer_pb2.POLICY_TYPE_RESOURCE,
            )
            for rule in RULES
        ] + [own]
        for policy in policies:
            policy.enforcementLevel = LEVELS[self._announced[policy.name]]
        return analyzer_pb2.AnalyzerInfo(name=NAME, version=VERSION, supportsConfig=True, policies=policies)

    @override
    def GetPluginInfo(self, _request: empty_pb2.Empty, _context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        """Return the version of this analyzer."""
        return plugin_pb2.PluginInfo(version=VERSION)

    @override
    def Configure(
        self, request: analyzer_pb2.ConfigureAnalyzerRequest, _context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """Take levels from `--policy-pack-config`.

        The engine sends every rule, with the level it was told where that file is silent: only what differs is a wish.
        """
        asked = {name: FROM_WIRE[entry.enforcementLevel] for name, entry in request.policyConfig.items()}
        self._overrides = {name: level for name, level in asked.items() if level is not self._announced.get(name)}
        self._benches.clear()
        return empty_pb2.Empty()

    @override
    def Analyze(
        self, request: analyzer_pb2.AnalyzeRequest, context: grpc.ServicerContext
    ) -> analyzer_pb2.AnalyzeResponse:
        """Judge one resource by its inputs."""
        bench = self._bench(_stack(request.urn), context)
        return _response(bench.judge(request.type, request.name, lambda: decode(request.properties)))

    @override
    def AnalyzeStack(
        self, _request: analyzer_pb2.AnalyzeStackRequest, _context: grpc.ServicerContext
    ) -> analyzer_pb2.AnalyzeResponse:
        """Say what can be said only at the end of a run."""
        return _response(finding for bench in self._benches.values() for finding in bench.close())

    def _bench(self, stack: str, context: grpc.ServicerContext) -> Bench:
        """Return the bench of a stack; `pulumi policy analyze` tells of a stack only by the names of its resources."""
        if stack not in self._benches:
            try:
                held = {**levels.load(self._folder, stack, NAMES), **self._overrides}
                excused = waivers.load(self._folder)
            except levels.FileError as error:
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
            self._benches[stack] = Bench(stack=stack, rules=RULES, levels=held, waivers=excused, today=self._today)
        return self._benches[stack]


def _stack(urn: str) -> str:
    """Return the stack in `urn:pulumi:<stack>::<project>::<type>::<name>`."""
    return urn.split("::", 1)[0].removeprefix("urn:pulumi:")


def _response(findings: Iterable[Finding]) -> analyzer_pb2.AnalyzeResponse:
    """Return findings as the engine wants them; it puts the resource's name before each by itself."""
    return analyzer_pb2.AnalyzeResponse(
        diagnostics=[
            analyzer_pb2.AnalyzeDiagnostic(
                policyName=finding.policy,
                policyPackName=NAME,
                policyPackVersion=VERSION,
                message=finding.message,
                enforcementLevel=LEVELS[finding.level],
            )
            for finding in findings
        ]
    )
