"""The stack file and the release file: one model a section, every mistake in one message."""
