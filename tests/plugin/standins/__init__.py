"""The stand-ins over gRPC, and where they are installed the vendors' own plugins by the same tests."""
