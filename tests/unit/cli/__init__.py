"""Tests of the `slipway` command."""
