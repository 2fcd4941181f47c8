"""A policy report as SARIF 2.1.0, as code hosts and editors read it."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from infra.cli.policy_report import Finding, Report
from policies.guard.pack import POLICIES
from policies.guard.rules import Policy
from policies.guard.servicer import NAME, VERSION
from policies.guard.waivers import RELEASE

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS: Final = {"violated": "error", "advice": "warning", "waiting": "note", "waived": "note"}
SCORES: Final = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "3.0"}
"""What GitHub sorts by: the middle of each range of its own."""
INDEX: Final = {policy.name: index for index, policy in enumerate(POLICIES)}


def sarif(report: Report) -> str:
    """Return the report as SARIF; what is waived is in it as suppressed."""
    driver = {"name": NAME, "semanticVersion": VERSION, "rules": [_rule(policy) for policy in POLICIES]}
    notifications = [
        {"level": "error", "message": {"text": f"{name} could not be judged: {reason}"}}
        for name, reason in report.unknown.items()
    ]
    invocation = {"executionSuccessful": not report.unknown, "toolExecutionNotifications": notifications}
    run = {
        "tool": {"driver": driver},
        "invocations": [invocation],
        "results": [_result(finding) for finding in report.findings],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(policy: Policy) -> Mapping[str, Any]:
    return {
        "id": policy.name,
        "name": policy.number,
        "shortDescription": {"text": policy.description},
        "fullDescription": {"text": policy.reason},
        "help": {"text": policy.remedy},
        "properties": {"security-severity": SCORES[policy.severity.value], "tags": ["security", *policy.sources]},
    }


def _result(finding: Finding) -> Mapping[str, Any]:
    place = {"artifactLocation": {"uri": f"Pulumi.{finding.stack.partition(',')[0]}.yaml"}, "region": {"startLine": 1}}
    logical = {"name": finding.resource, "fullyQualifiedName": finding.urn or finding.resource, "kind": "resource"}
    return {
        "ruleId": finding.rule,
        **({"ruleIndex": INDEX[finding.rule]} if finding.rule in INDEX else {}),
        "level": LEVELS[finding.verdict],
        "message": {"text": f"{finding.stack}, {finding.resource}: {finding.sentence} {finding.remedy}"},
        "locations": [{"physicalLocation": place, "logicalLocations": [logical]}],
        "partialFingerprints": {"slipway/v1": _fingerprint(finding)},
        "suppressions": [{"kind": "external", "justification": finding.waived}] if finding.waived else [],
    }


def _fingerprint(finding: Finding) -> str:
    """Return what stays the same from one release to the next."""
    name = RELEASE.sub("", finding.resource)
    return hashlib.sha256(f"{finding.stack}|{name}|{finding.rule}|{finding.sentence}".encode()).hexdigest()[:32]
