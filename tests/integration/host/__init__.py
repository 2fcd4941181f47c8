"""Agents as processes, and kinds whose programs are Python ones."""
