"""A policy pack without a rule to speak of."""
