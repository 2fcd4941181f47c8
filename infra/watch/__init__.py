"""What a nightly look at the stacks tells people: one issue, open for as long as something is not as declared."""
