"""Tests of plain calls, with a shell in the place of programs at most; they mirror infra/."""
