"""Slipway's policy pack: what it refuses to put on a server."""
