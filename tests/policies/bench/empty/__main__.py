"""A policy pack of the SDK's own making that has no rule to speak of: what any pack costs."""

from pulumi_policy import (
    EnforcementLevel,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
)


def nothing(_args: ResourceValidationArgs, _report_violation: ReportViolation) -> None:
    """Find nothing."""


PolicyPack(
    "empty",
    policies=[ResourceValidationPolicy("nothing", "Finds nothing.", nothing, EnforcementLevel.MANDATORY)],
)
