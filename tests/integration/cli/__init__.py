"""The `slipway` command with what it calls."""
