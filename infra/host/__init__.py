"""Typed resources of a Debian server: the classes, the plugin that serves them and the agent that does the work."""
