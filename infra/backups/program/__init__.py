"""The program that backs up and restores on a server; the standard library only, and nothing of Slipway beside it."""
