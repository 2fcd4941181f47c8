"""A stand-in for pulumi-random: passwords."""
