"""Slipway's program on a server that sees what is there; it imports nothing but Python and itself."""
