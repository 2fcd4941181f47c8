"""What the reviewer of a pull request sees: previews as data, and the ways they are shown."""
