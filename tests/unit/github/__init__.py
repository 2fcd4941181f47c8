"""The component of a repository on GitHub, and what it is made of."""
