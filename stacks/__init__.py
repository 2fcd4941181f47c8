"""Composition: a stack's settings become servers, edges and products."""

from stacks.deploy import declare, deploy

__all__ = ["declare", "deploy"]
