"""A stand-in for pulumi-github: repositories with their rules, environments, secrets and keys."""
