"""The scan of `slipway audit` against sockets that answer late, or not at all."""
