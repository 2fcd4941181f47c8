"""What waits for what, across components."""

from collections.abc import Callable

import pulumi


def after(
    *first: pulumi.Resource,
) -> Callable[[pulumi.ResourceTransformationArgs], pulumi.ResourceTransformationResult]:
    """Return a transformation by which a component and everything in it waits for other resources.

    `depends_on` of a component holds for itself alone, not for its children.
    """

    def wait(made: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult:
        options = pulumi.ResourceOptions.merge(made.opts, pulumi.ResourceOptions(depends_on=list(first)))
        return pulumi.ResourceTransformationResult(made.props, options)

    return wait
