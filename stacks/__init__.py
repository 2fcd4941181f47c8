"""Composition: a stack's settings become servers, edges and products."""

from stacks.deploy import deploy

__all__ = ["deploy"]
