"""The workflows of this repository."""
