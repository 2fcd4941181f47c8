"""The analyzer the engine talks to.

The policy SDK's own decodes a resource once for every policy and never tells a pack which stack it judges. This one
decodes once, takes the levels of the stack a resource belongs to, and reports each rule under its own name.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

import grpc
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc, plugin_pb2
from pulumi_policy import EnforcementLevel, Severity
from typing_extensions import override

from . import levels, waivers
from .bench import Bench, Finding
from .inputs import decode
from .levels import Hold
from .pack import POLICIES, RULES
from .resource import Resource
from .rules import Policy, Rule

NAME: Final = "slipway"
CONFIDENTIAL: Final = "slipway:secret-"
"""Beginning of the keys of a stack file that hold secrets."""
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
        self._announced: levels.Levels = levels.defaults(POLICIES)
        self._overrides: dict[str, Hold] = {}
        self._plain_secrets: tuple[str, ...] = ()

    @override
    def ConfigureStack(
        self, request: analyzer_pb2.AnalyzerStackConfigureRequest, context: grpc.ServicerContext
    ) -> analyzer_pb2.AnalyzerStackConfigureResponse:
        """Learn the stack before anything else, so that a file that cannot be used ends the run here."""
        encrypted = set(request.config_secret_keys)
        named = (key for key in sorted(request.config) if key.startswith(CONFIDENTIAL))
        self._plain_secrets = tuple(key for key in named if key not in encrypted)
        self._announced = self._bench(request.stack, context).levels
        return analyzer_pb2.AnalyzerStackConfigureResponse()

    @override
    def GetAnalyzerInfo(self, _request: empty_pb2.Empty, _context: grpc.ServicerContext) -> analyzer_pb2.AnalyzerInfo:
        """List the rules with their levels and settings."""
        policies = [_info(policy, self._announced[policy.name]) for policy in POLICIES]
        return analyzer_pb2.AnalyzerInfo(name=NAME, version=VERSION, supportsConfig=True, policies=policies)

    @override
    def GetPluginInfo(self, _request: empty_pb2.Empty, _context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        """Return the version of this analyzer."""
        return plugin_pb2.PluginInfo(version=VERSION)

    @override
    def Configure(
        self, request: analyzer_pb2.ConfigureAnalyzerRequest, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """Take levels and settings from `--policy-pack-config`.

        The engine sends every rule, with what it was told where that file is silent: only what differs is a wish.
        """
        wishes = {name: (entry.enforcementLevel, _settings(entry)) for name, entry in request.policyConfig.items()}
        mistakes = list(_mistakes({name: settings for name, (_, settings) in wishes.items()}))
        if mistakes:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"--policy-pack-config: {'; '.join(mistakes)}.")
        self._overrides = {}
        for name, (level, settings) in wishes.items():
            wish = Hold(level=FROM_WIRE[level], settings={**self._announced[name].settings, **settings})
            if not wish.same_as(self._announced[name]):
                self._overrides[name] = wish
        self._benches.clear()
        return empty_pb2.Empty()

    @override
    def Remediate(
        self, _request: analyzer_pb2.AnalyzeRequest, _context: grpc.ServicerContext
    ) -> analyzer_pb2.RemediateResponse:
        """Change nothing: what is wrong is refused, not rewritten.

        The engine asks for each resource; without this method gRPC writes down a traceback each time.
        """
        return analyzer_pb2.RemediateResponse()

    @override
    def Analyze(
        self, request: analyzer_pb2.AnalyzeRequest, context: grpc.ServicerContext
    ) -> analyzer_pb2.AnalyzeResponse:
        """Judge one resource by its inputs."""
        bench = self._bench(_stack(request.urn), context)
        if not bench.wants(request.type):
            return analyzer_pb2.AnalyzeResponse()
        return _response(bench.judge(_resource(request)))

    @override
    def AnalyzeStack(
        self, _request: analyzer_pb2.AnalyzeStackRequest, _context: grpc.ServicerContext
    ) -> analyzer_pb2.AnalyzeResponse:
        """Judge what can be judged only at the end of a run.

        By the inputs seen before: what comes here has the outputs, of which a preview knows little.
        """
        findings = [finding for bench in self._benches.values() for finding in bench.close()]
        return _response(findings, located=True)

    def _bench(self, stack: str, context: grpc.ServicerContext) -> Bench:
        """Return the bench of a stack; `pulumi policy analyze` tells of a stack only by the names of its resources."""
        if stack not in self._benches:
            try:
                held = {**levels.load(self._folder, stack, POLICIES), **self._overrides}
                excused = waivers.load(self._folder)
            except levels.FileError as error:
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
            self._benches[stack] = Bench(
                stack=stack,
                rules=RULES,
                levels=held,
                waivers=excused,
                today=self._today,
                plain_secrets=self._plain_secrets,
            )
        return self._benches[stack]


def _resource(request: analyzer_pb2.AnalyzeRequest) -> Resource:
    return Resource(
        kind=request.type,
        name=request.name,
        urn=request.urn,
        inputs=decode(request.properties),
        parent=request.options.parent,
        provider=request.provider.urn,
        protect=request.options.protect,
        secret_outputs=frozenset(request.options.additionalSecretOutputs),
    )


def _stack(urn: str) -> str:
    """Return the stack in `urn:pulumi:<stack>::<project>::<type>::<name>`."""
    return urn.split("::", 1)[0].removeprefix("urn:pulumi:")


def _info(policy: Policy, hold: Hold) -> analyzer_pb2.PolicyInfo:
    kind = analyzer_pb2.POLICY_TYPE_RESOURCE if isinstance(policy, Rule) else analyzer_pb2.POLICY_TYPE_STACK
    info = analyzer_pb2.PolicyInfo(
        name=policy.name,
        description=policy.description,
        remediation_steps=policy.remedy,
        severity=SEVERITIES[policy.severity],
        policy_type=kind,
        enforcementLevel=LEVELS[hold.level],
        tags=[policy.number, *policy.sources],
    )
    if policy.settings:
        # The engine sends these back where `--policy-pack-config` is silent: they must be what holds.
        schemas = {
            name: setting.schema() | {"default": list(hold.settings[name])} for name, setting in policy.settings.items()
        }
        json_format.ParseDict(schemas, info.configSchema.properties)
    return info


def _settings(entry: analyzer_pb2.PolicyConfig) -> dict[str, Any]:
    """Return what a rule is told; whole numbers come as floats."""
    read: Mapping[str, Any] = json_format.MessageToDict(entry.properties)
    return {
        name: [int(item) if isinstance(item, float) and item.is_integer() else item for item in value]
        if isinstance(value, list)
        else value
        for name, value in read.items()
    }


def _mistakes(told: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    known = {policy.name: policy for policy in POLICIES}
    for name, settings in told.items():
        if name in known:
            yield from levels.given(known[name], settings)
        else:
            yield f"no rule is called {name}"


def _response(findings: Iterable[Finding], *, located: bool = False) -> analyzer_pb2.AnalyzeResponse:
    """Return findings as the engine wants them; of a resource it is asked about it knows the name by itself."""
    return analyzer_pb2.AnalyzeResponse(
        diagnostics=[
            analyzer_pb2.AnalyzeDiagnostic(
                policyName=finding.policy,
                policyPackName=NAME,
                policyPackVersion=VERSION,
                message=finding.message,
                enforcementLevel=LEVELS[finding.level],
                urn=finding.urn if located else "",
            )
            for finding in findings
        ]
    )
