"""The parts Slipway programs are made of."""
